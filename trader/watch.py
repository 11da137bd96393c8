"""Machine rules: a condition that holds long enough constrains the desk; gone long enough, it lets go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core import dangers
from core.books import Books, UnknownMark, total
from core.exposure import Reservation
from core.modes import CONSTRAINTS, Release, Rule
from core.orders import Kind, closing_side
from core.positions import Position
from core.products import Mark
from store.control import constrain, read_constraints, release
from store.ledger import (
    day_loss,
    held,
    raise_high_water,
    read_high_water,
    read_opening,
    read_positions,
    snapshot_day,
)
from store.observations import read_account, read_marks
from store.orders import live_orders
from store.store import Transaction
from trader.clock import ExchangeClock
from trader.desk import Desk
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
}

Findings = dict[Rule, str | None]


class Watch:
    """Evaluates the rules each tick. What is in force lives in the store; only stopwatches live here."""

    def __init__(self, desk: Desk, sync: Sync, sender: Sender, clock: ExchangeClock) -> None:
        self._desk = desk
        self._sync = sync
        self._sender = sender
        self._clock = clock
        self.books: Books | UnknownMark | None = None
        """Our books at the marks of a moment ago."""
        self._high_usd: Decimal | None = None
        self._since: dict[tuple[Rule, bool], datetime] = {}
        self._snapshot_at: datetime | None = None

    def tick(self, now: datetime) -> None:
        if self._snapshot_at is None or now - self._snapshot_at >= SNAPSHOT_EVERY:
            self._snapshot_at = now
            self._desk.write(lambda tx: self._snapshot(tx, now))
        in_force, found = self._desk.read(lambda c: self._find(c, now))
        for rule, patience in PATIENCE.items():
            self._apply(rule, patience, found.get(rule), rule in in_force, now)

    def _snapshot(self, tx: Transaction, now: datetime) -> None:
        self.books = snapshot(tx, self._desk.name, now)
        self._high_usd = read_high_water(tx, self._desk.name)

    def _apply(
        self, rule: Rule, patience: Patience, why: str | None, in_force: bool, now: datetime
    ) -> None:
        holds = why is not None
        self._since.pop((rule, not holds), None)
        lasted = now - self._since.setdefault((rule, holds), now)
        if holds and not in_force and lasted >= patience.before:
            self._constrain(rule, why or "", now)
        clears = CONSTRAINTS[rule].release is Release.CLEARS
        if not holds and in_force and clears and lasted >= patience.after:
            self._release(rule, now)

    def _constrain(self, rule: Rule, why: str, now: datetime) -> None:
        desk, log = self._desk.name, self._desk.store.log
        self._desk.store.brake(desk).tighten(
            CONSTRAINTS[rule].mode,
            lambda tx: constrain(tx, log, desk, rule, reason=why, now=now),
        )

    def _release(self, rule: Rule, now: datetime) -> None:
        desk, log = self._desk.name, self._desk.store.log
        self._desk.store.brake(desk).loosen(
            lambda tx: release(tx, log, desk, rule, actor="machine", now=now)
        )

    def _find(self, c: Transaction, now: datetime) -> tuple[set[Rule], Findings]:
        """The rules in force, and why each rule holds now."""
        in_force = {c.rule for c in read_constraints(c, self._desk.name)}
        positions = held(read_positions(c, self._desk.name))
        marks = read_marks(c, self._desk.name)
        return in_force, {
            Rule.STALE_MARK: _stale_mark(positions, marks, now),
            Rule.POSITION_WITHOUT_STOP: self._without_stop(c, positions),
            Rule.READ_FAILED: self._sync.error if self._sync.failing_since else None,
            Rule.POSITION_DRIFT: "; ".join(map(str, self._sync.differences)) or None,
            Rule.UNKNOWN_ORDER: "; ".join(self._sync.foreign) or None,
            Rule.DAILY_LOSS: self._loss(c, now),
            Rule.DRAWDOWN: self._drawdown(),
            **self._of_the_account(c, positions, marks, in_force),
            **self._of_the_exchange(in_force, now),
        }

    def _of_the_account(
        self, c: Transaction, positions: list[Position], marks: dict[str, Mark], in_force: set[Rule]
    ) -> Findings:
        account = read_account(c, self._desk.name)
        if account is None:
            return {}
        buffer, leverage = Rule.LIQUIDATION_BUFFER, Rule.LEVERAGE
        told_pct = account.liquidation_buffer_pct
        return {
            buffer: dangers.liquidation_buffer(told_pct, bool(positions), buffer in in_force),
            leverage: dangers.leverage(
                _gross_usd(positions, marks),
                account.equity_usd,
                self._desk.limits.max_leverage,
                leverage in in_force,
            ),
        }

    def _of_the_exchange(self, in_force: set[Rule], now: datetime) -> Findings:
        drift, cash = self._clock.drift, self._sync.cash
        drifts = Rule.CLOCK_DRIFT in in_force
        return {
            Rule.ERROR_STREAK: dangers.streak(self._sender.errors, "failed", now),
            Rule.REJECTION_STREAK: dangers.streak(self._sender.rejections, "were rejected", now),
            Rule.AUTHENTICATION: dangers.authentication(self._desk.exchange.refusals, now),
            Rule.CLOCK_DRIFT: None if drift is None else dangers.clock_drift(drift, drifts),
            Rule.CASH_OFF: None
            if cash is None
            else dangers.cash_off(cash.ours_usd, cash.theirs_usd),
        }

    def _drawdown(self) -> str | None:
        if self._high_usd is None or not isinstance(self.books, Books):
            return None
        equity_usd = self.books.equity_usd - self.books.transfers_usd
        return dangers.drawdown(equity_usd, self._high_usd, self._desk.limits.max_drawdown_pct)

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

    def _loss(self, c: Transaction, now: datetime) -> str | None:
        loss = day_loss(c, self._desk.name, now)
        limit = self._desk.limits.daily_loss_usd
        return f"${loss:,.2f} of ${limit:,}" if loss >= limit else None


def _stale_mark(positions: list[Position], marks: dict[str, Mark], now: datetime) -> str | None:
    stale = []
    for position in positions:
        mark = marks.get(position.product_id)
        if mark is None:
            stale.append(f"{position.product_id} has no mark")
        elif mark.age_s(now) > STALE_MARK_S:
            stale.append(f"{position.product_id}'s mark is {mark.age_s(now):.0f} s old")
    return "; ".join(stale) or None


def _gross_usd(positions: list[Position], marks: dict[str, Mark]) -> Decimal:
    """What is held, at the marks that are known: one that is missing has a rule of its own."""
    known = [(p, marks[p.product_id].price) for p in positions if p.product_id in marks]
    return sum((abs(p.contracts) * p.contract_size * price for p, price in known), Decimal(0))


def snapshot(tx: Transaction, desk: str, now: datetime) -> Books | UnknownMark | None:
    """Bring the day and the high-water mark up to date; None before the books are opened."""
    opening = read_opening(tx, desk)
    if opening is None:
        return None
    prices = {product_id: mark.price for product_id, mark in read_marks(tx, desk).items()}
    books = total(*opening, read_positions(tx, desk), prices)
    if isinstance(books, Books):
        snapshot_day(tx, desk, books, now)
        raise_high_water(tx, desk, books)
    return books
