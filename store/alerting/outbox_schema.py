"""The tables of messages that wait to be sent, of those that were, and of phones that want none."""

from sqlalchemy import Column, Index, Integer, Table, Text, text

from store.columns import Moment, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("alert_id", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("late_s", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("sending_at", Moment),
    Column("unknown", Integer, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text, nullable=False),
    Column("receipt", Text, nullable=False, server_default=text("''")),
    Column("rule", Text, nullable=False, server_default=text("''")),
    Index("ix_outbox_waiting", text("level DESC"), "since", sqlite_where=text("ended_at IS NULL")),
    Index("ix_outbox_to", "person", "by", "rule", "due", sqlite_where=text("ended_at IS NULL")),
    Index("ix_outbox_alert", "alert_id"),
    Index("ix_outbox_provider", "provider_id", sqlite_where=text("provider_id != ''")),
    Index("ix_outbox_message", "message", sqlite_where=text("message != ''")),
    Index("ix_outbox_ended", "ended_at", sqlite_where=text("outcome = 'sent'")),
    sqlite_strict=True,
)
"""One row for each thing to tell somebody. `message` is the key of what was sent, which may tell of
several; `sending_at` is set while an attempt is under way, `unknown` when nobody knows how one ended,
`receipt` what the provider reported of it later, `rule` the alert's: messages of one rule go together."""

stopped_contacts = Table(
    "stopped_contacts",
    metadata,
    Column("address", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_strict=True,
)
"""Numbers that answered STOP: nothing is sent there before they answer START."""
