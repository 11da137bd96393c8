"""The machine rules at work: each constrains the real store through the real brake, and lets go."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from core.books import Account, Books
from core.dangers import MIB, Refusals, Streak
from core.gate import ApprovedOrder, Intent
from core.margin import MarginWindow
from core.modes import CONSTRAINTS, Mode, Release, Rule
from core.orders import Kind, Side
from store.control import begin_desk, constrain, read_constraints, read_row
from store.gate import SendGate
from store.heartbeats import beat
from store.margin import write_margin_window
from store.observations import (
    HeldThere,
    write_account,
    write_held_there,
    write_marks,
    write_products,
)
from store.orders import record_intent
from store.own_cash import open_books, raise_high_water
from store.store import Store, open_store
from tests.store.desk import (
    BTC,
    BTC_PRODUCT,
    CASH,
    DESK,
    ETH_PRODUCT,
    LIMITS,
    NOW,
    checked,
    hold,
    mark,
    order,
    see_the_exchange,
)
from tests.trader.test_wire import OpenGate
from trader.account_facts import AccountFacts
from trader.booking import Cash
from trader.clock import ExchangeClock
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.signing import ApiKey
from trader.coinbase.wire import Wire
from trader.desk import Desk
from trader.lanes import Calls, Threads
from trader.measured import ALERTS
from trader.profiles import DEV
from trader.sender import Sender
from trader.sync import Sync
from trader.watch import PATIENCE, Watch


class Watched:
    """A desk whose rules are evaluated each second of a clock that the test moves."""

    def __init__(self, root: Path) -> None:
        self.store: Store = open_store(root, NOW)
        self.now = NOW
        self.store.write(
            lambda tx: begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "test", self.now)
        )
        self.store.write(see_the_exchange)
        self.store.write(lambda tx: open_books(tx, self.store.log, DESK, CASH, self.now))
        self.store.brake(DESK).follow_row()
        self.threads = Threads(lambda: None)
        key = ApiKey("test", "ES256", ec.generate_private_key(ec.SECP256R1()))
        nowhere = Endpoint("127.0.0.1:1", None)
        desk = Desk(
            name=DESK,
            profile=replace(DEV, limits=LIMITS),
            store=self.store,
            exchange=Exchange(nowhere, key, Wire(OpenGate()), lambda: self.now),
            calls=Calls(self.threads),
            new_id=lambda: "id",
        )
        self.exchange = desk.exchange
        self.sender = Sender(desk)
        self.sync = Sync(desk, self.sender)
        self.desk = desk
        self.clock = ExchangeClock(desk)
        self.account_facts = AccountFacts(desk)
        self.watch = Watch(desk, self.sync, self.sender, self.clock, self.account_facts)

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            self.see(BTC_AT)
            self.watch.tick(self.now)

    def see(self, price: Decimal) -> None:
        self.store.write(lambda tx: write_marks(tx, DESK, [mark(price=price, at=self.now)]))

    def account(self, cash: Decimal = CASH, buffer_pct: str = "1000") -> None:
        seen = Account(cash, Decimal(0), Decimal(0), cash, buffer_pct, self.now)
        self.store.write(lambda tx: write_account(tx, DESK, seen))

    def rules(self) -> set[Rule]:
        found = self.store.read(lambda c: read_constraints(c, DESK))
        return {constraint.rule for constraint in found} - {Rule.POSITION_WITHOUT_STOP}

    def mode(self) -> Mode:
        return self.store.read(lambda c: read_row(c, DESK)).mode

    def close(self) -> None:
        self.threads.close()
        self.store.close()


BTC_AT = mark().price


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watched]:
    built = Watched(tmp_path / "home")
    yield built
    built.close()


def high_water_of_old(desk: Watched) -> None:
    desk.watch.tick(desk.now)
    books = desk.watch.books
    assert isinstance(books, Books)
    richer = replace(books, opening_cash_usd=CASH * 2)
    desk.store.write(lambda tx: raise_high_water(tx, DESK, richer))


def near_liquidation(desk: Watched) -> None:
    hold(desk.store, 1)
    desk.account(buffer_pct="14.9")


def too_little_equity(desk: Watched) -> None:
    hold(desk.store, 1)
    desk.account(cash=Decimal(100))


def clock_is_off(desk: Watched) -> None:
    desk.clock.drift = timedelta(seconds=-6)


def key_is_refused(desk: Watched) -> None:
    desk.exchange.refusals = Refusals(9, desk.now - timedelta(seconds=9))


def orders_fail(desk: Watched) -> None:
    desk.sender.errors = Streak(5, desk.now, "ReadTimeout")


def orders_are_rejected(desk: Watched) -> None:
    desk.sender.rejections = Streak(5, desk.now, "INSUFFICIENT_FUND")


def cash_is_off(desk: Watched) -> None:
    desk.sync.cash = Cash(CASH, CASH - 5_000)


def night_comes(desk: Watched) -> None:
    """90 contracts of 0.01 BTC at 60,000 and an overnight rate of 0.9: 48,600 of an equity of 50,000."""
    hold(desk.store, 90)
    products = [replace(BTC_PRODUCT, long_margin_rate=Decimal("0.9")), ETH_PRODUCT]
    desk.store.write(lambda tx: write_products(tx, DESK, products))
    desk.account()
    window_ends(desk, timedelta(minutes=20))


def window_ends(desk: Watched, within: timedelta) -> None:
    window = MarginWindow(intraday=True, ends_at=desk.now + within, at=desk.now)
    log = desk.store.log
    desk.store.write(lambda tx: write_margin_window(tx, log, DESK, window, desk.now))


def alerts_fall_silent(desk: Watched) -> None:
    desk.pass_time(60)
    gone = desk.now - timedelta(seconds=60)
    desk.store.write(lambda tx: beat(tx, DESK, ALERTS, 1, "keeps alerts", gone))


def disk_is_full(desk: Watched) -> None:
    desk.watch.free_bytes = lambda _home: 255 * MIB


def key_is_stolen(desk: Watched) -> None:
    desk.account_facts.can_transfer = True


FIRES: dict[Rule, Callable[[Watched], None]] = {
    Rule.DRAWDOWN: high_water_of_old,
    Rule.LIQUIDATION_BUFFER: near_liquidation,
    Rule.LEVERAGE: too_little_equity,
    Rule.CLOCK_DRIFT: clock_is_off,
    Rule.AUTHENTICATION: key_is_refused,
    Rule.ERROR_STREAK: orders_fail,
    Rule.REJECTION_STREAK: orders_are_rejected,
    Rule.CASH_OFF: cash_is_off,
    Rule.MARGIN_STEP: night_comes,
    Rule.ALERTS_SILENT: alerts_fall_silent,
    Rule.DISK_LOW: disk_is_full,
    Rule.SUSPECTED_COMPROMISE: key_is_stolen,
}


@pytest.mark.parametrize("rule", FIRES)
def test_each_danger_constrains_the_desk_and_a_restart_of_the_watch_changes_nothing(
    desk: Watched, rule: Rule
) -> None:
    desk.pass_time(5)
    assert desk.rules() == set()
    FIRES[rule](desk)

    desk.pass_time(int(PATIENCE[rule].before.total_seconds()) + 2)

    assert desk.rules() == {rule}
    assert desk.mode() is CONSTRAINTS[rule].mode
    (constraint,) = [
        c for c in desk.store.read(lambda c: read_constraints(c, DESK)) if c.rule is rule
    ]
    assert constraint.reason
    desk.pass_time(10)
    assert desk.rules() == {rule}


GONE: dict[Rule, Callable[[Watched], None]] = {
    Rule.LIQUIDATION_BUFFER: lambda desk: desk.account(buffer_pct="20.1"),
    Rule.LEVERAGE: lambda desk: desk.account(),
    Rule.CLOCK_DRIFT: lambda desk: setattr(desk.clock, "drift", timedelta(seconds=1)),
    Rule.ERROR_STREAK: lambda desk: setattr(desk.sender, "errors", Streak()),
    Rule.REJECTION_STREAK: lambda desk: setattr(desk.sender, "rejections", Streak()),
    Rule.MARGIN_STEP: lambda desk: window_ends(desk, timedelta(hours=8)),
    Rule.ALERTS_SILENT: lambda desk: desk.store.write(
        lambda tx: beat(tx, DESK, ALERTS, 1, "keeps alerts", desk.now)
    ),
    Rule.DISK_LOW: lambda desk: setattr(desk.watch, "free_bytes", lambda _home: 512 * MIB),
}
WAVERS: dict[Rule, Callable[[Watched], None]] = {
    Rule.LIQUIDATION_BUFFER: lambda desk: desk.account(buffer_pct="19.9"),
    Rule.CLOCK_DRIFT: lambda desk: setattr(desk.clock, "drift", timedelta(seconds=4.5)),
    Rule.DISK_LOW: lambda desk: setattr(desk.watch, "free_bytes", lambda _home: 511 * MIB),
}


@pytest.mark.parametrize("rule", FIRES)
def test_what_clears_lets_go_past_its_second_level_and_what_latches_never(
    desk: Watched, rule: Rule
) -> None:
    FIRES[rule](desk)
    desk.pass_time(int(PATIENCE[rule].before.total_seconds()) + 2)
    assert rule in desk.rules()
    if CONSTRAINTS[rule].release is Release.LATCHES:
        desk.exchange.refusals, desk.sync.cash = Refusals(), Cash(CASH, CASH)
        desk.pass_time(60)
        assert rule in desk.rules()
        return
    if rule in WAVERS:
        WAVERS[rule](desk)
        desk.pass_time(60)
        assert rule in desk.rules()
    GONE[rule](desk)
    desk.pass_time(int(PATIENCE[rule].after.total_seconds()) + 2)
    assert desk.rules() == set()


def test_a_streak_ends_by_itself_a_quiet_minute_after_the_last_order(desk: Watched) -> None:
    orders_are_rejected(desk)
    desk.pass_time(2)
    assert desk.rules() == {Rule.REJECTION_STREAK}
    desk.pass_time(60)
    assert desk.rules() == set(), "entries are kept back, so no success could ever end it"


def test_cash_that_is_off_for_a_moment_is_a_fill_on_its_way(desk: Watched) -> None:
    cash_is_off(desk)
    desk.pass_time(25)
    desk.sync.cash = Cash(CASH, CASH)
    desk.pass_time(60)
    assert desk.rules() == set()


@pytest.mark.parametrize("rule", Rule)
def test_no_machine_rule_keeps_a_flatten_back(desk: Watched, rule: Rule) -> None:
    hold(desk.store, 3)
    there = HeldThere(BTC, 3, BTC_AT, NOW)
    desk.store.write(lambda tx: write_held_there(tx, DESK, [there]))
    log = desk.store.log
    desk.store.brake(DESK).tighten(
        CONSTRAINTS[rule].mode,
        lambda tx: constrain(tx, log, DESK, rule, reason="test", now=NOW),
    )
    desk.account(cash=Decimal(-1), buffer_pct="0")
    close = checked(order("close", Kind.FLATTEN, Side.SELL, 3))

    intent = desk.store.write(lambda tx: record_intent(tx, close, LIMITS, NOW))

    assert isinstance(intent, Intent), intent
    gate = SendGate(desk.store.home, DESK, 0, lambda: 1)
    assert isinstance(gate.pass_through(intent, lambda _order: None), ApprovedOrder)
