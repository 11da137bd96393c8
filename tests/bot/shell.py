"""The program itself, `main` with its own clock, on a home with desks that hold several positions."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import clock, main
from bot.beside import SHIPPED_PEOPLE
from core.books import Account, Books, total
from core.modes import Mode
from core.orders import Fill, Kind, OrderSpec, OrderState, OrderType, Side
from core.positions import Position
from core.products import Mark
from core.requests import Action, asked
from core.risk import CheckedOrder
from store.codes import enroll, is_enrolled, present_code
from store.control import begin_desk
from store.ledger import adopt_fills, adopt_position, read_positions, snapshot_day
from store.observations import (
    HeldThere,
    read_succeeded,
    write_account,
    write_held_there,
    write_marks,
    write_products,
)
from store.orders import move, record_intent
from store.own_cash import open_books
from store.page import GatePage
from store.requests import ask
from store.store import Store, Transaction
from tests.bot.limits import LIMITS
from tests.bot.terminal import BOOT, BTC, LOOK, PRODUCT, Terminal, Typed

ETH = "ETP-20DEC30-CDE"
ETHER = replace(
    PRODUCT,
    product_id=ETH,
    name="ETH PERP",
    underlying="ETH",
    contract_size=Decimal("0.1"),
    price_increment=Decimal("0.5"),
)
BOUGHT = Position(BTC, PRODUCT.contract_size, 4, Decimal(240_000), fees_usd=Decimal("1.5"))
SOLD = Position(ETH, ETHER.contract_size, -30, Decimal(-90_000))
PRICES = {BTC: Decimal(61_000), ETH: Decimal(3_500)}
GATE_OPEN_FOR_S = 20
CODE_LASTS_S = 30


class Shell(Terminal):
    """Types into `main`. What the trader would have written is written as of now."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(home)
        self.now = clock()
        self._capsys = capsys
        self._codes_given: dict[str, int] = {}
        self._kept: Store | None = None

    def type(self, *words: str, at_home: bool = True, asks: str = "") -> Typed:
        home = [f"--home={self.home}"] if at_home else []
        self._capsys.readouterr()
        code = main([*words, *asks.split(), *home])
        said = self._capsys.readouterr()
        return Typed(code, said.out, said.err)

    def _kept_store(self) -> Store:
        """Open from first use to the end of the test, as a trader has it."""
        if self._kept is None:
            self._kept = self.store()
        return self._kept

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    def read(self, query: Any) -> Any:
        return self._kept_store().read(query)

    def write(self, transaction: Any) -> None:
        store = self._kept_store()
        store.write(lambda tx: transaction(store, tx))

    def begin(self, *desks: str, mode: Mode = Mode.ACTIVE) -> None:
        for desk in desks or ("main",):
            self.write(
                lambda store, tx, desk=desk: begin_desk(
                    tx, store.log, desk, mode, "start", self.now
                )
            )
            self._kept_store().brake(desk).follow_row()
        (self.home / "escalation.yaml").write_text(SHIPPED_PEOPLE.read_text())

    def answer(self, *words: str) -> dict[str, Any]:
        """The facts of an answer, whatever its exit code."""
        return self.type(*words, "--json").facts

    def proof_of(self, name: str) -> list[str]:
        """`--as NAME --code …`: the code of now, then the next one. A third would be too early."""
        given = self._codes_given.get(name, 0)
        assert given < 2, f"{name} has used the code of now and the next one"
        self._codes_given[name] = given + 1
        secrets = self.home / "secrets"
        if not is_enrolled(secrets, name):
            enroll(secrets, name)
        moment = clock() + timedelta(seconds=given * CODE_LASTS_S)
        return ["--as", name, "--code", present_code(secrets, name, moment)]

    def trade_both(self, desk: str = "main") -> None:
        """Long 4 BTC contracts with a stop for all of them, short 30 ETH contracts with none."""
        self.now = clock()
        self.write(lambda store, tx: self._book(store, tx, desk))
        self.see(desk)
        self.stop(desk)
        self.open_gate(desk)

    def _book(self, store: Store, tx: Transaction, desk: str) -> None:
        open_books(tx, store.log, desk, Decimal(10_000), self.now)
        for position in (BOUGHT, SOLD):
            adopt_position(tx, store.log, desk, position, self.now)
        books = total(Decimal(10_000), Decimal(0), [BOUGHT, SOLD], PRICES)
        assert isinstance(books, Books)
        snapshot_day(tx, desk, books, self.now)

    def see(self, desk: str = "main", at: datetime | None = None) -> None:
        """A look at the exchange that found what our books have."""
        moment = at or self.now

        def seen(_store: Store, tx: Transaction) -> None:
            write_products(tx, desk, [PRODUCT, ETHER])
            write_marks(
                tx, desk, [Mark(p, PRICES[p], PRICES[p], PRICES[p], moment, "feed") for p in PRICES]
            )
            held = [
                HeldThere(p.product_id, p.contracts, p.average_price, moment)
                for p in read_positions(tx, desk)
                if p.contracts
            ]
            write_held_there(tx, desk, held)
            cash, none = Decimal(10_000), Decimal(0)
            write_account(tx, desk, Account(cash, none, none, cash, "870", moment))
            read_succeeded(tx, desk, LOOK, moment)

        self.write(seen)

    def stop(self, desk: str = "main") -> None:
        """The stop of the BTC position, resting at the exchange."""
        self.work(desk, f"stop-{desk}", Kind.STOP, Side.SELL, 4)

    def work(self, desk: str, id: str, kind: Kind, side: Side, contracts: int) -> None:
        stops = kind is Kind.STOP
        spec = OrderSpec(
            client_order_id=id,
            desk=desk,
            product_id=BTC,
            kind=kind,
            side=side,
            contracts=contracts,
            order_type=OrderType.STOP_LIMIT if stops else OrderType.LIMIT_GTD,
            limit_price=Decimal(58_000) if stops else Decimal(60_500),
            stop_price=Decimal(58_500) if stops else None,
        )

        def placed(store: Store, tx: Transaction) -> None:
            intent = record_intent(tx, CheckedOrder(spec), LIMITS, self.now)
            assert getattr(intent, "spec", None) == spec, intent
            move(tx, store.log, id, OrderState.WORKING, self.now, order_id=f"at-{id}")

        self.write(placed)

    def open_gate(self, desk: str = "main") -> None:
        """Armed, with a beat and a lease that outlast a slow test."""
        until_ns = time.monotonic_ns() + GATE_OPEN_FOR_S * 10**9
        page = GatePage(self.home / f"{desk}.page")
        page.begin_boot(BOOT)
        page.arm(BOOT)
        page.beat(until_ns)
        page.renew_lease(until_ns)
        page.close()

    def execute(self, entry_id: str, contracts: int, price: str, fee: str, side: Side) -> None:
        """An execution that is on the books."""
        fill = Fill(
            entry_id,
            f"order-of-{entry_id}",
            None,
            BTC,
            side,
            contracts,
            Decimal(price),
            Decimal(fee),
            self.now,
            maker=False,
        )
        self.write(lambda _store, tx: adopt_fills(tx, "main", [fill]))

    def asked_before(self, id: str, action: Action, actor: Any, seconds: float) -> None:
        """A request that was asked for so long ago."""
        then = clock() - timedelta(seconds=seconds)
        request = asked(id, "main", action, "", actor, then)
        self.write(lambda store, tx: ask(tx, store.log, request))
