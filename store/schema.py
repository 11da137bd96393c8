"""The tables. Money is exact text, times are microseconds of UTC, sizes are whole contracts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    bindparam,
    text,
)

from core.orders import LIVE
from core.requests import OPEN_STATES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


class MoneyIsNotANumberInSQL(TypeError):
    """Money lies in the store as text; sums and comparisons belong in Decimal, in Python."""


class Money(TypeDecorator[Decimal]):
    """A Decimal kept as text. SQL arithmetic and comparison are refused, they would be text's."""

    impl = Text
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[Decimal]):
        """Only IS NULL and assignment make sense on money in SQL."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if getattr(op, "__name__", "") in {"is_", "is_not"}:
                return super().operate(op, *other, **kwargs)
            raise MoneyIsNotANumberInSQL(f"{getattr(op, '__name__', op)} on a money column")

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            raise MoneyIsNotANumberInSQL(f"{getattr(op, '__name__', op)} on a money column")

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"money must be a finite Decimal, not {value!r}")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        if value is not None and not isinstance(value, str):
            raise MoneyIsNotANumberInSQL(f"SQL made {value!r} of money; sum it up in Decimal")
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time kept as integer microseconds since 1970."""

    impl = BigInteger().with_variant(Integer(), "sqlite")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_us(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: Column[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column IN (…)` with the values written out: a partial index is not found by parameters."""
    return column.in_(
        bindparam(None, sorted(values), expanding=True, literal_execute=True, type_=Text())
    )


def _written(column: str, values: Iterable[str]) -> TextClause:
    """`column IN (…)` letter for letter as `one_of` writes it: else the index is not found."""
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return text(f"{column} IN ({listed})")


def _table(name: str, *items: Any) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True)


def _text(name: str, **kwargs: Any) -> Column[str]:
    return Column(name, Text, nullable=kwargs.pop("nullable", False), **kwargs)


def _integer(name: str, **kwargs: Any) -> Column[int]:
    return Column(name, Integer, nullable=kwargs.pop("nullable", False), **kwargs)


def _money(name: str, **kwargs: Any) -> Column[Decimal]:
    return Column(name, Money, nullable=kwargs.pop("nullable", False), **kwargs)


def _moment(name: str, **kwargs: Any) -> Column[datetime]:
    return Column(name, Moment, nullable=kwargs.pop("nullable", False), **kwargs)


migrations = _table(
    "migrations", _integer("number", primary_key=True), _text("name"), _moment("at")
)

control = _table(
    "control",
    _text("desk", primary_key=True),
    _integer("mode"),
    _integer("effective"),
    _integer("epoch"),
    _text("reason"),
    _text("actor"),
    _moment("at"),
)
"""What people set, and beside it the strictest of that and the constraints: one row for the gate."""

constraints = _table(
    "constraints",
    _text("desk", primary_key=True),
    _text("rule", primary_key=True),
    _text("reason"),
    _moment("since"),
)

events = _table(
    "events",
    _text("desk", primary_key=True),
    _integer("seq", primary_key=True),
    _moment("at"),
    _text("kind"),
    _text("actor"),
    _text("body"),
    _text("mac"),
    Index("ix_events_at", "desk", "at"),
)

commands = _table(
    "commands",
    _text("id", primary_key=True),
    _text("desk"),
    _text("verb"),
    _text("body"),
    _text("actor"),
    _moment("at"),
    _text("outcome", nullable=True),
    Index("ix_commands_waiting", "desk", "at", sqlite_where=text("outcome IS NULL")),
)
"""Everything asked for, by id: a retry finds its row. The trader takes up those without outcome."""

requests = _table(
    "requests",
    _text("id", primary_key=True),
    _text("desk"),
    _text("action"),
    _text("state"),
    _text("reason"),
    _text("requester"),
    _moment("asked_at"),
    _moment("expires_at"),
    _text("decided_by", nullable=True),
    _moment("decided_at", nullable=True),
    _moment("execute_before", nullable=True),
    _text("outcome"),
    _text("body", server_default=text("'{}'")),
    _text("seen", server_default=text("'{}'")),
    Index("ix_requests_open", "desk", sqlite_where=_written("state", OPEN_STATES)),
    Index("ix_requests_asked_at", "asked_at"),
)

used_codes = _table(
    "used_codes",
    _text("person", primary_key=True),
    _integer("step"),
)
"""The last one-time code each person has used: a code works once."""

heartbeats = _table(
    "heartbeats",
    _text("desk", primary_key=True),
    _text("process", primary_key=True),
    _integer("pid"),
    _text("detail"),
    _moment("at"),
)

slack_posts = _table(
    "slack_posts",
    _text("key", primary_key=True),
    _text("desk"),
    _text("channel"),
    _text("ts", nullable=True),
    _text("shown"),
    _integer("final"),
    _moment("claimed_at"),
    Index("ix_slack_posts_unfinished", "desk", sqlite_where=text("final = 0")),
)
"""Messages of ours in Slack, claimed before they are sent: without `ts` the reply is outstanding.
`shown` is a digest of what stands there; a final one is edited no more."""

limits_in_force = _table(
    "limits_in_force",
    _text("desk", primary_key=True),
    _text("profile"),
    _text("limits"),
    _moment("at"),
)
"""What the trader that started last may do at most: name and value of every limit, as JSON text."""

products = _table(
    "products",
    _text("desk", primary_key=True),
    _text("product_id", primary_key=True),
    _text("name"),
    _text("underlying"),
    _money("contract_size"),
    _money("price_increment"),
    _integer("min_contracts"),
    _integer("max_contracts"),
    _integer("session_open"),
    _integer("trading_disabled"),
    _integer("cancel_only"),
    _integer("post_only"),
    _integer("view_only"),
    _money("funding_rate", nullable=True),
    _moment("funding_time", nullable=True),
    _money("long_margin_rate"),
    _money("short_margin_rate"),
)

orders = _table(
    "orders",
    _text("client_order_id", primary_key=True),
    _text("desk"),
    _text("product_id"),
    _text("kind"),
    _text("side"),
    _integer("contracts"),
    _text("order_type"),
    _money("limit_price"),
    _money("stop_price", nullable=True),
    _moment("end_time", nullable=True),
    _text("reason"),
    _text("state"),
    _integer("epoch"),
    _text("order_id", nullable=True),
    _integer("filled"),
    _text("detail"),
    _moment("created_at"),
    _moment("updated_at"),
    _money("mark_price", nullable=True),
    Index("ix_orders_live", "desk", "state", "created_at", sqlite_where=_written("state", LIVE)),
    Index("ix_orders_order_id", "order_id"),
    Index("ix_orders_created_at", "desk", "created_at"),
    Index("ix_orders_updated_at", "desk", "updated_at"),
)
"""Durable intents and what became of them. `filled` counts only contracts whose fills are booked."""

fills = _table(
    "fills",
    _text("desk", primary_key=True),
    _text("entry_id", primary_key=True),
    _text("order_id"),
    _text("client_order_id", nullable=True),
    _text("product_id"),
    _text("side"),
    _integer("contracts"),
    _money("price"),
    _money("fee"),
    _integer("maker"),
    _moment("at"),
    Index("ix_fills_at", "desk", "at"),
)

positions = _table(
    "positions",
    _text("desk", primary_key=True),
    _text("product_id", primary_key=True),
    _money("contract_size"),
    _integer("contracts"),
    _money("cost"),
    _money("realised_usd"),
    _money("fees_usd"),
    _money("funding_usd"),
)

exchange_positions = _table(
    "exchange_positions",
    _text("desk", primary_key=True),
    _text("product_id", primary_key=True),
    _integer("contracts"),
    _money("average_price"),
    _moment("at"),
)
"""What the exchange says is held, as last read: a flatten is sized from it."""

funding = _table(
    "funding",
    _text("desk", primary_key=True),
    _text("product_id", primary_key=True),
    _moment("at", primary_key=True),
    _integer("contracts"),
    _money("price"),
    _money("rate"),
    _money("amount_usd"),
)

marks = _table(
    "marks",
    _text("desk", primary_key=True),
    _text("product_id", primary_key=True),
    _money("price"),
    _money("bid"),
    _money("ask"),
    _text("source"),
    _moment("at"),
)

accounts = _table(
    "accounts",
    _text("desk", primary_key=True),
    _money("cash_usd"),
    _money("unrealised_usd"),
    _money("initial_margin_usd"),
    _money("available_margin_usd"),
    _text("liquidation_buffer_pct"),
    _moment("at"),
    _money("funding_usd", server_default=text("'0'")),
    _money("pending_usd", server_default=text("'0'")),
)
"""The exchange's own figures, as last read."""

books = _table(
    "books",
    _text("desk", primary_key=True),
    _money("opening_cash_usd"),
    _money("transfers_usd"),
    _money("high_water_usd"),
    _moment("opened_at"),
    _money("accepted_usd", server_default=text("'0'")),
)
"""Where our ledger of the account began, and the highest equity it has reached. `accepted_usd` are the
differences of cash that two people accepted."""

days = _table(
    "days",
    _text("desk", primary_key=True),
    _text("day", primary_key=True),
    _money("opening_cash_usd"),
    _money("transfers_usd"),
    _money("realised_usd"),
    _money("unrealised_usd"),
    _money("funding_usd"),
    _money("fees_usd"),
    _money("peak_equity_usd"),
    _money("equity_usd"),
    _moment("at"),
    _money("accepted_usd", server_default=text("'0'")),
)
"""Each UTC day: the books' totals at its opening, and its highest and latest equity, net of the
day's transfers."""

transfers = _table(
    "transfers",
    _text("desk", primary_key=True),
    _text("id", primary_key=True),
    _text("kind"),
    _money("amount_usd"),
    _integer("counted"),
    _moment("at"),
)
"""What the account's dollar wallet lists, once each. Not counted: what the opening cash contains."""

reconciliations = _table(
    "reconciliations",
    _text("desk", primary_key=True),
    _moment("looked_at"),
    _integer("clean"),
    _moment("since"),
)
"""What the last good look found: clean or not, and since when it is so."""

discrepancies = _table(
    "discrepancies",
    _text("desk", primary_key=True),
    _text("id", primary_key=True),
    _text("what"),
    _text("product_id", nullable=True),
    _text("says"),
    _text("explanation"),
    _text("figures"),
    _moment("since"),
)
"""What the exchange has and our books do not explain. A foreign execution stays until it is accepted."""

accepted = _table(
    "accepted",
    _text("desk", primary_key=True),
    _integer("seq", primary_key=True),
    _text("discrepancy"),
    _text("what"),
    _text("product_id", nullable=True),
    _text("says"),
    _integer("contracts"),
    _money("cost_usd"),
    _money("cash_usd"),
    _text("actor"),
    _text("reason"),
    _moment("at"),
)
"""What two people accepted, and by how much it changed positions, their cost and the books' cash."""

reads = _table(
    "reads",
    _text("desk", primary_key=True),
    _text("what", primary_key=True),
    _moment("ok_at", nullable=True),
    _moment("failed_at", nullable=True),
    _text("error"),
)
"""When each kind of read of the exchange last succeeded and last failed: unknown is not flat."""

flatten_jobs = _table(
    "flatten_jobs",
    _text("id", primary_key=True),
    _text("desk"),
    _text("state"),
    _text("reason"),
    _text("actor"),
    _moment("asked_at"),
    _moment("taken_at", nullable=True),
    _moment("ended_at", nullable=True),
    _text("outcome"),
    _text("product_ids", server_default=text("''")),
    Index("ix_flatten_jobs_open", "desk", sqlite_where=text("ended_at IS NULL")),
)

"""`product_ids`, separated by blanks, are the positions that are meant; none of them means all."""

flatten_legs = _table(
    "flatten_legs",
    _text("job_id", primary_key=True),
    _text("product_id", primary_key=True),
    _text("state"),
    _integer("contracts"),
    _integer("attempt"),
    _text("detail"),
    _moment("updated_at"),
    _money("mark_price", nullable=True),
    ForeignKeyConstraint(["job_id"], ["flatten_jobs.id"]),
)

approved = _table(
    "approved",
    _text("what", primary_key=True),
    _text("body"),
    _text("approved_by"),
    _moment("at"),
)
"""What two people have approved and no file may loosen: who may do what, and each desk's limits."""

refused_attempts = _table(
    "refused_attempts",
    _text("voice", primary_key=True),
    _integer("attempts"),
    _moment("since"),
    _integer("told"),
)
"""Each voice's refused attempts in a row, and whether that was told."""

wrong_codes = _table(
    "wrong_codes",
    _text("person", primary_key=True),
    _integer("in_a_row"),
    _moment("locked_until"),
)
"""Wrong one-time codes given for a person since the last right one."""

margin_windows = _table(
    "margin_windows",
    _text("desk", primary_key=True),
    _integer("intraday"),
    _moment("ends_at"),
    _moment("at"),
)
"""Until when the intraday margin applies."""

danger_steps = _table(
    "danger_steps",
    _text("desk", primary_key=True),
    _text("rule", primary_key=True),
    _text("symbol", primary_key=True),
    _integer("level"),
    _text("text"),
    _moment("at"),
)
"""Which figures are on their way to a limit, and how far: what a restart goes on from."""
