"""The tables of products, orders and books, and of what the exchange says of them."""

from sqlalchemy import ForeignKeyConstraint, Index, text

from core.orders import LIVE
from store.columns import integer, moment, money, table, text_column, written

products = table(
    "products",
    text_column("desk", primary_key=True),
    text_column("product_id", primary_key=True),
    text_column("name"),
    text_column("underlying"),
    money("contract_size"),
    money("price_increment"),
    integer("min_contracts"),
    integer("max_contracts"),
    integer("session_open"),
    integer("trading_disabled"),
    integer("cancel_only"),
    integer("post_only"),
    integer("view_only"),
    money("funding_rate", nullable=True),
    moment("funding_time", nullable=True),
    money("long_margin_rate"),
    money("short_margin_rate"),
)

orders = table(
    "orders",
    text_column("client_order_id", primary_key=True),
    text_column("desk"),
    text_column("product_id"),
    text_column("kind"),
    text_column("side"),
    integer("contracts"),
    text_column("order_type"),
    money("limit_price"),
    money("stop_price", nullable=True),
    moment("end_time", nullable=True),
    text_column("reason"),
    text_column("state"),
    integer("epoch"),
    text_column("order_id", nullable=True),
    integer("filled"),
    text_column("detail"),
    moment("created_at"),
    moment("updated_at"),
    money("mark_price", nullable=True),
    Index("ix_orders_live", "desk", "state", "created_at", sqlite_where=written("state", LIVE)),
    Index("ix_orders_order_id", "order_id"),
    Index("ix_orders_created_at", "desk", "created_at"),
    Index("ix_orders_updated_at", "desk", "updated_at"),
)
"""Durable intents and what became of them. `filled` counts only contracts whose fills are booked."""

fills = table(
    "fills",
    text_column("desk", primary_key=True),
    text_column("entry_id", primary_key=True),
    text_column("order_id"),
    text_column("client_order_id", nullable=True),
    text_column("product_id"),
    text_column("side"),
    integer("contracts"),
    money("price"),
    money("fee"),
    integer("maker"),
    moment("at"),
    Index("ix_fills_at", "desk", "at"),
)

positions = table(
    "positions",
    text_column("desk", primary_key=True),
    text_column("product_id", primary_key=True),
    money("contract_size"),
    integer("contracts"),
    money("cost"),
    money("realised_usd"),
    money("fees_usd"),
    money("funding_usd"),
)

exchange_positions = table(
    "exchange_positions",
    text_column("desk", primary_key=True),
    text_column("product_id", primary_key=True),
    integer("contracts"),
    money("average_price"),
    moment("at"),
)
"""What the exchange says is held, as last read: a flatten is sized from it."""

funding = table(
    "funding",
    text_column("desk", primary_key=True),
    text_column("product_id", primary_key=True),
    moment("at", primary_key=True),
    integer("contracts"),
    money("price"),
    money("rate"),
    money("amount_usd"),
)

marks = table(
    "marks",
    text_column("desk", primary_key=True),
    text_column("product_id", primary_key=True),
    money("price"),
    money("bid"),
    money("ask"),
    text_column("source"),
    moment("at"),
)

accounts = table(
    "accounts",
    text_column("desk", primary_key=True),
    money("cash_usd"),
    money("unrealised_usd"),
    money("initial_margin_usd"),
    money("available_margin_usd"),
    text_column("liquidation_buffer_pct"),
    moment("at"),
    money("funding_usd", server_default=text("'0'")),
    money("pending_usd", server_default=text("'0'")),
)
"""The exchange's own figures, as last read."""

books = table(
    "books",
    text_column("desk", primary_key=True),
    money("opening_cash_usd"),
    money("transfers_usd"),
    money("high_water_usd"),
    moment("opened_at"),
    money("accepted_usd", server_default=text("'0'")),
)
"""Where our ledger of the account began, and the highest equity it has reached. `accepted_usd` are the
differences of cash that two people accepted."""

days = table(
    "days",
    text_column("desk", primary_key=True),
    text_column("day", primary_key=True),
    money("opening_cash_usd"),
    money("transfers_usd"),
    money("realised_usd"),
    money("unrealised_usd"),
    money("funding_usd"),
    money("fees_usd"),
    money("peak_equity_usd"),
    money("equity_usd"),
    moment("at"),
    money("accepted_usd", server_default=text("'0'")),
)
"""Each UTC day: the books' totals at its opening, and its highest and latest equity, net of the
day's transfers."""

transfers = table(
    "transfers",
    text_column("desk", primary_key=True),
    text_column("id", primary_key=True),
    text_column("kind"),
    money("amount_usd"),
    integer("counted"),
    moment("at"),
)
"""What the account's dollar wallet lists, once each. Not counted: what the opening cash contains."""

reconciliations = table(
    "reconciliations",
    text_column("desk", primary_key=True),
    moment("looked_at"),
    integer("clean"),
    moment("since"),
)
"""What the last good look found: clean or not, and since when it is so."""

discrepancies = table(
    "discrepancies",
    text_column("desk", primary_key=True),
    text_column("id", primary_key=True),
    text_column("what"),
    text_column("product_id", nullable=True),
    text_column("says"),
    text_column("explanation"),
    text_column("figures"),
    moment("since"),
)
"""What the exchange has and our books do not explain. A foreign execution stays until it is accepted."""

accepted = table(
    "accepted",
    text_column("desk", primary_key=True),
    integer("seq", primary_key=True),
    text_column("discrepancy"),
    text_column("what"),
    text_column("product_id", nullable=True),
    text_column("says"),
    integer("contracts"),
    money("cost_usd"),
    money("cash_usd"),
    text_column("actor"),
    text_column("reason"),
    moment("at"),
)
"""What two people accepted, and by how much it changed positions, their cost and the books' cash."""

reads = table(
    "reads",
    text_column("desk", primary_key=True),
    text_column("what", primary_key=True),
    moment("ok_at", nullable=True),
    moment("failed_at", nullable=True),
    text_column("error"),
)
"""When each kind of read of the exchange last succeeded and last failed: unknown is not flat."""

flatten_jobs = table(
    "flatten_jobs",
    text_column("id", primary_key=True),
    text_column("desk"),
    text_column("state"),
    text_column("reason"),
    text_column("actor"),
    moment("asked_at"),
    moment("taken_at", nullable=True),
    moment("ended_at", nullable=True),
    text_column("outcome"),
    text_column("product_ids", server_default=text("''")),
    Index("ix_flatten_jobs_open", "desk", sqlite_where=text("ended_at IS NULL")),
)

"""`product_ids`, separated by blanks, are the positions that are meant; none of them means all."""

flatten_legs = table(
    "flatten_legs",
    text_column("job_id", primary_key=True),
    text_column("product_id", primary_key=True),
    text_column("state"),
    integer("contracts"),
    integer("attempt"),
    text_column("detail"),
    moment("updated_at"),
    money("mark_price", nullable=True),
    ForeignKeyConstraint(["job_id"], ["flatten_jobs.id"]),
)

margin_windows = table(
    "margin_windows",
    text_column("desk", primary_key=True),
    integer("intraday"),
    moment("ends_at"),
    moment("at"),
)
"""Until when the intraday margin applies."""
