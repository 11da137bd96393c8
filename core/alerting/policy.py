"""What a level does: steps in seconds, who is told by which means, repeats, fallback, and what ends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from core.alerting.levels import Level
from core.oncall.contacts import Means


class Who(StrEnum):
    """Whom a step tells. Duties become people when the step runs, not when the alert was raised."""

    CHANNEL = "the channel"
    SERVICES = "the desk's paging services"
    PRIMARY = "primary"
    BACKUP = "backup"
    TEAM_LEAD = "team lead"
    EVERYONE = "everyone"


PAGE = (Means.DM, Means.PUSH, Means.SMS, Means.VOICE)
"""By every means that a person has for being woken, and a message with buttons."""

PLACES = frozenset({Who.CHANNEL, Who.SERVICES})
"""Told without a person being named."""


class Need(StrEnum):
    """Whose acknowledgement ends the paging."""

    NOBODY = "nobody has to"
    ONE = "one person"
    ALL = "everyone who is paged"


class Tightening(StrEnum):
    """What the system may do by itself. Every one of them shrinks risk; there are no others."""

    REDUCE_ONLY = "reduce-only"
    HOLD = "hold"
    KILL_KEEPING_POSITIONS = "kill, keeping positions"
    KILL_AND_CLOSE = "kill and close"


class Opening(StrEnum):
    """What a level opens for people at once."""

    KILL_CARD = "kill card"
    CHECKLIST = "checklist"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Tell:
    """Somebody, and the means to use, all at the same time."""

    who: Who
    by: tuple[Means, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens so many seconds after the first step was due."""

    at_s: int
    tells: tuple[Tell, ...]


@dataclass(frozen=True, slots=True)
class OnUnacked:
    """What the system does when nobody takes charge: announced with a countdown, then done."""

    after_s: int
    action: Tightening
    announce_s: int = 60
    dry_run: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.announce_s <= self.after_s:
            raise ValueError(
                f"announce an automatic {self.action} between 1 and {self.after_s} s ahead,"
                f" not {self.announce_s}"
            )


@dataclass(frozen=True, slots=True)
class LevelPolicy:
    """Everything one level does. Seconds count from the step before, so a late step delays the next."""

    steps: tuple[Step, ...]
    need: Need
    fallback: tuple[Tell, ...]
    """Told again and again once the steps and their repeats are used up."""
    fallback_every_s: int = 300
    repeat_every_s: int = 300
    repeat_from: int = 0
    repeats: int | None = 0
    """How often the steps are repeated; None: until somebody acknowledges."""
    group_wait_s: int = 0
    hold_s: int | None = None
    """For how long an acknowledgement stands before its owner is reminded."""
    grace_s: int = 120
    """From the reminder until the others are told again."""
    snooze_max_s: int = 0
    clear_after_s: int = 60
    cleared_every_s: int = 1800
    """The pace once the condition is gone but a person still has to say so."""
    on_unacked: OnUnacked | None = None
    tightens: Tightening | None = None
    opens: tuple[Opening, ...] = ()

    def __post_init__(self) -> None:
        times = [step.at_s for step in self.steps]
        if not times or times[0] != 0 or times != sorted(set(times)):
            raise ValueError(f"steps begin at 0 s and each is later than the one before: {times}")
        if not 0 <= self.repeat_from < len(self.steps):
            raise ValueError(f"there is no step {self.repeat_from} to repeat from")
        if min(self.repeat_every_s, self.fallback_every_s, self.cleared_every_s) <= 0:
            raise ValueError("repeats and the fallback need at least 1 second between them")

    @property
    def whole_s(self) -> int:
        """How long one round of the steps takes."""
        return self.steps[-1].at_s


@dataclass(frozen=True, slots=True)
class Policy:
    """What each level does, and what holds for all of them."""

    levels: Mapping[Level, LevelPolicy]
    reopen_s: int = 600
    flap_window_s: int = 1800
    flap_limit: int = 4
    """So many returns of the condition within the window are flapping."""
    flap_page_every_s: int = 900
    edit_every_s: int = 5

    def __post_init__(self) -> None:
        if missing := [str(level) for level in Level if level not in self.levels]:
            raise ValueError(f"a policy says what every level does; missing: {', '.join(missing)}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a round stands: the step that runs next, the repeat it belongs to, and the wait before it."""

    step: int
    loop: int
    wait_s: int


def after(policy: LevelPolicy, step: int, loop: int) -> Place | None:
    """What follows a step; None when nobody has to acknowledge and the steps are used up.

    A step beyond the last is the fallback, so a policy that became shorter goes on with that.
    """
    last = len(policy.steps) - 1
    if step < last:
        return Place(step + 1, loop, policy.steps[step + 1].at_s - policy.steps[step].at_s)
    if policy.need is Need.NOBODY:
        return None
    if step == last and (policy.repeats is None or loop < policy.repeats):
        return Place(policy.repeat_from, loop + 1, policy.repeat_every_s)
    return Place(last + 1, loop, policy.fallback_every_s)


def wait_into(policy: LevelPolicy, step: int, loop: int) -> int:
    """The pace, in seconds, at which a step follows the one before it."""
    if step >= len(policy.steps):
        return policy.fallback_every_s
    if loop > 0 and step == policy.repeat_from:
        return policy.repeat_every_s
    return policy.steps[step].at_s - policy.steps[step - 1].at_s if step > 0 else 0


def followed_by(
    steps: tuple[Step, ...], after_s: int, others: tuple[Step, ...]
) -> tuple[Step, ...]:
    """Steps that go on with another level's once nobody has acknowledged for `after_s`."""
    return (*steps, *(Step(after_s + step.at_s, step.tells) for step in others))


def policy_hash(policy: Policy) -> str:
    """Names exactly this policy; an alert keeps the one it was raised under."""
    levels = sorted(policy.levels.items())
    rest = (policy.reopen_s, policy.flap_window_s, policy.flap_limit, policy.flap_page_every_s)
    return sha256(repr((levels, rest, policy.edit_every_s)).encode()).hexdigest()[:16]
