"""What every part of the trading loop works with: the desk's name, limits, store, exchange and calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from core.gate import ApprovedOrder, Intent, Refused
from core.limits import Limits
from core.risk import CheckedOrder, RiskRefused
from store.gate import SendGate
from store.limit_changes import limits_in_force
from store.orders import record_intent
from store.store import Store, Transaction
from trader.coinbase.client import Exchange
from trader.lanes import Calls
from trader.profiles import Profile

T = TypeVar("T")


@dataclass(slots=True)
class Followed:
    """The limits in force as the store had them last."""

    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk as its trading loop sees it."""

    name: str
    profile: Profile
    store: Store
    exchange: Exchange
    calls: Calls
    new_id: Callable[[], str]
    dry_run: bool = False
    followed: Followed = field(default_factory=Followed)
    rest_marks: bool = True
    """Whether prices are asked for by REST while the feed is silent."""
    actor: str = "trader"
    """Who acts: the trading loop, or the guard in its place."""

    @property
    def limits(self) -> Limits:
        """The profile's, as far as they are approved; before the store was read, the profile's own."""
        return self.followed.limits or self.profile.limits

    def read(self, query: Callable[[Transaction], T]) -> T:
        return self.store.read(query)

    def write(self, transaction: Callable[[Transaction], T]) -> T:
        return self.store.write(transaction)

    def note(self, event: str, now: datetime, **body: object) -> None:
        """Put one thing on record by itself."""
        told = {name: str(value) for name, value in body.items()}
        self.write(
            lambda tx: self.store.log.append(
                tx, desk=self.name, kind=event, actor=self.actor, now=now, body=told
            )
        )


class DeskGate:
    """The gate as the wire asks it: intents through the store's writer, bytes under the lock."""

    def __init__(
        self, store: Store, limits: Limits, send_gate: SendGate, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._limits = limits
        self._send_gate = send_gate
        self._clock = clock

    def record(self, checked: CheckedOrder) -> Intent | RiskRefused | Refused:
        now = self._clock()
        desk = checked.spec.desk

        def transaction(tx: Transaction) -> Intent | RiskRefused | Refused:
            limits = limits_in_force(tx, desk, self._limits)
            return record_intent(tx, checked, limits, now)

        return self._store.write(transaction)

    def pass_through(
        self, intent: Intent, write: Callable[[ApprovedOrder], None]
    ) -> ApprovedOrder | Refused:
        return self._send_gate.pass_through(intent, write)
