"""A terminal beside a desk: what is typed runs as in the program, on a clock that is moved by hand."""

import io
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.beside import SHIPPED_PEOPLE
from bot.front import run
from bot.outside import Outside
from core.books import Account, Books, total
from core.chain import Event
from core.gate import Page
from core.modes import Control, Mode
from core.orders import Kind, OrderSpec, OrderState, OrderType, Side
from core.positions import Position
from core.products import Mark, Product
from core.requests import Request
from core.risk import CheckedOrder
from store.codes import enroll, is_enrolled, present_code
from store.control import begin_desk, read_control, read_row, set_mode
from store.events import latest
from store.ledger import adopt_position, read_positions, snapshot_day
from store.observations import (
    HeldThere,
    read_succeeded,
    write_account,
    write_held_there,
    write_marks,
    write_products,
)
from store.orders import move, record_intent
from store.own_cash import open_books, raise_high_water
from store.page import GatePage
from store.requests import latest_requests
from store.store import Store, Transaction, open_store
from tests.bot.limits import LIMITS

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
BOOT = 7
BTC = "BIP-20DEC30-CDE"
LOOK = "orders, fills, positions"
BECAME = 77

PRODUCT = Product(
    product_id=BTC,
    name="BTC PERP",
    underlying="BTC",
    contract_size=Decimal("0.01"),
    price_increment=Decimal(5),
    min_contracts=1,
    max_contracts=1_000,
    session_open=True,
    trading_disabled=False,
    cancel_only=False,
    post_only=False,
    view_only=False,
    funding_rate=None,
    funding_time=None,
    long_margin_rate=Decimal("0.1"),
    short_margin_rate=Decimal("0.1"),
)


@dataclass(frozen=True)
class Typed:
    """What came of one line."""

    code: int
    text: str
    progress: str

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


class Terminal:
    """One shell on the desk's machine."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = START
        self.now_ns = 10**15
        self.environment: dict[str, str] = {}
        self.became: list[tuple[Sequence[str], Mapping[str, str]]] = []
        self._ids = itertools.count(1)

    def type(self, *words: str, at_home: bool = True, asks: str = "") -> Typed:
        """Type `perps-bot` and these words. `asks` are words too, split at blanks."""
        out, progress = io.StringIO(), io.StringIO()
        outside = Outside(
            clock=lambda: self.now,
            monotonic_ns=lambda: self.now_ns,
            environment=self.environment,
            login="nina",
            here=self.home.parent,
            new_id=lambda verb: f"{verb}-{next(self._ids)}",
            become=self._become,
            out=out,
            progress=progress,
        )
        argv = [*words, *asks.split()] + ([f"--home={self.home}"] if at_home else [])
        code = run(argv, outside)
        return Typed(code, out.getvalue(), progress.getvalue())

    def _become(self, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
        self.became.append((arguments, environment))
        return BECAME

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.now_ns += int(seconds * 1e9)

    def store(self) -> Store:
        return open_store(self.home, self.now)

    def read(self, query: Any) -> Any:
        store = self.store()
        try:
            return store.read(query)
        finally:
            store.close()

    def write(self, transaction: Any) -> None:
        """`transaction` takes the store and a connection."""
        store = self.store()
        try:
            store.write(lambda tx: transaction(store, tx))
        finally:
            store.close()

    def mode(self, desk: str = "main") -> Mode:
        mode: Mode = self.read(lambda c: read_row(c, desk)).mode
        return mode

    def control(self, desk: str = "main") -> Control:
        found: Control = self.read(lambda c: read_control(c, desk))
        return found

    def requests(self, desk: str = "main") -> list[Request]:
        found: list[Request] = self.read(lambda c: latest_requests(c, desk, 50))
        return found

    def events(self, desk: str = "main") -> list[Event]:
        found: list[Event] = self.read(lambda c: latest(c, desk, 500))
        return found

    def kinds(self, desk: str = "main") -> list[str]:
        return [event.kind for event in self.events(desk)]

    def page(self, desk: str = "main") -> Page:
        page = GatePage(self.home / f"{desk}.page")
        try:
            return page.read()
        finally:
            page.close()

    def proof_of(self, name: str) -> list[str]:
        """`--as NAME --code …` with a code that was not used yet."""
        self.later(30)
        self.beat()
        return ["--as", name, "--code", self.code_of(name)]

    def code_of(self, name: str) -> str:
        secrets = self.home / "secrets"
        if not is_enrolled(secrets, name):
            enroll(secrets, name)
        return present_code(secrets, name, self.now)

    def begin(self, *desks: str, mode: Mode = Mode.ACTIVE) -> None:
        """Desks whose exchange was never read, and the people who answer for them."""
        for desk in desks or ("main",):
            self.write(
                lambda store, tx, desk=desk: begin_desk(
                    tx, store.log, desk, mode, "start", self.now
                )
            )
            store = self.store()
            store.brake(desk).follow_row()
            store.close()
        (self.home / "escalation.yaml").write_text(SHIPPED_PEOPLE.read_text())

    def resume_by_two(self, desk: str = "main") -> None:
        """What the trading loop does once two people agreed."""
        store = self.store()
        store.brake(desk).loosen(
            lambda tx: set_mode(
                tx, store.log, desk, Mode.ACTIVE, reason="resumed", actor="two", now=self.now
            )
        )
        store.close()

    def look(self) -> None:
        """The trader's look at the exchange, now."""

        def seen(_store: Store, tx: Transaction) -> None:
            write_products(tx, "main", [PRODUCT])
            self.mark(tx)
            held = [
                HeldThere(p.product_id, p.contracts, p.average_price, self.now)
                for p in read_positions(tx, "main")
                if p.contracts
            ]
            write_held_there(tx, "main", held)
            account = Account(
                Decimal(10_000), Decimal(40), Decimal(120), Decimal(9_920), "870", self.now
            )
            write_account(tx, "main", account)
            read_succeeded(tx, "main", LOOK, self.now)

        self.write(seen)
        self.beat()

    def beat(self) -> None:
        """Guard and loop live: lease and beat are fresh."""
        page = GatePage(self.home / "main.page")
        page.begin_boot(BOOT)
        page.arm(BOOT)
        page.beat(self.now_ns)
        page.renew_lease(self.now_ns + 10**9)
        page.close()

    def mark(self, tx: Transaction, price: Decimal = Decimal(61_000)) -> None:
        write_marks(tx, "main", [Mark(BTC, price, price - 5, price + 5, self.now, "feed")])

    def trade(self, contracts: int = 4) -> None:
        """A desk that trades: books open, one long position bought at 60,000, a mark at 61,000."""

        def booked(store: Store, tx: Transaction) -> None:
            open_books(tx, store.log, "main", Decimal(10_000), self.now)
            bought = Position(
                BTC,
                PRODUCT.contract_size,
                contracts,
                contracts * Decimal(60_000),
                fees_usd=Decimal("1.5"),
            )
            adopt_position(tx, store.log, "main", bought, self.now)
            prices = {BTC: Decimal(61_000)}
            books = total(Decimal(10_000), Decimal(0), read_positions(tx, "main"), prices)
            assert isinstance(books, Books)
            snapshot_day(tx, "main", books, self.now)
            raise_high_water(tx, "main", books)

        self.write(booked)
        self.look()

    def order(self, id: str, kind: Kind, contracts: int, side: Side = Side.SELL) -> None:
        """An order that works at the exchange."""
        stop = kind is Kind.STOP
        spec = OrderSpec(
            client_order_id=id,
            desk="main",
            product_id=BTC,
            kind=kind,
            side=side,
            contracts=contracts,
            order_type=OrderType.STOP_LIMIT if stop else OrderType.LIMIT_GTD,
            limit_price=Decimal(58_000) if stop else Decimal(60_500),
            stop_price=Decimal(58_500) if stop else None,
        )

        def placed(store: Store, tx: Transaction) -> None:
            assert record_intent(tx, CheckedOrder(spec), LIMITS, self.now)
            move(tx, store.log, id, OrderState.WORKING, self.now, order_id=f"at-{id}")

        self.write(placed)
