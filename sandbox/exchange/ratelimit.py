"""The request limit of a key: a bucket that refills with the exchange's clock."""

from dataclasses import dataclass
from datetime import datetime

PER_SECOND = 30


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    allowed: bool
    remaining: int

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(PER_SECOND),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": "1",
        }


class RateLimit:
    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._buckets: dict[str, _Bucket] = {}

    def ask(self, holder: str, now: datetime) -> Grant:
        if not self._enabled:
            return Grant(True, PER_SECOND)
        bucket = self._buckets.setdefault(holder, _Bucket(PER_SECOND, now))
        elapsed = max(0.0, (now - bucket.at).total_seconds())
        bucket.tokens = min(PER_SECOND, bucket.tokens + elapsed * PER_SECOND)
        bucket.at = now
        if bucket.tokens < 1:
            return Grant(False, 0)
        bucket.tokens -= 1
        return Grant(True, int(bucket.tokens))
