"""How each figure that alerts watch comes to be bad, and good again: by what is in the store then."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from core.books import Account, Books
from core.gate import Refused
from core.orders import Kind, OrderState, Side
from core.positions import ZERO
from core.products import Mark, Product
from core.risk import RiskRefused
from store.heartbeats import beat
from store.ledger import book_fill, take_position
from store.limits import write_limits
from store.observations import write_account, write_marks, write_products
from store.orders import move, record_intent
from store.own_cash import open_books
from store.reports.history import sample
from store.store import Transaction
from store.vitals import Measure, Vital, write_vitals
from tests.alerts.night import DESK, Night
from tests.store.desk import BTC, BTC_PRICE, BTC_PRODUCT, LIMITS, checked, fill, order

NUMBERS = count(1)
ALIKE = [BTC_PRODUCT, *(replace(BTC_PRODUCT, product_id=f"{n}-CDE") for n in ("two", "three"))]
"""Three markets in which the same costs the same."""
CASH = Decimal(50_000)


@dataclass(slots=True)
class Scene:
    """One moment: bad for some time (`first` is the first such moment), then good."""

    night: Night
    tx: Transaction
    first: bool
    bad: bool

    @property
    def now(self) -> datetime:
        return self.night.now

    def later(self, minutes: int) -> None:
        """So long passes before anybody looks."""
        self.night.now += timedelta(minutes=minutes)


Condition = Callable[[Scene], None]


def measured(vital: Vital, value: int, *beside: Measure, symbol: str = "") -> Condition:
    def be(scene: Scene) -> None:
        measure = Measure(vital, Decimal(value if scene.bad else 0), symbol)
        write_vitals(scene.tx, DESK, "loop", [measure, *beside], scene.now)

    return be


def silent(scene: Scene) -> None:
    if scene.first or not scene.bad:
        beat(scene.tx, DESK, "loop", 4711, "running", scene.now)


def blind(scene: Scene) -> None:
    hold(scene, 1)
    measured(Vital.FEED_SILENT_S, 400, symbol="user")(scene)


def rejected(scene: Scene) -> None:
    """One order of five; later on nothing is sent."""
    if scene.first:
        for to in (OrderState.REJECTED, *[OrderState.CANCELLED] * 4):
            end(scene, sent(scene), to)
    elif not scene.bad:
        scene.later(10)


def unfilled(scene: Scene) -> None:
    if scene.first:
        end(scene, sent(scene, id="waits"), OrderState.WORKING)
    elif scene.bad:
        scene.later(5)
    else:
        end(scene, "waits", OrderState.CANCELLED)


def many_unfilled(scene: Scene) -> None:
    if scene.first:
        for number in range(5):
            end(scene, sent(scene, id=f"waits-{number}"), OrderState.WORKING)
    elif scene.bad:
        scene.later(5)
    else:
        for number in range(3):
            end(scene, f"waits-{number}", OrderState.CANCELLED)


def stuck(scene: Scene) -> None:
    if scene.first:
        hold(scene, 1)
        end(scene, sent(scene, Kind.EXIT, Side.SELL), OrderState.CANCELLED)
    elif scene.bad:
        scene.later(30)
    else:
        hold(scene, 0)


def slipped(scene: Scene) -> None:
    if scene.first:
        id = sent(scene)
        end(scene, id, OrderState.WORKING)
        paid = fill("dear", id, price=BTC_PRICE * Decimal("1.002"), at=scene.now)
        book_fill(scene.tx, scene.night.store.log, DESK, paid, BTC_PRODUCT, scene.now)
    elif not scene.bad:
        scene.later(11)


def margin_used(scene: Scene) -> None:
    write_account(scene.tx, DESK, account(scene, Decimal(36_000) if scene.bad else ZERO))


def exposed(scene: Scene) -> None:
    write_limits(scene.tx, DESK, "dev", [("max_gross_notional_usd", "5000")], scene.now)
    hold(scene, 9 if scene.bad else 0)


def concentrated(scene: Scene) -> None:
    for product in ALIKE:
        hold(scene, 10 if scene.bad and product is BTC_PRODUCT else 1, product)


def volatile(scene: Scene) -> None:
    write_limits(scene.tx, DESK, "dev", [("max_move_pct", "5")], scene.now)
    hold(scene, 1)
    if scene.first:
        for seconds, price in enumerate((BTC_PRICE, BTC_PRICE * Decimal("1.06"))):
            at = scene.now - timedelta(seconds=seconds)
            sample(scene.tx, DESK, books(ZERO), [mark(at, price)], [], at)
    elif not scene.bad:
        scene.later(11)


def equity_fell(scene: Scene) -> None:
    if scene.first:
        sample(scene.tx, DESK, books(ZERO), [], [], scene.now - timedelta(minutes=1))
    if scene.bad:
        sample(scene.tx, DESK, books(Decimal(2_600)), [], [], scene.now)
    else:
        scene.later(61)
        sample(scene.tx, DESK, books(Decimal(2_600)), [], [], scene.now)


def funding(scene: Scene) -> None:
    hold(scene, 1)
    rate = Decimal("-0.002") if scene.bad else Decimal("0.0001")
    write_products(scene.tx, DESK, [replace(BTC_PRODUCT, funding_rate=rate)])


def spread(scene: Scene) -> None:
    write_marks(scene.tx, DESK, [mark(scene.now, half=Decimal(100 if scene.bad else 1))])


def tripped(scene: Scene) -> None:
    if scene.bad:
        say(scene, "guard_died")
    else:
        scene.later(61)


def restarted(scene: Scene) -> None:
    if scene.first:
        say(scene, "guard_died")
        scene.night.now += timedelta(seconds=1)
        say(scene, "guard_started")


def logged(scene: Scene) -> None:
    if scene.bad:
        with (scene.night.store.home.logs / "errors.log").open("a") as log:
            log.write("2026-03-02T00:00:00.000Z ERROR   12 trader it broke\nTraceback\n" * 11)
    else:
        scene.later(6)


def busy(scene: Scene) -> None:
    scene.night.machine_works(99 if scene.bad else 0)


def memory(scene: Scene) -> None:
    scene.night.memory_is(95 if scene.bad else 20)


def jumped(scene: Scene) -> None:
    if scene.first:
        scene.night.apart_s += 3_600
    elif not scene.bad:
        scene.later(11)


CONDITIONS: dict[str, Condition] = {
    "process_silent": silent,
    "feed_down": measured(Vital.FEED_SILENT_S, 61, symbol="market"),
    "feed_down_holding": blind,
    "feed_reconnects": measured(Vital.FEED_CONNECTIONS, 5),
    "api_latency": measured(Vital.API_P95_MS, 3_500),
    "api_errors": measured(
        Vital.API_ERRORS_PCT, 20, Measure(Vital.API_CALLS_A_MINUTE, Decimal(100))
    ),
    "order_errors": rejected,
    "order_acceptance": rejected,
    "unfilled_order": unfilled,
    "unfilled_orders": many_unfilled,
    "position_stuck": stuck,
    "slippage": slipped,
    "margin_used": margin_used,
    "exposure": exposed,
    "room_left": exposed,
    "concentration": concentrated,
    "volatility": volatile,
    "equity_fall": equity_fell,
    "funding_rate": funding,
    "spread": spread,
    "guard_trips": tripped,
    "restarted": restarted,
    "logged_errors": logged,
    "cpu_busy": busy,
    "memory_full": memory,
    "clock_jump": jumped,
}
"""By rule."""


def sent(scene: Scene, kind: Kind = Kind.ENTRY, side: Side = Side.BUY, id: str = "") -> str:
    """An order that was recorded now; its id."""
    marked(scene)
    open_books(scene.tx, scene.night.store.log, DESK, CASH, scene.now)
    write_account(scene.tx, DESK, account(scene))
    spec = order(id or f"o{next(NUMBERS)}", kind, side)
    made = record_intent(scene.tx, checked(spec), LIMITS, scene.now)
    assert not isinstance(made, Refused | RiskRefused), made
    return spec.client_order_id


def end(scene: Scene, id: str, to: OrderState) -> None:
    move(scene.tx, scene.night.store.log, id, to, scene.now, order_id=f"there-{id}")


def hold(scene: Scene, contracts: int, product: Product = BTC_PRODUCT) -> None:
    take_position(scene.tx, DESK, product, contracts, BTC_PRICE)
    marked(scene)


def marked(scene: Scene) -> None:
    write_products(scene.tx, DESK, ALIKE)
    for product in ALIKE:
        write_marks(scene.tx, DESK, [replace(mark(scene.now), product_id=product.product_id)])


def mark(at: datetime, price: Decimal = BTC_PRICE, half: Decimal = Decimal(1)) -> Mark:
    return Mark(BTC, price, price - half, price + half, at, "feed")


def account(scene: Scene, margin: Decimal = ZERO) -> Account:
    return Account(CASH, ZERO, margin, CASH - margin, "100", scene.now)


def books(lost_usd: Decimal) -> Books:
    return Books(CASH, ZERO, -lost_usd, ZERO, ZERO, ZERO)


def say(scene: Scene, kind: str) -> None:
    log = scene.night.store.log
    log.append(scene.tx, desk=DESK, kind=kind, actor="guard", now=scene.now, body={})
