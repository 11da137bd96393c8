"""Machine rules: a condition that holds long enough constrains the desk; gone long enough, it lets go."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core import dangers
from core.alerting.danger_steps import Watches, take_steps, watches_of
from core.books import Books, UnknownMark, total
from core.exposure import Reservation
from core.gate import Row
from core.modes import CONSTRAINTS, Release, Rule
from core.orders import Kind, closing_side
from core.positions import Position
from core.products import Mark
from store.alerting.arranged import thresholds_in_force
from store.control import constrain, release
from store.danger_steps import read_steps, write_steps
from store.flattening import ask_flatten
from store.home import Home
from store.ledger import read_positions, snapshot_day
from store.observations import read_marks
from store.orders import live_orders
from store.own_cash import raise_high_water, read_accepted, read_high_water, read_opening
from store.reserve import free_bytes
from store.store import Transaction
from trader.account_facts import AccountFacts
from trader.clock import ExchangeClock
from trader.desk import Desk
from trader.measured import Elsewhere, Measured, figures, measure
from trader.sender import Sender
from trader.sync import Sync

STALE_MARK_S = 60
SNAPSHOT_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a condition must hold before it constrains, and be gone before it lets go."""

    before: timedelta
    after: timedelta


PATIENCE: dict[Rule, Patience] = {
    Rule.STALE_MARK: Patience(timedelta(0), timedelta(minutes=2)),
    Rule.POSITION_WITHOUT_STOP: Patience(timedelta(seconds=10), timedelta(seconds=5)),
    Rule.READ_FAILED: Patience(timedelta(seconds=5), timedelta(seconds=5)),
    Rule.ERROR_STREAK: Patience(timedelta(0), timedelta(0)),
    Rule.REJECTION_STREAK: Patience(timedelta(0), timedelta(0)),
    Rule.AUTHENTICATION: Patience(timedelta(0), timedelta(0)),
    Rule.CLOCK_DRIFT: Patience(timedelta(0), timedelta(0)),
    # A fill or a funding may be in the account before it is on our books.
    Rule.CASH_OFF: Patience(timedelta(seconds=30), timedelta(0)),
    Rule.DRAWDOWN: Patience(timedelta(0), timedelta(0)),
    Rule.LIQUIDATION_BUFFER: Patience(timedelta(0), timedelta(seconds=10)),
    Rule.LEVERAGE: Patience(timedelta(0), timedelta(seconds=10)),
    Rule.POSITION_DRIFT: Patience(timedelta(0), timedelta(0)),
    Rule.UNKNOWN_ORDER: Patience(timedelta(0), timedelta(0)),
    Rule.DAILY_LOSS: Patience(timedelta(0), timedelta(0)),
    Rule.MARGIN_STEP: Patience(timedelta(0), timedelta(seconds=10)),
    Rule.ALERTS_SILENT: Patience(timedelta(0), timedelta(seconds=5)),
    Rule.DISK_LOW: Patience(timedelta(0), timedelta(seconds=10)),
    Rule.SUSPECTED_COMPROMISE: Patience(timedelta(0), timedelta(0)),
}

FLATTENS_WHERE_ASKED = frozenset({Rule.DAILY_LOSS, Rule.DRAWDOWN})
"""Losses that close everything where the desk is set to it."""

Findings = dict[Rule, str | None]


class Watch:
    """Evaluates the rules each tick. What is in force lives in the store; only stopwatches live here."""

    def __init__(
        self,
        desk: Desk,
        sync: Sync,
        sender: Sender,
        clock: ExchangeClock,
        account_facts: AccountFacts,
    ) -> None:
        self._desk = desk
        self._sync = sync
        self._sender = sender
        self._clock = clock
        self._account_facts = account_facts
        self.books: Books | UnknownMark | None = None
        """Our books at the marks of a moment ago."""
        self.seen: Measured | None = None
        """What the rules judged by last."""
        self.free_bytes: Callable[[Home], int] = free_bytes
        """Asks for the room on the disk of a home."""
        self._high_usd: Decimal | None = None
        self._since: dict[tuple[Rule, bool], datetime] = {}
        self._snapshot_at: datetime | None = None
        self._began_at: datetime | None = None
        self._trouble_at: datetime | None = None
        self._watches: Watches | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """The products that need a mark because something of them is held."""
        return tuple(p.product_id for p in self.seen.positions) if self.seen is not None else ()

    def tick(self, now: datetime) -> None:
        self._began_at = self._began_at or now
        if self._snapshot_at is None or now - self._snapshot_at >= SNAPSHOT_EVERY:
            self._snapshot_at = now
            self._desk.write(lambda tx: self._snapshot(tx, now))
        self.seen = seen = self._desk.read(lambda c: measure(c, self._desk.name, now))
        found = self._find(seen, now)
        released = frozenset(
            rule
            for rule, patience in PATIENCE.items()
            if self._apply(rule, patience, found.get(rule), rule in seen.in_force, now)
        )
        self._take_steps(seen, released, now)

    def _snapshot(self, tx: Transaction, now: datetime) -> None:
        self.books = snapshot(tx, self._desk.name, now)
        self._high_usd = read_high_water(tx, self._desk.name)

    def _apply(
        self, rule: Rule, patience: Patience, why: str | None, in_force: bool, now: datetime
    ) -> bool:
        """Whether the rule let go."""
        holds = why is not None
        self._since.pop((rule, not holds), None)
        lasted = now - self._since.setdefault((rule, holds), now)
        if holds and not in_force and lasted >= patience.before:
            self._constrain(rule, why or "", now)
        clears = CONSTRAINTS[rule].release is Release.CLEARS
        if holds or not in_force or not clears or lasted < patience.after:
            return False
        self._release(rule, now)
        return True

    def _constrain(self, rule: Rule, why: str, now: datetime) -> None:
        desk, log = self._desk.name, self._desk.store.log
        flattens = rule in FLATTENS_WHERE_ASKED and self._desk.profile.flatten_on_loss

        def change(tx: Transaction) -> Row:
            row = constrain(tx, log, desk, rule, reason=why, now=now)
            if flattens:
                id = f"{rule}-{self._desk.new_id()}"
                ask_flatten(tx, log, id=id, desk=desk, reason=why, actor="machine", now=now)
            return row

        logging.getLogger("trader").error("%s: %s constrains the desk: %s", desk, rule, why)
        self._desk.store.brake(desk).tighten(CONSTRAINTS[rule].mode, change)

    def _release(self, rule: Rule, now: datetime) -> None:
        desk, log = self._desk.name, self._desk.store.log
        logging.getLogger("trader").warning("%s: %s does not hold any more", desk, rule)
        self._desk.store.brake(desk).loosen(
            lambda tx: release(tx, log, desk, rule, actor="machine", now=now)
        )

    def _take_steps(self, seen: Measured, released: frozenset[Rule], now: datetime) -> None:
        """Put on record which figures have come nearer to their limits, or gone back."""
        desk, log = self._desk.name, self._desk.store.log
        named = self._desk.read(thresholds_in_force)
        if self._watches is None:
            self._watches = watches_of(self._desk.read(lambda c: read_steps(c, desk)))
        drift = self._clock.drift
        elsewhere = Elsewhere(
            self._fallen_pct(),
            None if drift is None else Decimal(f"{abs(drift).total_seconds():.2f}"),
            (self._sender.errors, self._sender.rejections),
            self._desk.exchange.refusals,
        )
        found = figures(seen, elsewhere, self._desk.limits, now)
        in_force = seen.in_force - released
        after, steps = take_steps(self._watches, found, in_force, released, now, named)
        if steps:
            self._desk.write(lambda tx: write_steps(tx, log, desk, steps, now))
        self._watches = after

    def _find(self, seen: Measured, now: datetime) -> Findings:
        """Why each rule holds now."""
        return {
            Rule.STALE_MARK: _stale_mark(seen.positions, seen.marks, now),
            Rule.POSITION_WITHOUT_STOP: self._desk.read(
                lambda c: self._without_stop(c, seen.positions)
            ),
            Rule.READ_FAILED: self._sync.error if self._sync.failing_since else None,
            Rule.POSITION_DRIFT: "; ".join(map(str, self._sync.differences)) or None,
            Rule.UNKNOWN_ORDER: "; ".join(self._sync.foreign) or None,
            Rule.DAILY_LOSS: self._loss(seen.loss_usd),
            Rule.DRAWDOWN: self._drawdown(),
            **self._of_the_account(seen, now),
            **self._of_the_exchange(seen.in_force, now),
            **self._of_this_machine(seen, now),
        }

    def _of_the_account(self, seen: Measured, now: datetime) -> Findings:
        account, in_force = seen.account, seen.in_force
        if account is None:
            return {}
        buffer, leverage, step = Rule.LIQUIDATION_BUFFER, Rule.LEVERAGE, Rule.MARGIN_STEP
        told_pct = account.liquidation_buffer_pct
        limit = self._desk.limits.max_leverage
        equity_usd = account.equity_usd
        return {
            buffer: dangers.liquidation_buffer(told_pct, bool(seen.positions), buffer in in_force),
            leverage: dangers.leverage(seen.gross_usd, equity_usd, limit, leverage in in_force),
            step: dangers.margin_step(
                equity_usd, seen.overnight_usd, seen.window, now, step in in_force
            ),
        }

    def _of_the_exchange(self, in_force: frozenset[Rule], now: datetime) -> Findings:
        drift, cash = self._clock.drift, self._sync.cash
        drifts = Rule.CLOCK_DRIFT in in_force
        refused = self._desk.exchange.refusals
        if refused.count:
            self._trouble_at = now
        return {
            Rule.ERROR_STREAK: dangers.streak(self._sender.errors, "failed", now),
            Rule.REJECTION_STREAK: dangers.streak(self._sender.rejections, "were rejected", now),
            Rule.AUTHENTICATION: dangers.authentication(refused, now),
            Rule.CLOCK_DRIFT: None if drift is None else dangers.clock_drift(drift, drifts),
            Rule.CASH_OFF: None
            if cash is None
            else dangers.cash_off(cash.ours_usd, cash.theirs_usd),
            Rule.SUSPECTED_COMPROMISE: dangers.compromise(
                self._sync.foreign, self._trouble_at, self._account_facts.can_transfer, now
            ),
        }

    def _of_this_machine(self, seen: Measured, now: datetime) -> Findings:
        assert self._began_at is not None
        beat_at = seen.alerts_beat_at
        room = self.free_bytes(self._desk.store.home)
        return {
            Rule.ALERTS_SILENT: dangers.alerts_silent(beat_at, self._began_at, now),
            Rule.DISK_LOW: dangers.disk_low(room, Rule.DISK_LOW in seen.in_force),
        }

    def _fallen_pct(self) -> Decimal | None:
        if self._high_usd is None or not isinstance(self.books, Books):
            return None
        return dangers.fallen_pct_of(self.books.own_equity_usd, self._high_usd)

    def _drawdown(self) -> str | None:
        if self._high_usd is None or not isinstance(self.books, Books):
            return None
        return dangers.drawdown(
            self.books.own_equity_usd, self._high_usd, self._desk.limits.max_drawdown_pct
        )

    def _without_stop(self, c: Transaction, positions: list[Position]) -> str | None:
        bare = []
        for position in positions:
            stops = [
                Reservation(o.spec.side, o.left)
                for o in live_orders(c, self._desk.name, position.product_id)
                if o.spec.kind is Kind.STOP and o.order_id
            ]
            covered = sum(s.contracts for s in stops if s.side is closing_side(position.contracts))
            if covered < abs(position.contracts):
                bare.append(
                    f"{position.product_id}: stops for {covered} of {abs(position.contracts)}"
                )
        return "; ".join(bare) or None

    def _loss(self, loss_usd: Decimal) -> str | None:
        limit = self._desk.limits.daily_loss_usd
        return f"${loss_usd:,.2f} of ${limit:,}" if loss_usd >= limit else None


def _stale_mark(positions: list[Position], marks: Mapping[str, Mark], now: datetime) -> str | None:
    stale = []
    for position in positions:
        mark = marks.get(position.product_id)
        if mark is None:
            stale.append(f"{position.product_id} has no mark")
        elif mark.age_s(now) > STALE_MARK_S:
            stale.append(f"{position.product_id}'s mark is {mark.age_s(now):.0f} s old")
    return "; ".join(stale) or None


def snapshot(tx: Transaction, desk: str, now: datetime) -> Books | UnknownMark | None:
    """Bring the day and the high-water mark up to date; None before the books are opened."""
    opening = read_opening(tx, desk)
    if opening is None:
        return None
    prices = {product_id: mark.price for product_id, mark in read_marks(tx, desk).items()}
    accepted_usd = read_accepted(tx, desk)
    books = total(*opening, read_positions(tx, desk), prices, accepted_usd)
    if isinstance(books, Books):
        snapshot_day(tx, desk, books, now)
        raise_high_water(tx, desk, books)
    return books
