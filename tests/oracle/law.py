"""The oracle of who may do what: DESIGN's sentences once more, apart from the product's own tables."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.modes import Mode, Rule
from core.orders import Kind
from core.people import Actor, Person, Role, shell_actor
from core.requests import Action, Request, RequestState

LEAVES: dict[Mode, str] = {
    Mode.ACTIVE: "entry exit stop flatten",
    Mode.REDUCE_ONLY: "exit stop flatten",
    Mode.HELD: "stop flatten",
    Mode.KILLED: "flatten",
}
YEAR_S = 365 * 86_400
WINDOW_S = {
    Action.KILL: 120,
    Action.REDUCE_ONLY: 300,
    Action.RESUME: 600,
    Action.REVIEW: 10 * YEAR_S,
}
CARRY_OUT_S = 120
RULES = {
    Rule.DAILY_LOSS: Mode.REDUCE_ONLY,
    Rule.POSITION_DRIFT: Mode.HELD,
    Rule.READ_FAILED: Mode.REDUCE_ONLY,
}
CLEARS_ALONE = {Rule.READ_FAILED}


def person(name: str, *roles: Role) -> Person:
    return Person(name, name.title(), frozenset(roles))


_ALICE = person("alice", Role.OPERATOR, Role.APPROVER)
CAST = {
    "alice": Actor("alice", _ALICE),
    "alice at her other account": Actor("alice@phone", _ALICE),
    "bob": Actor("bob", person("bob", Role.OPERATOR, Role.APPROVER)),
    "carol": Actor("carol", person("carol", Role.COMMANDER)),
    "olive": Actor("olive", person("olive", Role.OPERATOR)),
    "dave": Actor("dave", person("dave", Role.VIEWER)),
    "shell": shell_actor("root"),
}
MAY_TIGHTEN = {"alice", "alice at her other account", "bob", "carol", "olive", "shell"}
MAY_ASK = MAY_TIGHTEN - {"shell"}
MAY_CONFIRM = {"alice", "alice at her other account", "bob", "carol"}
MAY_BREAK_GLASS = {"carol", "shell"}


def whose_voice(who: str) -> str:
    return "alice" if who.startswith("alice") else who


@dataclass
class Paper:
    """A request, as the oracle has followed it from its asking."""

    action: Action
    asked_by: str
    asked_at: datetime
    yes: tuple[str, datetime] | None = None
    """The first answer that agreed, whoever gave it."""
    ended: bool = False

    def agreed(self) -> str | None:
        """Why the yes does not count, or None when two have agreed."""
        if self.yes is None:
            return "nobody said yes"
        who, at = self.yes
        if who not in MAY_CONFIRM:
            return f"{who} may not confirm"
        if whose_voice(who) == self.asked_by:
            return f"{who} asked for it"
        if at >= self.asked_at + timedelta(seconds=WINDOW_S[self.action]):
            return "it had expired"
        return None

    def open_at(self, now: datetime) -> bool:
        return now < self.asked_at + timedelta(seconds=WINDOW_S[self.action])

    def in_time(self, now: datetime) -> bool:
        """Whether what was agreed may still be carried out."""
        return self.yes is not None and now < self.yes[1] + timedelta(seconds=CARRY_OUT_S)


@dataclass
class Law:
    """What is allowed at this moment, as far as anybody was told."""

    mode: Mode = Mode.ACTIVE
    rules: set[Rule] = field(default_factory=set)
    era: int = 0
    """Grows with every change: an order recorded before one never leaves after it."""
    clean_looks: int = 0
    """Looks in a row, begun since the last change, that found nothing left of what is forbidden."""
    papers: dict[str, Paper] = field(default_factory=dict)

    @property
    def effective(self) -> Mode:
        return max([self.mode, *(RULES[rule] for rule in self.rules)])

    @property
    def unreviewed(self) -> bool:
        """Whether somebody killed on one voice and nobody else has looked at that since."""
        reviews = [p for p in self.papers.values() if p.action is Action.REVIEW and not p.ended]
        return any(paper.agreed() is not None for paper in reviews)

    def may_leave(self, kind: Kind) -> bool:
        return kind.value in LEAVES[self.effective].split()

    def tightened(self, mode: Mode) -> None:
        if mode > self.mode:
            self.mode = mode
            self.changed()

    def changed(self) -> None:
        self.era += 1
        self.clean_looks = 0

    def follow(self, requests: list[Request]) -> None:
        """Hold the store's requests against what was said. Raises AssertionError."""
        for request in requests:
            paper = self.papers.get(request.id)
            assert paper is not None, f"nobody asked for {request}"
            assert request.requester.removesuffix(":root") == paper.asked_by, request
            if request.state in (RequestState.CONFIRMED, RequestState.EXECUTED):
                why = paper.agreed()
                assert why is None, f"{request.action} counts as agreed, but {why}"
                assert not paper.ended, f"{request.action} had ended before"
            elif request.state is not RequestState.ASKED:
                paper.ended = True
