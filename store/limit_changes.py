"""The limits that two people approved for a desk, what people lowered below them, and what is in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from core.limit_changes import Change, changed, limits_of
from core.limits import Limits
from store.approved import keep_approved, read_approved
from store.events import EventLog


@dataclass(frozen=True, slots=True)
class Approved:
    """`profile` is what the trader's profile said at its latest start, `lowered` what people took away."""

    profile: Mapping[str, Decimal]
    approved: Mapping[str, Decimal]
    lowered: Mapping[str, Decimal]

    @property
    def in_force(self) -> dict[str, Decimal]:
        return {**self.approved, **self.lowered}


def read_limit_values(connection: Connection, desk: str) -> Approved | None:
    """None before a trader of this desk has ever started."""
    body = read_approved(connection, _key(desk))
    if body is None:
        return None
    found = {
        part: {name: Decimal(text) for name, text in body[part].items()}
        for part in ("profile", "approved", "lowered")
    }
    return Approved(**found)


def limits_in_force(connection: Connection, desk: str, profile: Limits) -> Limits:
    """The profile's own where no trader of this desk has asked for approval yet."""
    known = read_limit_values(connection, desk)
    return profile if known is None else limits_of(known.in_force, profile)


def keep_limit_values(
    tx: Connection,
    log: EventLog,
    desk: str,
    kept: Approved,
    made: Iterable[Change],
    kind: str,
    by: str,
    now: datetime,
) -> None:
    """Put them in force, on record as `kind` with what changed."""
    body = {
        "profile": _texts(kept.profile),
        "approved": _texts(kept.approved),
        "lowered": _texts(kept.lowered),
    }
    keep_approved(tx, _key(desk), body, by, now)
    told = {"says": [str(change) for change in made], "in_force": _texts(kept.in_force)}
    log.append(tx, desk=desk, kind=kind, actor=by, now=now, body=told)


def lower_limits(
    tx: Connection, log: EventLog, desk: str, made: list[Change], by: str, now: datetime
) -> None:
    """One voice takes risk away: it holds until two people undo it, whatever the profile says."""
    known = _known(tx, desk)
    lowered = changed(known.lowered, made)
    keep_limit_values(
        tx, log, desk, replace(known, lowered=lowered), made, "limits_lowered", by, now
    )


def raise_limits(
    tx: Connection, log: EventLog, desk: str, body: Mapping[str, Any], by: str, now: datetime
) -> str:
    """Two people agreed. What the profile asked for leaves in force what people lowered."""
    known, made = _known(tx, desk), changes_of(body)
    lowered = dict(known.lowered)
    approved = dict(known.approved)
    for change in made:
        allowed = Change(change.name, known.approved.get(change.name), change.after)
        if body["of_profile"] or allowed.looser:
            approved = changed(approved, [change])
        if not body["of_profile"]:
            lowered.pop(change.name, None)
            if not allowed.looser and change.after is not None:
                lowered[change.name] = change.after
    kept = replace(known, approved=approved, lowered=_below(lowered, approved))
    keep_limit_values(tx, log, desk, kept, made, "limits_raised", by, now)
    return f"in force: {', '.join(map(str, made))}"


def limits_drift(connection: Connection, desk: str, body: Mapping[str, Any]) -> list[str]:
    """Which limits are no longer what they were when a change of them was asked for."""
    known = read_limit_values(connection, desk)
    if known is None:
        return ["the desk has no limits yet"]
    present = known.approved if body["of_profile"] else known.in_force
    return [
        f"{change.name} has become {present.get(change.name, 'not traded')}"
        for change in changes_of(body)
        if present.get(change.name) != change.before
    ]


def body_of(made: Iterable[Change], *, of_profile: bool) -> dict[str, Any]:
    """As a request carries it."""
    found = list(made)
    return {
        "changes": [[c.name, _text(c.before), _text(c.after)] for c in found],
        "of_profile": of_profile,
        "says": [str(change) for change in found],
    }


def changes_of(body: Mapping[str, Any]) -> list[Change]:
    return [
        Change(name, _number(before), _number(after)) for name, before, after in body["changes"]
    ]


def _below(lowered: Mapping[str, Decimal], approved: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What is still stricter than what is approved: the rest says nothing."""
    return {
        name: value
        for name, value in lowered.items()
        if name in approved
        and value != approved[name]
        and not Change(name, approved[name], value).looser
    }


def tightened_by(known: Approved, profile: Mapping[str, Decimal], made: list[Change]) -> Approved:
    """With a new profile, and what it takes away taken away."""
    approved = changed(known.approved, made)
    return Approved(profile, approved, _below(known.lowered, approved))


def _known(tx: Connection, desk: str) -> Approved:
    known = read_limit_values(tx, desk)
    assert known is not None, "whoever changes limits has read them"
    return known


def _key(desk: str) -> str:
    return f"limits:{desk}"


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
