"""When to look at the exchange, and whether what was seen agrees with our books.

Nothing here trades. A look that fails leaves everything as it was, and says that it is unknown.
"""

from concurrent.futures import Future
from datetime import datetime, timedelta

from core.dangers import cash_off
from core.orders import Order, OrderState
from core.reconcile import Agreement, Difference, Discrepancy, What, cash_differs, drifted
from store.acceptance import Accepted, Figures, accept
from store.observations import read_failed, read_reads
from store.orders import live_orders
from store.reconciliation import read_looked_at, write_reconciliation
from store.store import Transaction
from trader.booking import TRANSFERS, WHAT, Booked, Booking, Cash
from trader.coinbase.parse import ReadFailed
from trader.coinbase.signing import TOKEN_LIFE
from trader.desk import Desk
from trader.lanes import Lane
from trader.look import Look, look, question
from trader.sender import Sender

PRODUCTS_EVERY = timedelta(seconds=60)
A_DAY_EVERY = timedelta(seconds=10)
OFTEN = timedelta(milliseconds=250)
"""A look is six requests at least, and the exchange takes thirty a second."""
SELDOM = timedelta(seconds=1)
BUSY_EVERY = timedelta(seconds=1)
QUIET_EVERY = timedelta(seconds=3)
ABSENT_AFTER = TOKEN_LIFE + timedelta(seconds=5)
FRESH_FOR = timedelta(seconds=10)
CASH_SETTLES = timedelta(seconds=30)
"""A fill or a funding may be in the account before it is on our books."""
LOOKS_TO_BELIEVE = 3


class Sync:
    """Keeps the store's picture of the exchange true, and knows how old and how good it is."""

    def __init__(self, desk: Desk, sender: Sender) -> None:
        self._desk = desk
        self._sender = sender
        self._agreement = Agreement(LOOKS_TO_BELIEVE)
        self._asked_at: datetime | None = None
        self.products_at: datetime | None = None
        """When the look began that last brought the list of products."""
        self._products_wanted = False
        self._wanted = True
        self._cash_off_since: datetime | None = None
        self._waiting = False
        """Whether the last good look left a fill for a later one to book."""
        self._a_day_at: datetime | None = None
        self._missing: dict[str, datetime] = {}
        """Orders that the exchange acknowledged and does not have, and since when."""
        self.looked_at: datetime | None = None
        """When the last good look was begun."""
        self.failing_since: datetime | None = None
        self.error = ""
        self.differences: tuple[Difference, ...] = ()
        self.open: tuple[Discrepancy, ...] = ()
        """What nobody has explained or accepted, as of the last good look."""
        self.cash: Cash | None = None
        """The account's cash and our books', as of the last good look."""

    def want(self) -> None:
        """Ask for a look as soon as possible: something may have changed. Any thread may."""
        self._wanted = True

    def want_products(self) -> None:
        """Ask for a look that brings the list of products: something in it has changed."""
        self._wanted = self._products_wanted = True

    @property
    def wanted(self) -> bool:
        """Whether somebody has asked for a look that has not been begun."""
        return self._wanted

    @property
    def foreign(self) -> tuple[str, ...]:
        """Orders and executions that are not ours and that nobody has accepted."""
        return tuple(one.says for one in self.open if one.what in (What.ORDER, What.FILL))

    def fresh(self, now: datetime) -> bool:
        """Whether positions and orders are known well enough to add risk."""
        return (
            self.failing_since is None
            and self.looked_at is not None
            and now - self.looked_at <= FRESH_FOR
        )

    @property
    def clean(self) -> bool:
        """Whether the last good look agreed with our books and left nothing to accept."""
        return self.known and self._agreed and not any(one.holds for one in self.open)

    @property
    def settled(self) -> bool:
        """Whether what the last looks found of positions is the same and can be believed."""
        believed = self._agreement.clean or bool(self.differences)
        return self.known and believed and not self._waiting

    @property
    def _agreed(self) -> bool:
        return self._agreement.clean and not self._waiting

    @property
    def known(self) -> bool:
        """Whether the last look was good, whatever it found."""
        return self.looked_at is not None and self.failing_since is None

    def accept(
        self, tx: Transaction, seen: Figures, actor: str, reason: str, now: datetime
    ) -> list[Accepted]:
        """Book what two people accepted. Raises NotAcceptable, and then books nothing."""
        done = accept(tx, self._desk.store.log, self._desk.name, seen, actor, reason, now)
        gone = {one.discrepancy for one in done}
        self.open = tuple(one for one in self.open if one.id not in gone)
        self._agreement = Agreement(LOOKS_TO_BELIEVE)
        self.differences, self.cash, self._cash_off_since = (), None, None
        self._wanted = True
        return done

    def tick(self, now: datetime) -> None:
        since = now - self._asked_at if self._asked_at is not None else None
        if since is not None and since < (self._pause() if self._wanted else BUSY_EVERY):
            return
        live = self._desk.read(lambda c: live_orders(c, self._desk.name))
        if since is not None and not self._wanted and since < (BUSY_EVERY if live else QUIET_EVERY):
            return
        asked_for = self._desk.read(
            lambda c: question(
                c,
                self._desk.name,
                live,
                now,
                now + self._desk.exchange.offset,
                products=self._products_due(now),
                a_day=self._a_day_due(now),
            )
        )
        started = self._desk.calls.start(
            "look",
            Lane.LOOK,  # a flatten waits for it: neither reads that hang nor closes may hold it up
            lambda: look(self._desk.exchange, asked_for, self._desk.calls.together),
            lambda future, later: self._took(future, now, later),
        )
        if started:
            self._asked_at, self._wanted = now, False
            self._a_day_at = now if self._a_day_due(now) else self._a_day_at
            self._products_wanted = self._products_wanted and not asked_for.products

    def _pause(self) -> timedelta:
        """Wanted looks follow each other closely, but not while the exchange does not answer.

        Nor while a request of ours is out: what was seen before its answer would have to be seen again.
        """
        calls = self._desk.calls
        unanswered = calls.running("place:") or calls.running("cancel:")
        return SELDOM if self.failing_since is not None or unanswered else OFTEN

    def _a_day_due(self, now: datetime) -> bool:
        """While positions differ: an execution may be listed late. It costs pages, so not each time."""
        due = self._a_day_at is None or now - self._a_day_at >= A_DAY_EVERY
        return due and not self._agreed

    def _products_due(self, now: datetime) -> bool:
        return (
            self._products_wanted
            or self.products_at is None
            or now - self.products_at >= PRODUCTS_EVERY
        )

    def _took(self, future: "Future[Look]", begun: datetime, now: datetime) -> None:
        try:
            seen = future.result()
        except ReadFailed as error:
            self._failed(str(error), now)
            return
        booked = self._desk.write(lambda tx: self._book(tx, seen, begun, now))
        self.cash = booked.cash or self.cash
        if not self._agreed and not self.differences:
            self._wanted = True  # seen once it may have fallen between a fill and its booking
        if seen.products is not None:
            self.products_at = begun
        if self.failing_since is not None:
            self._desk.note("reads_recovered", now, what=WHAT, since=self.failing_since)
        self.failing_since, self.looked_at, self.error = None, begun, ""

    def _failed(self, error: str, now: datetime) -> None:
        """What the exchange holds is unknown now, which is not the same as nothing."""
        self.error = error
        self._desk.write(lambda tx: read_failed(tx, self._desk.name, WHAT, error, now))
        if self.failing_since is None:
            self.failing_since = now
            self._desk.note("reads_failing", now, what=WHAT, error=error)

    def _book(self, tx: Transaction, seen: Look, begun: datetime, now: datetime) -> Booked:
        """Book one look in one transaction, and keep what it left unexplained."""
        desk, log = self._desk.name, self._desk.store.log
        offset, before = self._desk.exchange.offset, read_looked_at(tx, desk)
        booking = Booking(tx, log, desk, before and before + offset, begun + offset, now)
        booked = booking.book(seen)
        booking.give_up([*self._absent(tx, seen, now), *self._lost(tx, seen, now)])
        self.differences = self._agreement.see(booked.differences)
        self._waiting = bool(booked.waiting)
        prices = {p.product_id: p.average_price for p in seen.positions}
        found = [
            *booked.foreign,
            *(drifted(one, prices.get(one.product_id)) for one in self.differences),
            *self._cash_found(tx, booked.cash, now),
        ]
        self.open = write_reconciliation(tx, log, desk, found, begun, now)
        return booked

    def _cash_found(self, tx: Transaction, cash: Cash | None, now: datetime) -> list[Discrepancy]:
        """Only what stays: a transfer is read and booked in the meantime."""
        if cash is None or cash_off(cash.ours_usd, cash.theirs_usd) is None:
            self._cash_off_since = None
            return []
        self._cash_off_since = self._cash_off_since or now
        if now - self._cash_off_since < CASH_SETTLES:
            return []
        transfers = read_reads(tx, self._desk.name).get(TRANSFERS)
        because = "no transfer, execution or funding that was read explains it: a fee, interest or "
        because += "a rebate of the exchange, or a trade that is not on its lists"
        if transfers is None or transfers.failing:
            because = "deposits and withdrawals cannot be read, so it may be one: "
            because += transfers.error if transfers else "they have not been read yet"
        return [cash_differs(cash.ours_usd, cash.theirs_usd, because)]

    def _absent(self, tx: Transaction, seen: Look, now: datetime) -> list[Order]:
        """Orders that the exchange does not list once their token is past its life never got there."""
        listed = {order.client_order_id for order in seen.orders}
        return [
            order
            for order in live_orders(tx, self._desk.name)
            if order.state in (OrderState.RESERVED, OrderState.UNKNOWN)
            and order.spec.client_order_id not in listed
            and not self._sender.on_its_way(order.spec.client_order_id)
            and now - order.created_at > ABSENT_AFTER
        ]

    def _lost(self, tx: Transaction, seen: Look, now: datetime) -> list[Order]:
        """Acknowledged orders that for long enough no list and no look-up has had."""
        there = {order.order_id for order in seen.orders}
        known = {id: since for id, since in self._missing.items() if id not in there}
        self._missing = dict.fromkeys(seen.missing, now) | known
        lost = {id for id, since in self._missing.items() if now - since > ABSENT_AFTER}
        self._missing = {id: at for id, at in self._missing.items() if id not in lost}
        return [order for order in live_orders(tx, self._desk.name) if order.order_id in lost]
