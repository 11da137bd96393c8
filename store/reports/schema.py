"""The tables of reports: equity and marks over time, and incidents."""

from sqlalchemy import Column, Index, Integer, Table, Text, text

from store.columns import Moment, Money, metadata

equity_samples = Table(
    "equity_samples",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("opening_cash_usd", Money, nullable=False),
    Column("transfers_usd", Money, nullable=False),
    Column("realised_usd", Money, nullable=False),
    Column("unrealised_usd", Money, nullable=False),
    Column("funding_usd", Money, nullable=False),
    Column("fees_usd", Money, nullable=False),
    Column("accepted_usd", Money, nullable=False),
    Column("oldest_mark_at", Moment),
    sqlite_strict=True,
)
"""Our books once a minute. `oldest_mark_at`: of the marks that an open position was valued at."""

mark_samples = Table(
    "mark_samples",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("price", Money, nullable=False),
    Column("contracts", Integer, nullable=False),
    Column("realised_usd", Money, nullable=False),
    Column("unrealised_usd", Money, nullable=False),
    Column("funding_usd", Money, nullable=False),
    Column("fees_usd", Money, nullable=False),
    sqlite_strict=True,
)
"""Each mark once a minute, what the desk held of it then, and what that had made since the books opened."""

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("assignee", Text),
    Column("closed_by", Text),
    Column("closed_at", Moment),
    Column("published_at", Moment),
    Index("ix_incidents_open", "desk", sqlite_where=text("state = 'open'")),
    sqlite_strict=True,
)
"""What people say happened; its notes are events."""

digests = Table(
    "digests",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("posting", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("posted_at", Moment),
    sqlite_strict=True,
)
"""What was decided about each local day: whoever inserts its row first posts it, nobody else."""
