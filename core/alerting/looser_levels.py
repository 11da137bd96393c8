"""What an edit of one level would tell later, less often, to fewer people, or do no more."""

from collections.abc import Iterable, Iterator

from core.alerting.levels import Level
from core.alerting.policy import LevelPolicy, Need, OnUnacked, Tell, Tightening, Who
from core.oncall.contacts import Means

Way = tuple[Who, Means]
ALWAYS = float("inf")
_NEEDS = list(Need)
_STRENGTH = list(Tightening)


def looser_level(level: Level, approved: LevelPolicy, wanted: LevelPolicy) -> list[str]:
    """Of level 1 only what the system does by itself counts: nobody is paged for it."""
    found = [*_acts_less(approved.on_unacked, wanted.on_unacked)]
    if level is not Level.WARNING:
        found += [*_told_less(approved, wanted), *_repeats_less(approved, wanted)]
        found += [*_waits_longer(approved, wanted)]
    return [f"{level}: {what}" for what in found]


def _told_less(approved: LevelPolicy, wanted: LevelPolicy) -> Iterator[str]:
    """The n-th time that somebody is told by some means must not come later, or go missing."""
    after = _times(wanted)
    for (who, by), times in _times(approved).items():
        told = _covering(after, who, by)
        for turn, at_s in enumerate(times):
            if turn >= len(told):
                yield f"{who.value} is not told by {by.value} after {at_s} s"
            elif told[turn] > at_s:
                yield f"{who.value} is told by {by.value} after {told[turn]} s, not {at_s} s"


def _times(policy: LevelPolicy) -> dict[Way, list[int]]:
    found: dict[Way, list[int]] = {}
    for step in policy.steps:
        for way in _ways(step.tells):
            found.setdefault(way, []).append(step.at_s)
    return found


def _ways(tells: Iterable[Tell]) -> Iterator[Way]:
    return ((tell.who, by) for tell in tells for by in tell.by)


def _covering(times: dict[Way, list[int]], who: Who, by: Means) -> list[int]:
    """When they are told, also as one of everyone."""
    named = times.get((who, by), [])
    everyone = [] if who in (Who.CHANNEL, Who.SERVICES) else times.get((Who.EVERYONE, by), [])
    return sorted({*named, *everyone})


def _repeats_less(approved: LevelPolicy, wanted: LevelPolicy) -> Iterator[str]:
    if _count(wanted.repeats) < _count(approved.repeats):
        before = "until somebody answers" if approved.repeats is None else str(approved.repeats)
        yield f"its steps are repeated {wanted.repeats} times, not {before}"
    if wanted.repeat_from > approved.repeat_from:
        yield f"rounds begin with step {wanted.repeat_from + 1}, not {approved.repeat_from + 1}"
    after = {way: [0] for way in _ways(wanted.fallback)}
    for who, by in _ways(approved.fallback):
        if not _covering(after, who, by):
            yield f"its fallback does not tell {who.value} by {by.value}"


def _count(repeats: int | None) -> float:
    return ALWAYS if repeats is None else repeats


def _waits_longer(approved: LevelPolicy, wanted: LevelPolicy) -> Iterator[str]:
    if _NEEDS.index(wanted.need) < _NEEDS.index(approved.need):
        yield f"who has to acknowledge: {wanted.need}, not {approved.need}"
    for what, before_s, after_s in _spans(approved, wanted):
        if _longer(after_s, before_s):
            yield f"{what} {_s(after_s)}, not {_s(before_s)}"
    if wanted.clear_after_s < approved.clear_after_s:
        yield f"it is over after {wanted.clear_after_s} s without it, not {approved.clear_after_s} s"


def _spans(
    approved: LevelPolicy, wanted: LevelPolicy
) -> Iterator[tuple[str, int | None, int | None]]:
    """Whatever is looser when it is longer. None: without end."""
    yield "a round begins again after", approved.repeat_every_s, wanted.repeat_every_s
    yield "the fallback is told again after", approved.fallback_every_s, wanted.fallback_every_s
    yield "what has cleared is told again after", approved.cleared_every_s, wanted.cleared_every_s
    yield "it waits for others", approved.group_wait_s, wanted.group_wait_s
    yield "an acknowledgement stands for", approved.hold_s, wanted.hold_s
    yield "others are told after a reminder and", approved.grace_s, wanted.grace_s
    yield "it can be snoozed for", approved.snooze_max_s, wanted.snooze_max_s


def _longer(after_s: int | None, before_s: int | None) -> bool:
    return (ALWAYS if after_s is None else after_s) > (ALWAYS if before_s is None else before_s)


def _s(seconds: int | None) -> str:
    return "ever" if seconds is None else f"{seconds} s"


def _acts_less(approved: OnUnacked | None, wanted: OnUnacked | None) -> Iterator[str]:
    if approved is None:
        return
    if wanted is None:
        yield f"nothing is done when nobody answers, not {approved.action}"
        return
    if _STRENGTH.index(wanted.action) < _STRENGTH.index(approved.action):
        yield f"when nobody answers it comes to {wanted.action}, not {approved.action}"
    if wanted.after_s > approved.after_s:
        yield f"it is done after {wanted.after_s} s, not {approved.after_s} s"
    if wanted.dry_run and not approved.dry_run:
        yield f"{wanted.action} is only rehearsed when nobody answers"
