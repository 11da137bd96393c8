"""How much of an alert's history its thread in Slack tells already."""

from collections.abc import Sequence

from sqlalchemy import Connection, literal, or_, select

from store.alerting.schema import alerts
from store.schema import slack_posts


def last_told(connection: Connection, alert_id: str) -> int:
    """The last line that a reply tells of; 0 when there is none."""
    prefix = f"alert:{alert_id}/"
    rows = connection.scalars(
        select(slack_posts.c.shown).where(
            slack_posts.c.key >= prefix,
            slack_posts.c.key < f"alert:{alert_id}0",  # the sign after the slash
            slack_posts.c.ts.is_not(None),
        )
    )
    return max((int(shown) for shown in rows if shown), default=0)


def stands(connection: Connection, alert_ids: Sequence[str]) -> bool:
    """Whether the channel tells of all these alerts, each in its own message or counted in a storm's."""
    told = connection.scalars(
        select(alerts.c.id)
        .outerjoin(slack_posts, slack_posts.c.key == literal("alert:") + alerts.c.id)
        .where(
            alerts.c.id.in_(alert_ids),
            or_(slack_posts.c.ts.is_not(None), alerts.c.shown == 1),
        )
    )
    return set(told) >= set(alert_ids)
