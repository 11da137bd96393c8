"""Which edits of the alert policy make it looser, in words: two people have to agree to those."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from core.alerting.hysteresis import Threshold, Thresholds
from core.alerting.levels import Level
from core.alerting.quieting import Inhibition, Maintenance, Match, Quieting, Routine, Silence
from core.oncall.contacts import Means
from core.oncall.schedule import Duty, Schedule, shifts

LOOSENS = (
    ("a step of level 2 to 4", "somebody told later, by fewer means, less often or not at all"),
    ("a level's repeats and fallback", "fewer, later, or telling fewer"),
    ("who has to acknowledge", "fewer people"),
    ("acknowledgement, grace, snooze", "standing longer before others are told again"),
    ("group wait, clear after", "waiting longer; closed sooner"),
    ("on_unacked", "removed, later, weaker, or only rehearsed"),
    ("a rule's figures", "raised further out or later, cleared earlier, a level off"),
    ("a duty", "a person less in its rotations, or hours that nobody has"),
    ("a contact", "a way to be told taken away, or another address"),
    ("a silence or window up to level 2 or 3", "added"),
    ("an inhibition", "added"),
)
"""What counts as looser. Names, order of turns, times of hand-over, substitutes, digest, channels, quiet
hours and all of level 1 but its figures and actions hold at once; so does what is taken out of silences,
windows and inhibitions. A level, rule, duty or person whose edit is looser in any respect waits whole."""

AHEAD = timedelta(days=90)
HOUR = timedelta(hours=1)


def looser_rule(rule: str, approved: Thresholds, wanted: Thresholds) -> list[str]:
    """What a rule would tell later, or not at all."""
    after = {one.level: one for one in wanted.levels}
    found: list[str] = []
    for one in approved.levels:
        other = after.get(one.level)
        if other is None:
            found.append(f"{rule} is off at {one.level}")
        else:
            found += [f"{rule} at {one.level} {what}" for what in _less(approved, one, other)]
    return found


def _less(rule: Thresholds, approved: Threshold, wanted: Threshold) -> Iterator[str]:
    if rule.beyond(wanted.raise_at, approved.raise_at):
        yield f"is raised at {wanted.raise_at}, not {approved.raise_at}"
    if rule.beyond(wanted.clear_at, approved.clear_at):
        yield f"clears at {wanted.clear_at}, not {approved.clear_at}"
    if wanted.raise_after_s > approved.raise_after_s:
        yield f"is raised after {wanted.raise_after_s} s, not {approved.raise_after_s} s"
    if wanted.clear_after_s < approved.clear_after_s:
        yield f"clears after {wanted.clear_after_s} s, not {approved.clear_after_s} s"


def looser_duty(duty: Duty, approved: Schedule, wanted: Schedule, now: datetime) -> list[str]:
    """Who has this duty no more, and how much longer nobody has it in the coming days."""
    gone = _named(approved, duty) - _named(wanted, duty)
    found = [f"{name} is no longer {duty.value}" for name in sorted(gone)]
    hours = (_uncovered(wanted, duty, now) - _uncovered(approved, duty, now)) / HOUR
    if hours > 0:
        days = AHEAD.days
        found.append(f"nobody is {duty.value} for {hours:g} h more of the next {days} days")
    return found


def _named(schedule: Schedule, duty: Duty) -> set[str]:
    return {name for layer in schedule.layers.get(duty, ()) for name in layer.rotation.people}


def _uncovered(schedule: Schedule, duty: Duty, now: datetime) -> timedelta:
    rotations = Schedule(schedule.layers)
    gaps = [one for one in shifts(rotations, duty, now, now + AHEAD) if one.gap]
    return sum((one.end - one.start for one in gaps), timedelta(0))


def looser_reach(
    person: str, approved: Mapping[Means, str], wanted: Mapping[Means, str]
) -> list[str]:
    """By which means somebody is told no more, or somewhere else."""
    gone = [by.value for by in approved if by not in wanted]
    found = [f"{person} is no longer told by {', '.join(gone)}"] if gone else []
    for by, before in approved.items():
        if wanted.get(by, before) != before:
            found.append(
                f"{person} is told by {by.value} at {_end(wanted[by])}, not {_end(before)}"
            )
    return found


def _end(address: str) -> str:
    """Enough to tell two apart: the words go on record and to everybody's screen."""
    return f"…{address[-4:]}"


def looser_quiet(
    approved: Quieting, one: Silence | Maintenance | Routine | Inhibition, now: datetime
) -> str | None:
    """What a silence, window or inhibition would hide that is not hidden now; None when nothing."""
    match one:
        case Silence():
            known = one.ends <= now or any(_same(one, other) for other in approved.silences)
            what = f"silence of {_match(one.match)} until {one.ends:%Y-%m-%d %H:%M} UTC"
        case Maintenance():
            known = one.ends <= now or one in approved.maintenance
            what = f"{one.name}: quiet for {_match(one.match)} until {one.ends:%Y-%m-%d %H:%M} UTC"
        case Routine():
            known = one in approved.routines
            what = f"{one.name}: every week quiet for {_match(one.match)}"
        case Inhibition():
            known = one in approved.inhibitions
            return (
                None
                if known
                else f"{_match(one.target)} is quiet while {_match(one.source)} is open"
            )
    if known or one.max_level < Level.INTERVENTION:
        return None
    return f"{what}, up to {one.max_level}"


def _same(one: Silence, other: Silence) -> bool:
    """Whichever place it has in the file."""
    return (one.match, one.owner, one.starts, one.ends, one.max_level) == (
        other.match,
        other.owner,
        other.starts,
        other.ends,
        other.max_level,
    )


def _match(match: Match) -> str:
    return " ".join(word for word in (match.rule, match.symbol, match.desk) if word) or "everything"
