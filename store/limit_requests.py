"""Limits as a profile changes them: stricter at once, looser once two people agree."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from core.limit_changes import Change, changes, values
from core.limits import Limits
from core.people import Actor
from core.requests import A_PROFILE, Action, RequestState, asked
from store.approved import FIRST_START
from store.events import EventLog
from store.limit_changes import (
    Approved,
    body_of,
    keep_limit_values,
    read_limit_values,
    tightened_by,
)
from store.requests import ask, finish, lapse_due, open_requests
from store.sights import read_sight


def follow_profile(
    tx: Connection, log: EventLog, desk: str, limits: Limits, now: datetime
) -> Approved:
    """At each start: what the profile takes away holds at once, what it gives waits for two people.

    The first profile of a desk is its beginning: it is approved as it stands.
    """
    wanted, known = values(limits), read_limit_values(tx, desk)
    if known is None:
        first = Approved(wanted, wanted, {})
        keep_limit_values(tx, log, desk, first, [], "limits_approved", FIRST_START, now)
        return first
    differs = changes(known.approved, wanted)
    less = [c for c in differs if _holds_at_once(c, known.profile, wanted)]
    followed = tightened_by(known, wanted, less)
    if followed != known:
        keep_limit_values(tx, log, desk, followed, less, "limits_followed", A_PROFILE, now)
    _ask_for(tx, log, desk, [c for c in differs if _waits(c)], now)
    return followed


def _holds_at_once(
    change: Change, before: Mapping[str, Decimal], wanted: Mapping[str, Decimal]
) -> bool:
    """A profile that says what it said before undoes no raise that two people agreed on since."""
    if _is_new(change):
        return True
    says_something_new = before.get(change.name) != wanted.get(change.name)
    return says_something_new and not change.looser


def _waits(change: Change) -> bool:
    return change.looser and not _is_new(change)


def _is_new(change: Change) -> bool:
    """A limit that the program did not have before takes nothing away by being there."""
    return change.before is None and "." not in change.name


def _ask_for(tx: Connection, log: EventLog, desk: str, looser: list[Change], now: datetime) -> None:
    """One request for what the profile would loosen; an earlier one that asks for something else ends."""
    lapse_due(tx, log, desk, now)
    body = body_of(looser, of_profile=True)
    for request in open_requests(tx, desk):
        if request.action is not Action.LIMITS or not request.body["of_profile"]:
            continue
        if dict(request.body) == body:
            return
        told = "the profile says something else now"
        finish(tx, log, request, RequestState.EXPIRED, told, now)
    if looser:
        reason = "the profile gives more than was approved"
        id = f"limits-{desk}-{int(now.timestamp())}"
        seen = read_sight(tx, desk, now).body()
        nobody = Actor(A_PROFILE)
        ask(tx, log, asked(id, desk, Action.LIMITS, reason, nobody, now, body, seen))
