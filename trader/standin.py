"""The guard acting in the loop's place: it sweeps what adds risk and flattens, with the loop's own parts.

It never opens anything: it has no strategy, arms nothing, and the gate lets only its closes pass.
"""

from datetime import datetime
from enum import StrEnum

from core.gate import Row
from core.modes import Mode
from core.takeover import STUCK_AFTER
from store.control import read_row
from store.flattening import open_job
from store.kills import flatten_unconfirmed
from store.limit_changes import limits_in_force
from store.orders import live_orders
from store.store import Transaction
from trader.desk import Desk
from trader.flatten import Flatten
from trader.market import Market
from trader.sender import Sender
from trader.sweep import Cancels, Sweep
from trader.sync import Sync


class Progress(StrEnum):
    """How far the guard's own acting has come."""

    ACTING = "acting"
    DONE = "done: nothing that adds risk is left, and no flatten is open"
    STUCK = "stuck: it came no further, so the loop tries again"


class StandIn:
    """One time of acting in the loop's place, from the loop's end to its next start."""

    def __init__(self, desk: Desk, now: datetime) -> None:
        self._desk = desk
        in_force = desk.read(lambda c: limits_in_force(c, desk.name, desk.profile.limits))
        desk.followed.limits = (
            in_force  # as people left them, not as they were when the guard began
        )
        self._market = Market(desk)
        sender = Sender(desk)
        self._sync = Sync(desk, sender)
        cancels = Cancels(desk, self._sync)
        self._sweep = Sweep(desk, self._sync, cancels)
        self._flatten = Flatten(desk, self._sync, sender, cancels, self._market)
        self._standing: object = None
        self._since = now

    def tick(self, now: datetime) -> Progress:
        """One pass. Once it is no longer ACTING it has let go of the flatten."""
        flatten_unconfirmed(self._desk.store, self._desk.name, now)
        self._desk.calls.harvest(now)
        self._market.tick(now)
        self._sync.tick(now)
        row = self._desk.read(lambda c: read_row(c, self._desk.name))
        self._sweep.tick(Row(max(row.mode, Mode.REDUCE_ONLY), row.epoch), now)
        flattening = self._flatten.tick(now)
        if not flattening and self._sweep.verified:
            return Progress.DONE
        if self._is_stuck(now):
            self.let_go()
            return Progress.STUCK
        return Progress.ACTING

    def let_go(self) -> None:
        """Whoever comes next may take up the flatten where it stands."""
        self._flatten.lease.release()

    def _is_stuck(self, now: datetime) -> bool:
        """Nothing has moved for long, and no order of ours may still be on its way."""
        standing = self._desk.read(self._stands)
        if standing != self._standing:
            self._standing, self._since = standing, now
        return now - self._since > STUCK_AFTER and not self._desk.calls.running("place:")

    def _stands(self, c: Transaction) -> object:
        job = open_job(c, self._desk.name)
        legs = [(leg.state, leg.attempt) for leg in job.legs] if job else []
        return legs, len(live_orders(c, self._desk.name))
