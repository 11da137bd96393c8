"""The alert policy of escalation.yaml as two people approved it: stricter edits hold, looser ones wait."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.alerting.levels import Level
from core.alerting.loosening import looser_duty, looser_quiet, looser_reach, looser_rule
from core.alerting.looser_levels import looser_level
from core.alerting.quieting import Quieting
from core.alerting.rules import RULES, thresholds_of
from core.oncall.contacts import Contact, Means
from core.oncall.schedule import Duty
from core.people import Actor
from core.requests import A_FILE, Action, Request, RequestState, asked
from store.alerting.arranged import Arrangements, arrangements_from, arrangements_text
from store.approved import FIRST_START, approved_by, keep_approved, read_approved
from store.control import desks
from store.events import EventLog
from store.requests import ask, finish, latest_requests

NewId = Callable[[], str]
ALERTING = "alerting"
EARLIER = 100
"""So many requests are looked through for one that asked the same."""


@dataclass(slots=True)
class _Merge:
    """The approved policy with every part of the file that is not looser; `says` is what is."""

    approved: Arrangements
    wanted: Arrangements
    now: datetime
    says: list[str] = field(default_factory=list)

    def both(self) -> Arrangements:
        people = {one.person for one in (*self.approved.contacts, *self.wanted.contacts)}
        kept = [name for name in sorted(people) if self._waits(self._reach(name))]
        return replace(
            self.wanted,
            policy=replace(self.wanted.policy, levels={one: self._level(one) for one in Level}),
            schedule=replace(self.wanted.schedule, layers={one: self._duty(one) for one in Duty}),
            addresses=self._of(kept, self.wanted.addresses, self.approved.addresses),
            contacts=self._contacts(kept),
            quieting=self._quieting(),
            thresholds=self._thresholds(),
        )

    def _waits(self, says: list[str]) -> bool:
        self.says += says
        return bool(says)

    def _level(self, level: Level) -> Any:
        before, after = self.approved.policy.levels[level], self.wanted.policy.levels[level]
        return before if self._waits(looser_level(level, before, after)) else after

    def _duty(self, duty: Duty) -> Any:
        before, after = self.approved.schedule, self.wanted.schedule
        waits = self._waits(looser_duty(duty, before, after, self.now))
        return (before if waits else after).layers.get(duty, ())

    def _reach(self, person: str) -> list[str]:
        return looser_reach(person, _means(self.approved, person), _means(self.wanted, person))

    def _of(self, kept: list[str], wanted: Iterable[Any], approved: Iterable[Any]) -> Any:
        """Of some people what was approved, of the others what the file says."""
        return (
            *(one for one in wanted if one.person not in kept),
            *(one for one in approved if one.person in kept),
        )

    def _contacts(self, kept: list[str]) -> tuple[Contact, ...]:
        """A means counts only where it is set up, whoever approved it."""
        had = [
            replace(one, means=self._set_up(_means(self.approved, one.person), one))
            for one in self.approved.contacts
        ]
        found: tuple[Contact, ...] = self._of(kept, self.wanted.contacts, had)
        return found

    def _set_up(self, means: Mapping[Means, str], contact: Contact) -> tuple[Means, ...]:
        known = self.wanted.set_up
        return tuple(by for by in means or contact.means if known is None or by in known)

    def _thresholds(self) -> dict[str, Any]:
        found = {}
        for rule in sorted({*self.approved.thresholds, *self.wanted.thresholds} & RULES.keys()):
            before = thresholds_of(rule, self.approved.thresholds)
            after = thresholds_of(rule, self.wanted.thresholds)
            waits = self._waits(looser_rule(rule, before, after))
            counts = self.approved if waits else self.wanted
            if rule in counts.thresholds:
                found[rule] = counts.thresholds[rule]
        return found

    def _quieting(self) -> Quieting:
        before, after = self.approved.quieting, self.wanted.quieting
        return replace(
            after,
            silences=self._hiding(before, after.silences),
            inhibitions=self._hiding(before, after.inhibitions),
            maintenance=self._hiding(before, after.maintenance),
            routines=self._hiding(before, after.routines),
        )

    def _hiding(self, approved: Quieting, wanted: Iterable[Any]) -> Any:
        found = []
        for one in wanted:
            says = looser_quiet(approved, one, self.now)
            if not self._waits([says] if says else []):
                found.append(one)
        return tuple(found)


def _means(arranged: Arrangements, person: str) -> dict[Means, str]:
    return {one.by: one.to for one in arranged.addresses if one.person == person}


def as_agreed(
    approved: Arrangements, wanted: Arrangements, now: datetime
) -> tuple[Arrangements, list[str]]:
    """What holds of `wanted`, and what of it would be looser, in words."""
    merge = _Merge(approved, wanted, now)
    return merge.both(), merge.says


def follow_arrangements(
    tx: Connection, log: EventLog, wanted: Arrangements, new_id: NewId, now: datetime
) -> Arrangements:
    """What is in force of the file. Its looser part is asked for, once; the first file is approved."""
    known = read_agreed(tx)
    if known is None:
        _keep(tx, log, wanted, "alert_policy_approved", FIRST_START, [], now)
        return wanted
    in_force, says = as_agreed(known, wanted, now)
    if _bare(in_force) != _bare(known):
        _keep(tx, log, in_force, "alert_policy_followed", A_FILE, [], now)
    _ask(tx, log, wanted, says, new_id, now)
    return in_force


def approve_arrangements(
    tx: Connection, log: EventLog, body: Mapping[str, Any], by: str, now: datetime
) -> str:
    """Two people have agreed; `by` names both."""
    wanted = arrangements_from(json.dumps(body["wanted"]))
    _keep(tx, log, wanted, "alert_policy_approved", by, body["says"], now)
    return "the alert policy is in force"


def read_agreed(connection: Connection) -> Arrangements | None:
    """What was approved last; None before the first file."""
    body = read_approved(connection, ALERTING)
    return arrangements_from(json.dumps(body)) if body is not None else None


def agreed_by(connection: Connection) -> tuple[str, datetime] | None:
    """Who approved that, or which stricter file it followed, and when: it changes whenever that does."""
    return approved_by(connection, ALERTING)


def _keep(
    tx: Connection,
    log: EventLog,
    arranged: Arrangements,
    kind: str,
    by: str,
    says: list[str],
    now: datetime,
) -> None:
    keep_approved(tx, ALERTING, _body(arranged), by, now)
    for desk in desks(tx):
        log.append(tx, desk=desk, kind=kind, actor=by, now=now, body={"says": says})


def _ask(
    tx: Connection,
    log: EventLog,
    wanted: Arrangements,
    says: list[str],
    new_id: NewId,
    now: datetime,
) -> Request | None:
    """What was objected to, or lapsed, is not asked again before the file says something else."""
    homes = desks(tx)
    if not homes:
        return None
    body = body_of(wanted, says)
    earlier = [r for r in latest_requests(tx, homes[0], EARLIER) if r.action is Action.ALERTING]
    if says and earlier and dict(earlier[0].body) == body and not _done(earlier[0]):
        return None
    for old in earlier:
        if old.state is RequestState.ASKED:
            told = "overtaken: the file says something else"
            finish(tx, log, old, RequestState.EXPIRED, told, now)
    if not says:
        return None
    id, why = f"policy-{new_id()}", "escalation.yaml was edited"
    return ask(tx, log, asked(id, homes[0], Action.ALERTING, why, Actor(A_FILE), now, body))


def _done(request: Request) -> bool:
    return request.state is RequestState.EXECUTED


def body_of(wanted: Arrangements, says: list[str]) -> dict[str, Any]:
    """As a request carries it: exactly what would be approved."""
    return {"wanted": _body(wanted), "says": says}


def _bare(arranged: Arrangements) -> Arrangements:
    """Without what depends on the machine: which means are set up on it."""
    return arrangements_from(json.dumps(_body(arranged)))


def _body(arranged: Arrangements) -> dict[str, Any]:
    contacts = tuple(
        replace(one, means=tuple(_means(arranged, one.person)) or one.means)
        for one in arranged.contacts
    )
    bare = replace(arranged, contacts=contacts, set_up=None)
    found: dict[str, Any] = json.loads(arrangements_text(bare))
    return found
