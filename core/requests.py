"""Two-person requests: what is asked, who may agree, when it lapses, and the table of legal moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from core.people import Act, Actor


class Action(StrEnum):
    """What a request asks for."""

    KILL = "kill"
    REDUCE_ONLY = "reduce-only"
    RESUME = "resume"
    ACCEPT = "accept"
    REVIEW = "review"
    ROLES = "roles"
    LIMITS = "limits"
    ALERTING = "alert-policy"
    PUBLISH = "publish"
    CLOSE_INCIDENT = "close-incident"

    @property
    def at_once(self) -> bool:
        """Whether a second person's yes is all that it takes: it changes a record and no trading."""
        return self in _AT_ONCE


_AT_ONCE = frozenset(
    {
        Action.REVIEW,
        Action.ROLES,
        Action.ALERTING,
        Action.PUBLISH,
        Action.CLOSE_INCIDENT,
    }
)


SIGHTED = frozenset({Action.RESUME, Action.LIMITS})
"""What takes risk again: agreed to on sight of the desk, and asked anew when that has changed."""


class RequestState(StrEnum):
    """Where a request stands. CONFIRMED means: two people agreed, the desk is doing it."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    OBJECTED = "objected"
    EXPIRED = "expired"
    EXECUTED = "executed"
    FAILED = "failed"


TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    RequestState.ASKED: frozenset(
        {RequestState.CONFIRMED, RequestState.OBJECTED, RequestState.EXPIRED}
    ),
    # Objecting stops a resume that has not been carried out; nothing stops a confirmed kill.
    RequestState.CONFIRMED: frozenset(
        {RequestState.EXECUTED, RequestState.FAILED, RequestState.OBJECTED}
    ),
    RequestState.OBJECTED: frozenset(),
    RequestState.EXPIRED: frozenset(),
    RequestState.EXECUTED: frozenset(),
    RequestState.FAILED: frozenset(),
}


OVERTAKEN = "overtaken: the desk was killed on one voice"
"""The outcome of a kill that waited for its second person, when one came that needed none."""

A_FILE = "escalation.yaml"
"""Who asks for what a file says: nobody. A first person has to stand behind it, and a second to agree."""

A_PROFILE = "the trader's profile"
"""Who asks for what a profile allows: nobody either."""

NOBODY = frozenset({A_FILE, A_PROFILE})

DAY_S = 86_400
YEAR_S = 365 * DAY_S

OPEN_STATES = frozenset(state for state, ways in TRANSITIONS.items() if ways)
"""States in which a request still waits for somebody."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a request waits for its second person, and then, if it loosens, for its execution."""

    approval_s: int
    execution_s: int | None
    """None: once confirmed it is carried out however long it takes. A confirmed kill never lapses."""

    @property
    def loosens(self) -> bool:
        return self.execution_s is not None


POLICIES: dict[Action, Policy] = {
    Action.KILL: Policy(approval_s=120, execution_s=None),
    Action.REDUCE_ONLY: Policy(approval_s=300, execution_s=None),
    Action.RESUME: Policy(approval_s=600, execution_s=120),
    Action.ACCEPT: Policy(approval_s=600, execution_s=120),
    Action.REVIEW: Policy(approval_s=10 * YEAR_S, execution_s=None),
    Action.ROLES: Policy(approval_s=DAY_S, execution_s=None),
    Action.LIMITS: Policy(approval_s=DAY_S, execution_s=120),
    Action.ALERTING: Policy(approval_s=DAY_S, execution_s=None),
    Action.PUBLISH: Policy(approval_s=DAY_S, execution_s=None),
    Action.CLOSE_INCIDENT: Policy(approval_s=DAY_S, execution_s=None),
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands in the store."""

    id: str
    desk: str
    action: Action
    state: RequestState
    reason: str
    requester: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    execute_before: datetime | None = None
    outcome: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What exactly is asked for, where the action alone does not say it: JSON values."""
    seen: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The desk as the card shows it (core.sight), where agreeing takes risk again."""

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


class RequestRefusal(StrEnum):
    """Why somebody's answer to a request was not taken."""

    OWN_REQUEST = "nobody confirms their own request; another person has to"
    NOT_A_PERSON = "confirming needs a person who has proved it with a one-time code"
    NO_ROLE = "this person's roles do not allow it"
    EXPIRED = "the request has expired; ask again"
    ALREADY = "the request is closed already"
    NOT_OBJECTABLE = "a confirmed kill is being carried out and cannot be stopped"
    MUST_BE_REVIEWED = "a kill on one voice stays to be reviewed; nobody can object it away"
    DRIFTED = "the desk is not as it was when this was asked"
    REVIEW_FIRST = "somebody killed on one voice, and another person has to review that first"


def answer_refusal(
    request: Request, answer: RequestState, actor: Actor, now: datetime
) -> RequestRefusal | None:
    """Why this actor may not answer CONFIRMED or OBJECTED now, or None when they may."""
    if answer not in TRANSITIONS[request.state]:
        return RequestRefusal.ALREADY
    if request.state is RequestState.ASKED and now >= request.expires_at:
        return RequestRefusal.EXPIRED
    if answer is RequestState.OBJECTED:
        return _objection_refusal(request, actor)
    if actor.person is None:
        return RequestRefusal.NOT_A_PERSON
    if actor.voice == request.requester:
        return RequestRefusal.OWN_REQUEST
    if not actor.person.may(Act.CONFIRM):
        return RequestRefusal.NO_ROLE
    return None


def _objection_refusal(request: Request, actor: Actor) -> RequestRefusal | None:
    """Objecting only ever keeps the desk tighter, so anyone with a shell may, as may the requester."""
    if request.action is Action.REVIEW:
        return RequestRefusal.MUST_BE_REVIEWED
    if request.state is RequestState.CONFIRMED and request.action is Action.KILL:
        return RequestRefusal.NOT_OBJECTABLE
    if request.state is RequestState.CONFIRMED and not POLICIES[request.action].loosens:
        return (
            RequestRefusal.ALREADY
        )  # it stands since its first voice; there is nothing left to stop
    if actor.person is not None and not actor.person.may(Act.OBJECT):
        return RequestRefusal.NO_ROLE
    return None


def lapse(request: Request, now: datetime) -> RequestState | None:
    """The state that time alone brings a request to, or None when it stays."""
    if request.state is RequestState.ASKED and now >= request.expires_at:
        return RequestState.EXPIRED
    if request.state is not RequestState.CONFIRMED or not POLICIES[request.action].loosens:
        return None  # a confirmed tightening is carried out however long it takes
    overdue = request.execute_before is not None and now >= request.execute_before
    return RequestState.FAILED if overdue else None


def asked(
    id: str,
    desk: str,
    action: Action,
    reason: str,
    actor: Actor,
    now: datetime,
    body: Mapping[str, Any] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Request:
    """A fresh request by `actor`."""
    return Request(
        id=id,
        desk=desk,
        action=action,
        state=RequestState.ASKED,
        reason=reason,
        requester=actor.voice,
        asked_at=now,
        expires_at=now + timedelta(seconds=POLICIES[action].approval_s),
        body=body or {},
        seen=seen or {},
    )
