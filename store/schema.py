"""The tables of what people set and ask for, and of who did what."""

from sqlalchemy import Index, text

from core.requests import OPEN_STATES
from store.columns import integer, moment, money, table, text_column, written

migrations = table(
    "migrations", integer("number", primary_key=True), text_column("name"), moment("at")
)

control = table(
    "control",
    text_column("desk", primary_key=True),
    integer("mode"),
    integer("effective"),
    integer("epoch"),
    text_column("reason"),
    text_column("actor"),
    moment("at"),
)
"""What people set, and beside it the strictest of that and the constraints: one row for the gate."""

constraints = table(
    "constraints",
    text_column("desk", primary_key=True),
    text_column("rule", primary_key=True),
    text_column("reason"),
    moment("since"),
)

events = table(
    "events",
    text_column("desk", primary_key=True),
    integer("seq", primary_key=True),
    moment("at"),
    text_column("kind"),
    text_column("actor"),
    text_column("body"),
    text_column("mac"),
    Index("ix_events_at", "desk", "at"),
)

commands = table(
    "commands",
    text_column("id", primary_key=True),
    text_column("desk"),
    text_column("verb"),
    text_column("body"),
    text_column("actor"),
    moment("at"),
    text_column("outcome", nullable=True),
    Index("ix_commands_waiting", "desk", "at", sqlite_where=text("outcome IS NULL")),
)
"""Everything asked for, by id: a retry finds its row. The trader takes up those without outcome."""

requests = table(
    "requests",
    text_column("id", primary_key=True),
    text_column("desk"),
    text_column("action"),
    text_column("state"),
    text_column("reason"),
    text_column("requester"),
    moment("asked_at"),
    moment("expires_at"),
    text_column("decided_by", nullable=True),
    moment("decided_at", nullable=True),
    moment("execute_before", nullable=True),
    text_column("outcome"),
    text_column("body", server_default=text("'{}'")),
    text_column("seen", server_default=text("'{}'")),
    Index("ix_requests_open", "desk", sqlite_where=written("state", OPEN_STATES)),
    Index("ix_requests_asked_at", "asked_at"),
)

used_codes = table(
    "used_codes",
    text_column("person", primary_key=True),
    integer("step"),
)
"""The last one-time code each person has used: a code works once."""

heartbeats = table(
    "heartbeats",
    text_column("desk", primary_key=True),
    text_column("process", primary_key=True),
    integer("pid"),
    text_column("detail"),
    moment("at"),
)

vitals = table(
    "vitals",
    text_column("desk", primary_key=True),
    text_column("process", primary_key=True),
    text_column("name", primary_key=True),
    text_column("symbol", primary_key=True),
    money("value"),
    moment("at"),
)
"""What a process measures of itself and nothing else in the store says, as of its last second."""

slack_posts = table(
    "slack_posts",
    text_column("key", primary_key=True),
    text_column("desk"),
    text_column("channel"),
    text_column("ts", nullable=True),
    text_column("shown"),
    integer("final"),
    moment("claimed_at"),
    Index("ix_slack_posts_unfinished", "desk", sqlite_where=text("final = 0")),
)
"""Messages of ours in Slack, claimed before they are sent: without `ts` the reply is outstanding.
`shown` is a digest of what stands there; a final one is edited no more."""

limits_in_force = table(
    "limits_in_force",
    text_column("desk", primary_key=True),
    text_column("profile"),
    text_column("limits"),
    moment("at"),
)
"""What the trader that started last may do at most: name and value of every limit, as JSON text."""

approved = table(
    "approved",
    text_column("what", primary_key=True),
    text_column("body"),
    text_column("approved_by"),
    moment("at"),
)
"""What two people have approved and no file may loosen: who may do what, and each desk's limits."""

refused_attempts = table(
    "refused_attempts",
    text_column("voice", primary_key=True),
    integer("attempts"),
    moment("since"),
    integer("told"),
)
"""Each voice's refused attempts in a row, and whether that was told."""

wrong_codes = table(
    "wrong_codes",
    text_column("person", primary_key=True),
    integer("in_a_row"),
    moment("locked_until"),
)
"""Wrong one-time codes given for a person since the last right one."""

danger_steps = table(
    "danger_steps",
    text_column("desk", primary_key=True),
    text_column("rule", primary_key=True),
    text_column("symbol", primary_key=True),
    integer("level"),
    text_column("text"),
    moment("at"),
)
"""Which figures are on their way to a limit, and how far: what a restart goes on from."""
