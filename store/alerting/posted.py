"""Until when another system's alerts hold: posted no more by then, they are over."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.alerting.alert import Identity
from store.alerting.facts import clear_alert
from store.alerting.schema import posted_alerts

_OF = (
    posted_alerts.c.desk == bindparam("of_desk"),
    posted_alerts.c.rule == bindparam("of_rule"),
    posted_alerts.c.symbol == bindparam("of_symbol"),
)
_FORGET = delete(posted_alerts).where(*_OF)
_KEEP = insert(posted_alerts)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=["desk", "rule", "symbol"], set_={"ends_at": _KEEP.excluded.ends_at}
)
_OVER = (
    select(posted_alerts)
    .where(posted_alerts.c.ends_at <= bindparam("now", type_=posted_alerts.c.ends_at.type))
    .limit(bindparam("most"))
)


def hold_until(tx: Connection, posted: Iterable[tuple[Identity, datetime | None]]) -> None:
    """The latest post of each counts; None: it holds until it is said to be over."""
    keep, forget = [], []
    for about, ends_at in posted:
        if ends_at is None:
            forget.append(_named(about))
        else:
            row = {"desk": about.desk, "rule": about.rule, "symbol": about.symbol}
            keep.append(row | {"ends_at": ends_at})
    if forget:
        tx.execute(_FORGET, forget)
    if keep:
        tx.execute(_KEEP, keep)


def any_over(connection: Connection, now: datetime) -> bool:
    return connection.execute(_OVER, {"now": now, "most": 1}).first() is not None


def end_posted(tx: Connection, now: datetime, most: int) -> None:
    """Clear those whose time has come."""
    over = tx.execute(_OVER, {"now": now, "most": most}).all()
    for row in over:
        clear_alert(tx, row.desk, row.rule, now, symbol=row.symbol)
    hold_until(tx, ((Identity(row.desk, row.rule, row.symbol), None) for row in over))


def _named(about: Identity) -> dict[str, str]:
    return {"of_desk": about.desk, "of_rule": about.rule, "of_symbol": about.symbol}
