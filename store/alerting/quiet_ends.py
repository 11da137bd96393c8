"""Silences that are about to end: their owners are reminded before the alerts speak again."""

from datetime import datetime

from sqlalchemy import Connection

from core.alerting.levels import Level
from core.alerting.quieting import REMIND_BEFORE, Silence
from store.alerting.alerts import open_alerts
from store.alerting.facts import clear_alert, raise_alert
from store.alerting.plans import quieting_of
from store.control import desks

ENDING = "silence_ends"


def ending_soon(connection: Connection, now: datetime) -> dict[str, Silence]:
    """By id; short ones need no reminder. Raises NothingArranged."""
    return {
        one.id: one
        for one in quieting_of(connection, now).silences
        if one.remind_at <= now < one.ends and one.ends - one.starts > 2 * REMIND_BEFORE
    }


def reminded_of(connection: Connection) -> frozenset[str]:
    """The silences that an open alert reminds of."""
    told = [one for one in open_alerts(connection) if one.identity.rule == ENDING]
    return frozenset(one.identity.symbol for one in told if not one.cleared)


def remind(
    tx: Connection, ending: dict[str, Silence], before: frozenset[str], now: datetime
) -> None:
    for desk in desks(tx):
        for id, one in ending.items():
            if id not in before and one.match.desk in ("", desk):
                raise_alert(tx, desk, ENDING, Level.WARNING, _in_words(one), now, symbol=id)
        for id in before - ending.keys():
            clear_alert(tx, desk, ENDING, now, symbol=id)


def _in_words(silence: Silence) -> str:
    of = " ".join(filter(None, [silence.match.rule, silence.match.symbol]))
    until = f"{silence.ends:%H:%M} UTC"
    return f"{silence.owner}'s silence of {of} ({silence.reason}) ends at {until}"
