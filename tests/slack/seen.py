"""Requests in every state beside pictures of real desks: what cards are made of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bot.picture import Picture, read_picture
from bot.slack.card_words import Seen
from core.flatten import Closed, Job, JobState, Leg, LegState
from core.orders import Kind, Side
from core.people import Person, Role
from core.requests import POLICIES, Action, Request, RequestState
from tests.bot.terminal import BTC, START, Terminal

ETH = "ETP-20DEC30-CDE"
ALICE = Person("alice", "Alice Moreau", frozenset({Role.OPERATOR, Role.APPROVER}), "U0ALICE01")
BOB = Person("bob", "Bob Tanaka", frozenset({Role.OPERATOR, Role.APPROVER}), "U0BOB0001")
CAROL = Person("carol", "Carol Okafor", frozenset({Role.COMMANDER}), "U0CAROL01")
DAVE = Person("dave", "Dave Lindqvist", frozenset({Role.VIEWER}), "U0DAVE001")
ERIN = Person("erin", "Erin Abara", frozenset({Role.APPROVER}))
PEOPLE = (ALICE, BOB, CAROL, DAVE, ERIN)

LATER = {
    RequestState.CONFIRMED: "bob",
    RequestState.OBJECTED: "bob",
    RequestState.EXECUTED: "bob",
    RequestState.FAILED: "bob",
}
OUTCOMES = {
    (Action.KILL, RequestState.EXECUTED): "flat: 2 positions closed, verified",
    (Action.KILL, RequestState.FAILED): f"NOT FLAT: {BTC}: the session is closed",
    (Action.REDUCE_ONLY, RequestState.EXECUTED): "REDUCE_ONLY is the standing mode",
    (Action.RESUME, RequestState.EXECUTED): "preflight passed; ACTIVE",
    (Action.RESUME, RequestState.FAILED): "preflight failed: the clock is off",
    (Action.ACCEPT, RequestState.EXECUTED): "accepted: ours +0, the exchange's +2",
    (Action.ACCEPT, RequestState.FAILED): "NOT ACCEPTED, nothing was booked: it has changed",
}
REACHABLE = [
    (action, state)
    for action in Action
    for state in RequestState
    if (action, state)
    not in {(Action.REDUCE_ONLY, RequestState.CONFIRMED), (Action.REDUCE_ONLY, RequestState.FAILED)}
]
"""A confirmed reduce-only is carried out in the same transaction."""


def request(
    action: Action, state: RequestState = RequestState.ASKED, reason: str = "it looks wrong"
) -> Request:
    """Asked by alice at 03:00:00; answered, where it was, by bob forty seconds later."""
    decided = LATER.get(state)
    outcome = OUTCOMES.get((action, state), "")
    if state is RequestState.EXPIRED:
        outcome = "nobody confirmed in time"
    return Request(
        id=f"{action}-1a2b3c",
        desk="main",
        action=action,
        state=state,
        reason=reason,
        requester="alice",
        asked_at=START,
        expires_at=START + timedelta(seconds=POLICIES[action].approval_s),
        decided_by=decided,
        decided_at=START + timedelta(seconds=40) if decided else None,
        outcome=outcome,
        body={"figures": {"cash": {}}, "says": {"cash": "off by 25"}}
        if action is Action.ACCEPT
        else {},
    )


def seen(
    request: Request,
    picture: Picture,
    *,
    job: Job | None = None,
    closed: Sequence[Closed] = (),
    cancelled: int = 0,
    people: Sequence[Person] = PEOPLE,
    trader_runs: bool = True,
) -> Seen:
    return Seen(request, picture, job, closed, cancelled, people, trader_runs, "/perps")


def picture(terminal: Terminal, now: datetime | None = None) -> Picture:
    store = terminal.store()
    try:
        return read_picture(store, "main", now or terminal.now, terminal.now_ns)
    finally:
        store.close()


def flat_desk(home: Path) -> Picture:
    """Read a moment ago; nothing is open."""
    terminal = Terminal(home)
    terminal.begin()
    terminal.look()
    return picture(terminal)


def long_desk(home: Path) -> Picture:
    """Held. Four BTC contracts long, worth $2,440; a resting stop closes three of them."""
    terminal = Terminal(home)
    terminal.begin()
    terminal.trade(contracts=4)
    terminal.order("stop-1", Kind.STOP, 3)
    terminal.type("kill")
    return picture(terminal)


def never_read(home: Path) -> Picture:
    terminal = Terminal(home)
    terminal.begin()
    return picture(terminal)


def silent_since(seen_before: Picture, seconds: float) -> Picture:
    """The same desk when nobody has read the exchange for so long."""
    return replace(seen_before, now=seen_before.now + timedelta(seconds=seconds))


def job(*legs: Leg, state: JobState = JobState.RUNNING) -> Job:
    return Job("kill-1a2b3c", "main", state, "it looks wrong", "bob", START, legs)


def leg(state: LegState, product_id: str = BTC, detail: str = "") -> Leg:
    return Leg(product_id, state, 4, 1, detail)


def sold(product_id: str = BTC, price: str = "60990.125") -> Closed:
    return Closed(product_id, Side.SELL, 4, Decimal(price), Decimal("1.5"))
