"""Rounds of torture: trade, disturb at a random instant, kill, flatten; the exchange bears witness."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from core.modes import Mode
from core.requests import Request
from tests.torture.desk import RealDesk
from tests.torture.score import Score, count_duplicates, judge
from tests.torture.weather import AT_CONFIRMATION, DISTURBANCES, IN_SLACK

AT_ONCE = 5
"""Desks at the same time: a round takes half a minute and mostly waits, for a guard's patience or for a
token to lapse; some 4.5 s of it are work. With eight, two cores are too busy for what is measured."""
FLATTEN_S = 150
"""An order that is acknowledged and lost is given up after 20 s; several may be, one after the other."""
NEW_DESK_EVERY = 8
"""A guard waits longer after each death; and what one round has spoilt shall not taint the next."""


def one_round(
    desk: RealDesk, name: str, chance: random.Random, score: Score, then: str | None = None
) -> None:
    """One disturbed kill, confirmed and verified flat, then resumed. `then`: what befalls the flatten."""
    desk.ensure_guard()
    desk.resume(within_s=90)
    then = then or chance.choice(sorted(AT_CONFIRMATION))
    something_held = then != "nothing"
    desk.until(lambda: desk.armed() and desk.entries_live() > 0, 60)
    desk.until(lambda: bool(desk.positions()) or not something_held, 60)
    before = chance.random() < 0.5
    time.sleep(chance.random() * 0.4)
    if before:
        DISTURBANCES[name](desk)
        time.sleep(chance.random() * 0.05)
    request, held_at = _kill(desk, chance, score)
    if not before:
        DISTURBANCES[name](desk)
    time.sleep(0.2 + chance.random() * 0.3)
    desk.calm()
    if desk.mode() < Mode.HELD:
        score.looser_after_restart += 1
        score.found(f"{name}: HELD has become {desk.mode().name}\n{desk.story()}")
    with AT_CONFIRMATION[then](desk):
        killed_at = desk.confirm(request)
        desk.until(lambda: desk.flatten_ended(request), FLATTEN_S)
    desk.until(desk.settled, 60)
    judge(desk, f"{name}, then {then}", request, (held_at, killed_at), score)
    score.rounds, score.kills, score.flattens = (
        score.rounds + 1,
        score.kills + 2,
        score.flattens + 1,
    )
    score.disturbed[name] += 1
    score.disturbed[f"then: {then}"] += 1
    if "guard" in desk.flattened_by(request):
        score.by_the_guard += 1


def _kill(desk: RealDesk, chance: random.Random, score: Score) -> tuple[Request, int]:
    """By the terminal's way, or in Slack where there is a bot, to which things happen as well."""
    if desk.has_bot and chance.random() < 0.4:
        befalls = chance.choice(sorted(IN_SLACK))
        score.disturbed[f"in Slack: {befalls}"] += 1
        IN_SLACK[befalls](desk)
        return desk.kill_in_slack()
    began = time.monotonic_ns()
    request, held_at = desk.kill()
    score.kill_ms.append((held_at - began) / 1e6)
    return request, held_at


class Rounds:
    """Many rounds, each from a seed of its own, on several desks at once."""

    def __init__(self, root: Path, seed: int, say: Callable[[str], object]) -> None:
        self.score = Score()
        self._root = root
        self._seed = seed
        self._say = say
        self._over = Event()

    def run(self, rounds: int) -> Score:
        turns = [
            range(n, min(n + NEW_DESK_EVERY, rounds)) for n in range(0, rounds, NEW_DESK_EVERY)
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for score in pool.map(self._one_desk, turns):
                    self.score.add(score)
            finally:
                self._over.set()  # interrupted: the desks that are left end after their round
        return self.score

    def _one_desk(self, numbers: range) -> Score:
        turn = Turn(self._root, self._say)
        try:
            for number in numbers:
                if not self._over.is_set():
                    turn.one(number, self._seed + number)
        finally:
            turn.end_desk()
        return turn.score


class Turn:
    """Some rounds on one desk; one that fails is told, and the next has a fresh desk."""

    def __init__(self, root: Path, say: Callable[[str], object]) -> None:
        self.score = Score()
        self._root = root
        self._say = say
        self._desk: RealDesk | None = None

    def one(self, number: int, seed: int) -> None:
        chance = random.Random(seed)
        name = chance.choice(sorted(DISTURBANCES))
        violations = self.score.violations
        self._say(f"\rseed {seed}: {name:<28}")
        try:
            if self._desk is None:
                self._desk = RealDesk(
                    self._root / f"desk{number}", "tests.torture.faulty", slack=True
                )
            one_round(self._desk, name, chance, self.score)
        except Exception as error:  # noqa: BLE001 (whatever it was, it is told, and the night goes on)
            self._unfinished(name, error)
        if self.score.violations > violations:
            self.score.found(f"^ python -m tests.torture --rounds 1 --seed {seed}")
            self.end_desk()

    def end_desk(self) -> None:
        """Whatever the last words of this desk are, its processes end."""
        desk, self._desk = self._desk, None
        if desk is None:
            return
        try:
            desk.calm()
            count_duplicates(desk, self.score)
        except Exception as error:  # noqa: BLE001 (as above)
            self._unfinished("the end of a desk", error)
        finally:
            desk.close()

    def _unfinished(self, name: str, error: Exception) -> None:
        self.score.unfinished += 1
        self.score.found(f"{name}: {type(error).__name__}: {error}")
