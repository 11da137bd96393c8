"""What people, machine rules and the weather do to a desk, each act held against the law as it is done."""

import itertools
from collections.abc import Callable
from typing import TypeVar

from core.modes import Mode, Rule
from core.requests import Action, Request, RequestState
from store import asking, decisions
from store.control import constrain, read_row
from store.decisions import Tightened
from store.requests import latest_requests
from store.voices import NotAllowed
from tests.oracle import law as the_law
from tests.oracle.desk import DESK, TinyDesk
from tests.oracle.law import CAST, Law, Paper, whose_voice

T = TypeVar("T")

PEOPLES = ("kill", "reduce only", "kill now", "object", "confirm", "ask resume", "resume")
WEATHER = ("crash", "clear", "clock back", "silence", "beat", "KILL file", "an hour")
ACTS = (*PEOPLES, *WEATHER, *(rule.value for rule in the_law.RULES))
INTERRUPTIONS = ("kill", "reduce only", "resume", "crash", "silence", "KILL file", "position_drift")
"""Of these, what most changes who may send."""


class Acts:
    """Everything that can happen to a desk but orders."""

    def __init__(self, desk: TinyDesk, law: Law) -> None:
        self.desk = desk
        self.law = law
        self._ids = itertools.count(1)

    def happen(self, what: str, who: str, other: str, which: int) -> None:
        """One of ACTS, by this person; `other` and `which` where a second is needed."""
        acts: dict[str, Callable[[], None]] = {
            "kill": lambda: self.kill(who),
            "reduce only": lambda: self.reduce_only(who),
            "kill now": lambda: self.kill_now(who, keep_positions=bool(which % 2)),
            "object": lambda: self.object_to(who, which),
            "confirm": lambda: self.confirm(who, which),
            "ask resume": lambda: self.ask_resume(who),
            "resume": lambda: self.resume(who, other, 0, 0),
            "crash": self.crash,
            "clear": self.clear,
            "clock back": lambda: self.desk.step_clock(-30),
            "silence": lambda: self.desk.fall_silent(0.6),
            "beat": self.desk.beat,
            "KILL file": self.desk.store.home.kill_file.touch,
            "an hour": lambda: self.desk.pass_time(3600),
        }
        if what in acts:
            acts[what]()
        else:
            self.constrain(Rule(what))

    # People

    def kill(self, who: str) -> None:
        waiting = self._waiting(Action.KILL)
        if waiting is not None:
            waiting.yes = (who, self.desk.now)
        answer = self._try(who, the_law.MAY_TIGHTEN, decisions.ask_kill)
        agreed = waiting is not None and waiting.agreed() is None
        if isinstance(answer, Tightened):
            self._asked(Action.KILL, who, answer.request)
            self.law.tightened(Mode.KILLED if agreed else Mode.HELD)
        if waiting is not None and not agreed:
            waiting.yes = None  # it was a reminder, not an answer

    def reduce_only(self, who: str) -> None:
        answer = self._try(who, the_law.MAY_TIGHTEN, decisions.ask_reduce_only)
        if isinstance(answer, Tightened):
            self._asked(Action.REDUCE_ONLY, who, answer.request)
            self.law.tightened(Mode.REDUCE_ONLY)

    def kill_now(self, who: str, *, keep_positions: bool) -> None:
        def killing(*parts: object) -> object:
            return decisions.kill_now(*parts, keep_positions=keep_positions)  # type: ignore[arg-type]

        if self._try(who, the_law.MAY_BREAK_GLASS, killing) is not None:
            self.law.tightened(Mode.KILLED)
            for request in self.requests():
                if request.action is Action.REVIEW:
                    self._asked(Action.REVIEW, who, request)

    def ask_resume(self, who: str) -> None:
        answer = self._try(who, the_law.MAY_ASK | {"shell"}, asking.ask_resume)
        if isinstance(answer, Request):
            self._asked(Action.RESUME, who, answer)

    def confirm(self, who: str, which: int) -> None:
        """Any request at any time, ended ones too: a replayed click."""
        requests = self.requests()
        if requests:
            self._confirm(who, requests[which % len(requests)])

    def _confirm(self, who: str, request: Request) -> None:
        paper = self.law.papers[request.id]
        before = paper.yes
        paper.yes = before or (who, self.desk.now)
        answer = decisions.confirm(self.desk.store, request.id, CAST[who], self.desk.now)
        if not isinstance(answer, Tightened):
            paper.yes = before
            return
        assert before is None, f"approved twice: {paper}"
        assert paper.agreed() is None, f"agreed, but {paper.agreed()}: {paper}"
        if request.action is Action.KILL:
            self.law.tightened(Mode.KILLED)

    def object_to(self, who: str, which: int) -> None:
        requests = self.requests()
        if requests:
            request = requests[which % len(requests)]
            found = decisions.object_to(self.desk.store, request.id, CAST[who], self.desk.now)
            if isinstance(found, Request):
                assert who in the_law.MAY_TIGHTEN, f"{who} objected"
                self.law.papers[request.id].ended = True

    def resume(self, who: str, other: str, answer_after_s: float, carry_out_after_s: float) -> None:
        """One asks, another agrees after a while, and the loop gets to it after another."""
        self._answer_all(Action.REVIEW, other)
        self.ask_resume(who)
        self.desk.pass_time(answer_after_s)
        self._answer_all(Action.RESUME, other)
        self.desk.pass_time(carry_out_after_s)
        self.carry_out()

    def _answer_all(self, action: Action, who: str) -> None:
        for request in self.requests():
            if request.action is action and request.state is RequestState.ASKED:
                self._confirm(who, request)

    def carry_out(self) -> None:
        """The loop loosens what may be loosened."""

        def loosened(request: Request) -> None:
            paper = self.law.papers[request.id]
            assert request.action is Action.RESUME, request
            assert not self.law.unreviewed, "a kill on one voice is not reviewed"
            assert paper.agreed() is None, f"loosened, but {paper.agreed()}: {paper}"
            assert paper.in_time(self.desk.now), f"loosened after its time: {paper}"
            assert not paper.ended, f"loosened after it had ended: {paper}"
            self.law.mode = Mode.ACTIVE
            self.law.rules &= the_law.CLEARS_ALONE
            self.law.changed()

        self.desk.carry_out(loosened)

    def requests(self) -> list[Request]:
        return self.desk.store.read(lambda c: latest_requests(c, DESK, 1_000))

    # Machines and weather

    def constrain(self, rule: Rule) -> None:
        desk, log = self.desk, self.desk.store.log
        desk.store.brake(DESK).tighten(
            the_law.RULES[rule],
            lambda tx: constrain(tx, log, DESK, rule, reason="oracle", now=desk.now),
        )
        if rule not in self.law.rules:
            self.law.rules.add(rule)
            self.law.changed()

    def clear(self) -> None:
        """What clears by itself, does."""
        for rule in sorted(self.law.rules & the_law.CLEARS_ALONE):
            self.desk.clear(rule)
            self.law.rules.discard(rule)
            self.law.changed()

    def crash(self) -> None:
        before = self.row_mode()
        self.desk.crash()
        self.desk.start()
        assert self.row_mode() >= before, f"looser after a restart than {before.name}"

    def row_mode(self) -> Mode:
        return self.desk.store.read(lambda c: read_row(c, DESK)).mode

    # How it is done

    def _try(self, who: str, allowed: set[str], asking: Callable[..., T]) -> T | None:
        """Ask for something with a fresh id; None where it was rightly not allowed."""
        desk, id = self.desk, f"r{next(self._ids)}"
        try:
            answer = asking(desk.store, DESK, CAST[who], "oracle", id, desk.now)
        except NotAllowed:
            assert who not in allowed, f"{who} was not allowed to"
            return None
        assert who in allowed, f"{who} was allowed to"
        return answer

    def _asked(self, action: Action, who: str, request: Request | None) -> None:
        """Follow it from here, unless it was asked for before."""
        if request is not None and request.id not in self.law.papers:
            resumes = action is Action.RESUME
            assert not resumes or who in the_law.MAY_ASK, f"{who} asked"
            assert not resumes or not self.law.unreviewed, "a kill on one voice is not reviewed"
            self.law.papers[request.id] = Paper(action, whose_voice(who), self.desk.now)

    def _waiting(self, action: Action) -> Paper | None:
        """The paper of this kind that waits for its second person at this moment."""
        waiting = [p for p in self.law.papers.values() if p.action is action and not p.ended]
        return next((p for p in waiting if p.yes is None and p.open_at(self.desk.now)), None)
