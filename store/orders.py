"""Order intents and what becomes of them. An intent is inserted in the transaction that judges it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from core.exposure import Reservation
from core.gate import FORBIDDEN, GateRefusal, Intent, Refused
from core.limits import Limits
from core.orders import (
    ADOPTED,
    LIVE,
    Kind,
    Order,
    OrderSpec,
    OrderState,
    OrderType,
    Side,
    advance,
)
from core.positions import Position
from core.risk import CheckedOrder, RiskRefused, RiskView, check
from store.books_schema import fills, orders
from store.columns import one_of
from store.control import read_row
from store.events import EventLog
from store.ledger import day_loss, read_positions
from store.observations import read_account, read_held_there, read_marks, read_product
from store.risk_inputs import Others, book_of, others_of

# Built once: making a statement anew costs more than running it, and the loop runs these all day.
# No ORDER BY: it would draw the planner away from the index of the few live ones.
_LIVE = select(orders).where(orders.c.desk == bindparam("desk"), one_of(orders.c.state, LIVE))
_RECENT = (
    select(func.count())
    .select_from(orders)
    .where(
        orders.c.desk == bindparam("desk"),
        orders.c.created_at > bindparam("since"),
        orders.c.kind == Kind.ENTRY,
    )
)
_INSERT = insert(orders)
_ONE = select(orders).where(orders.c.client_order_id == bindparam("id"))

RATE_WINDOW = timedelta(minutes=1)


def risk_view(connection: Connection, spec: OrderSpec, limits: Limits, now: datetime) -> RiskView:
    """Everything one risk decision needs, as the store has it at this instant."""
    desk = spec.desk
    account = read_account(connection, desk)
    positions = read_positions(connection, desk)
    held = {position.product_id: position for position in positions}
    marks, working = read_marks(connection, desk), reservations(connection, desk)
    others = others_of(connection, desk, held, working, marks, spec.product_id, limits, now)
    return RiskView(
        limits=limits,
        product=read_product(connection, desk, spec.product_id),
        mark=marks.get(spec.product_id),
        position=_position(connection, spec, held),
        live=working.get(spec.product_id, []),
        other_notional_usd=others.gross_usd if others is not None else None,
        equity_usd=account.equity_usd if account else None,
        day_loss_usd=day_loss(connection, desk, now),
        orders_last_minute=_recent_entries(connection, desk, now),
        id_taken=read_order(connection, spec.client_order_id) is not None,
        now=now,
        book=book_of(connection, spec, others or Others(), positions, marks, account, limits, now),
    )


def record_intent(
    tx: Connection, checked: CheckedOrder, limits: Limits, now: datetime
) -> Intent | RiskRefused | Refused:
    """Judge once more against everything that works now, and make the order durable if it passes."""
    spec = checked.spec
    row = read_row(tx, spec.desk)
    if spec.kind in FORBIDDEN[row.mode]:
        return Refused(GateRefusal.MODE_FORBIDS, f"{spec.kind} while the desk is {row.mode.name}")
    view = risk_view(tx, spec, limits, now)
    verdict = check(spec, view)
    if isinstance(verdict, RiskRefused):
        return verdict
    values = {
        "client_order_id": spec.client_order_id,
        "desk": spec.desk,
        "product_id": spec.product_id,
        "kind": spec.kind,
        "side": spec.side,
        "contracts": spec.contracts,
        "order_type": spec.order_type,
        "limit_price": spec.limit_price,
        "stop_price": spec.stop_price,
        "end_time": spec.end_time,
        "reason": spec.reason,
        "state": OrderState.RESERVED,
        "epoch": row.epoch,
        "filled": 0,
        "detail": "",
        "created_at": now,
        "updated_at": now,
        "mark_price": view.mark.price if view.mark else None,
    }
    tx.execute(_INSERT, values)
    return Intent(spec, row.epoch)


def adopt_order(
    tx: Connection,
    log: EventLog,
    desk: str,
    product_id: str,
    figures: Mapping[str, str],
    actor: str,
    now: datetime,
) -> None:
    """Track an order that somebody placed elsewhere as one that adds risk: a tightening cancels it."""
    id, order_id = f"{ADOPTED}{figures['order_id']}", figures["order_id"]
    filled = _take_fills(tx, desk, order_id, id)
    stop = figures.get("stop_price")
    values = {
        "client_order_id": id,
        "desk": desk,
        "product_id": product_id,
        "kind": Kind.ENTRY,
        "side": Side(figures["side"]),
        "contracts": int(figures["contracts"]),
        "order_type": OrderType.STOP_LIMIT if stop else OrderType.LIMIT_GTD,
        "limit_price": Decimal(figures["limit_price"]),
        "stop_price": Decimal(stop) if stop else None,
        "end_time": None,
        "reason": "adopted: placed by another hand",
        "state": OrderState.WORKING,
        "epoch": read_row(tx, desk).epoch,
        "order_id": order_id,
        "filled": filled,
        "detail": "",
        "created_at": now,
        "updated_at": now,
    }
    tx.execute(_INSERT, values)
    body = {"client_order_id": id, **figures}
    log.append(tx, desk=desk, kind="order_adopted", actor=actor, now=now, body=body)


def come_back(tx: Connection, order: Order, order_id: str) -> int:
    """An order given up as absent has this id there: it gets what was booked as a foreign hand's."""
    id = order.spec.client_order_id
    filled = _take_fills(tx, order.spec.desk, order_id, id)
    tx.execute(_this(id).values(order_id=order_id, filled=filled))
    return filled


def _take_fills(tx: Connection, desk: str, order_id: str, client_order_id: str) -> int:
    """What is booked of this order at the exchange is our order's; how many contracts that is."""
    theirs = (fills.c.desk == desk, fills.c.order_id == order_id)
    tx.execute(update(fills).where(*theirs).values(client_order_id=client_order_id))
    return tx.scalar(select(func.sum(fills.c.contracts)).where(*theirs)) or 0


def move(
    tx: Connection,
    log: EventLog,
    client_order_id: str,
    to: OrderState,
    now: datetime,
    *,
    order_id: str | None = None,
    reported_filled: int | None = None,
    detail: str = "",
) -> Order:
    """Advance an order and record it. An end waits until every reported fill is booked.

    Raises IllegalMove; an unknown id raises KeyError.
    """
    order = read_order(tx, client_order_id)
    if order is None:
        raise KeyError(client_order_id)
    if reported_filled is not None and order.filled < reported_filled and to not in LIVE:
        to = order.state
    if order_id is not None and order.order_id is None:
        tx.execute(_this(client_order_id).values(order_id=order_id))
    if advance(order.state, to) is not order.state:
        tx.execute(_this(client_order_id).values(state=to, detail=detail, updated_at=now))
        log.append(
            tx,
            desk=order.spec.desk,
            kind=f"order_{to}",
            actor="trader",
            now=now,
            body=_told(order, order_id, detail),
        )
    moved = read_order(tx, client_order_id)
    assert moved is not None
    return moved


def _told(order: Order, order_id: str | None, detail: str) -> dict[str, Any]:
    spec = order.spec
    return {
        "client_order_id": spec.client_order_id,
        "order_id": order_id or order.order_id,
        "product": spec.product_id,
        "kind": spec.kind,
        "side": spec.side,
        "contracts": spec.contracts,
        "limit_price": str(spec.limit_price),
        "detail": detail,
    }


def _this(client_order_id: str) -> Any:
    return update(orders).where(orders.c.client_order_id == client_order_id)


def read_order(connection: Connection, client_order_id: str) -> Order | None:
    row = connection.execute(_ONE, {"id": client_order_id}).first()
    return order_of(row) if row else None


def order_by_exchange_id(connection: Connection, order_id: str) -> Order | None:
    row = connection.execute(select(orders).where(orders.c.order_id == order_id)).first()
    return order_of(row) if row else None


def live_orders(connection: Connection, desk: str, product_id: str | None = None) -> list[Order]:
    """Orders that may still fill, oldest first."""
    found = [order_of(row) for row in connection.execute(_LIVE, {"desk": desk})]
    wanted = [o for o in found if product_id is None or o.spec.product_id == product_id]
    return sorted(wanted, key=lambda order: order.created_at)


def latest_orders(connection: Connection, desk: str, limit: int) -> list[Order]:
    """The newest orders, newest first."""
    query = select(orders).where(orders.c.desk == desk)
    rows = connection.execute(query.order_by(orders.c.created_at.desc()).limit(limit))
    return [order_of(row) for row in rows]


def orders_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[Order]:
    """Those that were sent or that changed between these instants, oldest first."""
    sent = and_(orders.c.created_at >= since, orders.c.created_at <= until)
    changed = and_(orders.c.updated_at >= since, orders.c.updated_at <= until)
    rows = connection.execute(
        select(orders)
        .where(orders.c.desk == desk, or_(sent, changed))
        .order_by(orders.c.created_at)
    )
    return [order_of(row) for row in rows]


def _position(connection: Connection, spec: OrderSpec, held: Mapping[str, Position]) -> int:
    """A flatten is judged by what the exchange says is held, everything else by our books."""
    if spec.kind is Kind.FLATTEN:
        there = read_held_there(connection, spec.desk).get(spec.product_id)
        return there.contracts if there else 0
    ours = held.get(spec.product_id)
    return ours.contracts if ours else 0


def reservations(connection: Connection, desk: str) -> dict[str, list[Reservation]]:
    """What live orders may still fill, by product."""
    found: dict[str, list[Reservation]] = {}
    for order in live_orders(connection, desk):
        if order.left > 0:
            left = Reservation(order.spec.side, order.left)
            found.setdefault(order.spec.product_id, []).append(left)
    return found


def _recent_entries(connection: Connection, desk: str, now: datetime) -> int:
    return connection.scalar(_RECENT, {"desk": desk, "since": now - RATE_WINDOW}) or 0


def order_of(row: Row[Any]) -> Order:
    spec = OrderSpec(
        client_order_id=row.client_order_id,
        desk=row.desk,
        product_id=row.product_id,
        kind=Kind(row.kind),
        side=Side(row.side),
        contracts=row.contracts,
        order_type=OrderType(row.order_type),
        limit_price=row.limit_price,
        stop_price=row.stop_price,
        end_time=row.end_time,
        reason=row.reason,
    )
    return Order(
        spec=spec,
        state=OrderState(row.state),
        epoch=row.epoch,
        order_id=row.order_id,
        filled=row.filled,
        created_at=row.created_at,
        updated_at=row.updated_at,
        detail=row.detail,
    )
