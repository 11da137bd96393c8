"""Rounds of torture: trade, disturb at a random instant, kill, flatten; the exchange bears witness."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from core.modes import Mode
from core.requests import Request
from tests.torture.desk import RealDesk
from tests.torture.score import Score, count_duplicates, judge
from tests.torture.weather import AT_CONFIRMATION, DISTURBANCES, IN_SLACK

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
        desk.until(lambda: desk.flatten_ended(request), 60)
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
    """Many rounds, each from a seed of its own; one that fails is told, and the next has a fresh desk."""

    def __init__(self, root: Path, seed: int, say: Callable[[str], object]) -> None:
        self.score = Score()
        self._root = root
        self._seed = seed
        self._say = say
        self._desk: RealDesk | None = None
        self._desks = 0

    def run(self, rounds: int) -> Score:
        try:
            for number in range(rounds):
                self._one(self._seed + number, fresh=number % NEW_DESK_EVERY == 0)
        finally:
            self._end_desk()
        return self.score

    def _one(self, seed: int, *, fresh: bool) -> None:
        chance = random.Random(seed)
        name = chance.choice(sorted(DISTURBANCES))
        violations = self.score.violations
        self._say(f"\rseed {seed}: {name:<28}")
        try:
            one_round(self._desk_for(fresh), name, chance, self.score)
        except Exception as error:  # noqa: BLE001 (whatever it was, it is told, and the night goes on)
            self.score.unfinished += 1
            self.score.found(f"{name}: {type(error).__name__}: {error}")
        if self.score.violations > violations:
            self.score.found(f"^ python -m tests.torture --rounds 1 --seed {seed}")
            self._end_desk()

    def _desk_for(self, fresh: bool) -> RealDesk:
        if fresh:
            self._end_desk()
        if self._desk is None:
            self._desks += 1
            root = self._root / f"desk{self._desks}"
            self._desk = RealDesk(root, "tests.torture.faulty", slack=True)
        return self._desk

    def _end_desk(self) -> None:
        if self._desk is not None:
            desk, self._desk = self._desk, None
            desk.calm()
            count_duplicates(desk, self.score)
            desk.close()
