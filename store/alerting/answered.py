"""What an answer to a message takes: all that it asked of its reader, at the levels that they were told."""

from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from core.alerting.effects import FIRING_KINDS
from core.alerting.levels import Level
from core.oncall.contacts import Means
from store.alerting.messages import SENT
from store.alerting.outbox_schema import outbox
from store.columns import spelled

_SENT = outbox.c.outcome == spelled(SENT)
_ASKED = (
    outbox.c.person == bindparam("to"),
    # An answer may overtake our own record of the sending: then it proves that the message arrived.
    or_(_SENT, outbox.c.sending_at.is_not(None)),
    outbox.c.kind.in_(sorted(kind.value for kind in FIRING_KINDS)),
)
_BY = outbox.c.by == bindparam("means")
_LAST = (
    select(outbox.c.message)
    .where(outbox.c.alert_id == bindparam("alert"), _BY, *_ASKED)
    .order_by(_SENT.desc(), outbox.c.ended_at.desc())
    .limit(1)
)
_WITH_IT = (
    select(outbox.c.alert_id)
    .where(
        outbox.c.message == bindparam("told"),
        outbox.c.message != spelled(""),
        outbox.c.alert_id != bindparam("alert"),
        _BY,
        *_ASKED,
    )
    .distinct()
)
_HIGHEST = (
    select(outbox.c.level)
    .where(
        outbox.c.alert_id == bindparam("alert"), or_(_BY, outbox.c.person != spelled("")), *_ASKED
    )
    .order_by(_SENT.desc(), outbox.c.level.desc())
    .limit(1)
)


def told_with(connection: Connection, alert_id: str, person: str, by: Means) -> list[str]:
    """The alerts that the last message to a person by this means told of together with this one."""
    asked: dict[str, Any] = {"alert": alert_id, "to": person, "means": by.value}
    last = connection.scalar(_LAST, asked)
    if last is None:
        return [alert_id]
    return [alert_id, *connection.scalars(_WITH_IT, asked | {"told": last})]


def level_told(connection: Connection, alert_id: str, person: str, by: Means) -> Level | None:
    """The highest that a person was told of, by whatever means, or a service by this one."""
    asked = {"alert": alert_id, "to": person, "means": by.value}
    highest = connection.scalar(_HIGHEST, asked)
    return Level(highest) if highest is not None else None
