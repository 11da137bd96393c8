"""Slack's rate limits: a bucket for each method, and one for each channel that is posted to."""

import math
from collections.abc import Callable
from dataclasses import dataclass

TIER_2, TIER_3, TIER_4 = 20, 50, 100
"""Calls in a minute."""


@dataclass(frozen=True, slots=True)
class Limit:
    per_minute: int
    burst: int


POSTING = Limit(per_minute=60, burst=10)
"""Of chat.postMessage, in each channel: about one a second, short bursts allowed."""
POSTING_EVERYWHERE = Limit(per_minute=300, burst=100)


def tier(per_minute: int) -> Limit:
    return Limit(per_minute, per_minute)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class RateLimits:
    """``now_s`` runs with the machine's clock, and jumps when control moves the server's."""

    def __init__(self, enabled: bool, now_s: Callable[[], float]) -> None:
        self._enabled = enabled
        self._now_s = now_s
        self._buckets: dict[str, _Bucket] = {}

    def ask(self, name: str, limit: Limit) -> int | None:
        """None when the call may pass; else in how many seconds it may be tried again."""
        if not self._enabled:
            return None
        now_s = self._now_s()
        bucket = self._buckets.setdefault(name, _Bucket(limit.burst, now_s))
        refilled = (now_s - bucket.at_s) * limit.per_minute / 60
        bucket.tokens, bucket.at_s = min(limit.burst, bucket.tokens + refilled), now_s
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return None
        return max(1, math.ceil((1 - bucket.tokens) * 60 / limit.per_minute))
