"""The tables of alerts. Messages that wait to be sent have their own, in outbox_schema."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from store.columns import Moment, metadata

alert_facts = Table(
    "alert_facts",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("level", Integer),
    Column("text", Text, nullable=False),
    Column("drill", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_alert_facts_urgent", "desk", "rule", "symbol", sqlite_where=text("level = 4")),
    sqlite_strict=True,
)
"""Conditions found (with a level) or gone (without), until the alerts process has settled them."""

posted_alerts = Table(
    "posted_alerts",
    metadata,
    Column("desk", Text),
    Column("rule", Text),
    Column("symbol", Text),
    Column("ends_at", Moment, nullable=False),
    PrimaryKeyConstraint("desk", "rule", "symbol"),
    Index("ix_posted_alerts_ends_at", "ends_at"),
    sqlite_strict=True,
)
"""Another system's alerts that are over at a time that it named, unless it posts them again."""

NOT_TOLD = "due IS NOT NULL AND json_extract(body, '$.turn') = 0"
"""No step of it ran so far: it may wait for others of its rule."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("peak", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("due", Moment),
    Column("version", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index(
        "ux_alerts_open",
        "desk",
        "rule",
        "symbol",
        unique=True,
        sqlite_where=text("state != 'resolved'"),
    ),
    Index("ix_alerts_identity", "desk", "rule", "symbol", "opened_at"),
    Index("ix_alerts_due", "due", sqlite_where=text("due IS NOT NULL")),
    Index("ix_alerts_first", "desk", "rule", sqlite_where=text(NOT_TOLD)),
    Index("ix_alerts_to_show", "desk", sqlite_where=text("shown = 0")),
    sqlite_strict=True,
)
"""`body` is the whole alert as core knows it; the other columns repeat what is asked for. `shown` is 0
while the alert's message has to be brought up to date."""

alert_history = Table(
    "alert_history",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("event", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("did", Text, nullable=False),
    Index("ix_alert_history_alert", "alert_id"),
    sqlite_strict=True,
)
"""Every event of an alert, what came of it, and what was done, one line each."""

alert_policies = Table(
    "alert_policies",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_strict=True,
)
"""Policies that alerts were raised under: each alert keeps its own to the end."""

alert_arrangements = Table(
    "alert_arrangements",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_strict=True,
)
"""What escalation.yaml says about alerts, as the alerts process took it; the last row is in force."""

alert_heard = Table(
    "alert_heard",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    sqlite_strict=True,
)
"""How far the record of each desk was listened to."""

alert_acts = Table(
    "alert_acts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("outcome", Text, nullable=False),
    Index("ix_alert_acts_waiting", "at", sqlite_where=text("done_at IS NULL")),
    sqlite_strict=True,
)
"""What the system does by itself: decided with the alert, carried out through the brake, once."""

alert_checklist = Table(
    "alert_checklist",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("ticked_by", Text, nullable=False),
    Column("ticked_at", Moment, nullable=False),
    sqlite_strict=True,
)
"""What people ticked off."""

silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("max_level", Integer, nullable=False),
    Index("ix_silences_ends", "ends"),
    sqlite_strict=True,
)
"""Silences and maintenance windows that people set. Ended early, `ends` is when."""

overrides = Table(
    "overrides",
    metadata,
    Column("command", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("duty", Text, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("person", Text),
    Column("instead_of", Text),
    PrimaryKeyConstraint("command", "part", name="pk_overrides"),
    Index("ix_overrides_ends", "ends"),
    sqlite_strict=True,
)
"""Changes to who is on call, in the parts of the command that made them."""

on_duty = Table(
    "on_duty",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("people", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_strict=True,
)
"""Everybody on duty, a row for each change that was noticed: JSON names."""
