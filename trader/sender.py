"""Orders on their way: risk first, then a lane, then the reply booked. Never the same order twice."""

from concurrent.futures import Future
from datetime import datetime

from core.dangers import Streak
from core.orders import OrderSpec, OrderState
from core.risk import RiskRefused, check
from store.orders import move, read_order, risk_view
from store.store import Transaction
from trader.coinbase.ordering import Accepted, Placed, Rejected, Unknown
from trader.coinbase.wire import NotSent
from trader.desk import Desk
from trader.lanes import Lane


class Sender:
    """Sends what the parts of the loop ask for, and counts what comes to nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told: dict[tuple[str, str], str] = {}
        self.errors = Streak()
        """Orders in a row of which nothing is known, or that never got to the exchange."""
        self.rejections = Streak()
        """Orders in a row that the exchange itself refused."""

    def send(self, spec: OrderSpec, lane: Lane, now: datetime) -> RiskRefused | None:
        """Start one order; None when it is on its way, else why risk refused it (on record)."""
        verdict = check(spec, self._desk.read(lambda c: risk_view(c, spec, self._desk.limits, now)))
        if isinstance(verdict, RiskRefused):
            self._tell_refusal(spec, verdict.reason.name, verdict.detail, now)
            return verdict
        if self._desk.dry_run:
            self._desk.note("order_shown", now, **_shown(spec))
            return None
        self._desk.calls.start(
            f"place:{spec.client_order_id}",
            lane,
            lambda: self._desk.exchange.place(verdict),
            lambda future, later: self._settle(spec, future, later),
        )
        return None

    def on_its_way(self, client_order_id: str) -> bool:
        """Whether this process still waits for the reply to this order."""
        return self._desk.calls.running(f"place:{client_order_id}")

    def _settle(self, spec: OrderSpec, future: "Future[Placed]", now: datetime) -> None:
        outcome = future.result()
        if isinstance(outcome, NotSent):
            self._not_sent(spec, outcome, now)
            return
        self._count(outcome, now)
        self._desk.write(lambda tx: self._book_reply(tx, spec, outcome, now))

    def _count(self, outcome: Accepted | Rejected | Unknown, now: datetime) -> None:
        if isinstance(outcome, Accepted):
            self.errors, self.rejections = Streak(), Streak()
        elif isinstance(outcome, Rejected) and outcome.judged:
            self.errors, self.rejections = Streak(), self.rejections.one_more(outcome.reason, now)
        else:
            why = outcome.reason if isinstance(outcome, Rejected) else outcome.why
            self.errors = self.errors.one_more(why, now)

    def _book_reply(
        self,
        tx: Transaction,
        spec: OrderSpec,
        outcome: Accepted | Rejected | Unknown,
        now: datetime,
    ) -> None:
        """A reconciliation may have learned more than the reply says; then it stands."""
        order = read_order(tx, spec.client_order_id)
        log = self._desk.store.log
        if order is None:  # refused before its intent was recorded: there was no connection
            body = {**_shown(spec), "why": str(outcome)}
            log.append(
                tx, desk=spec.desk, kind="order_not_sent", actor="trader", now=now, body=body
            )
            return
        if order.state not in (OrderState.RESERVED, OrderState.UNKNOWN):
            return
        if isinstance(outcome, Accepted):
            to, detail, order_id = OrderState.WORKING, "", outcome.order_id
        elif isinstance(outcome, Rejected):
            to, detail, order_id = OrderState.REJECTED, outcome.reason, None
        else:
            to, detail, order_id = OrderState.UNKNOWN, outcome.why, None
        move(tx, log, spec.client_order_id, to, now, order_id=order_id, detail=detail)

    def _not_sent(self, spec: OrderSpec, refused: NotSent, now: datetime) -> None:
        if refused.intent is None:
            name = refused.refused.reason.name
            self._tell_refusal(spec, name, refused.refused.detail, now)
            return
        self._desk.write(
            lambda tx: move(
                tx,
                self._desk.store.log,
                spec.client_order_id,
                OrderState.REFUSED,
                now,
                detail=str(refused),
            )
        )

    def _tell_refusal(self, spec: OrderSpec, reason: str, detail: str, now: datetime) -> None:
        """On record once, until the reason for this product and kind changes: bars come every second."""
        key = (spec.product_id, spec.kind)
        if self._told.get(key) == reason:
            return
        self._told[key] = reason
        self._desk.note("order_refused", now, **_shown(spec), refused=reason, detail=detail)


def _shown(spec: OrderSpec) -> dict[str, str]:
    return {
        "client_order_id": spec.client_order_id,
        "product": spec.product_id,
        "kind": spec.kind,
        "side": spec.side,
        "contracts": str(spec.contracts),
        "limit_price": str(spec.limit_price),
    }
