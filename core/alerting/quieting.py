"""When a step tells nobody: silences, inhibitions, maintenance and quiet hours. Nothing quiets level 4."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.alerting.alert import Alert, AlertState, Identity
from core.alerting.levels import Level
from core.oncall.hours import Hours

SILENCE_MAX = timedelta(days=7)
RECHECK = timedelta(seconds=30)
"""How soon a step is tried again that is kept back by something without an end of its own."""
REMIND_BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Match:
    """Which alerts are meant: exact words, or a beginning followed by one `*`. Empty means any.

    No regular expressions: a pattern can neither run away nor mean more than it says.
    """

    desk: str = ""
    rule: str = ""
    symbol: str = ""

    def covers(self, identity: Identity) -> bool:
        return all(
            _fits(pattern, word)
            for pattern, word in (
                (self.desk, identity.desk),
                (self.rule, identity.rule),
                (self.symbol, identity.symbol),
            )
        )

    @property
    def covers_everything(self) -> bool:
        return {self.rule, self.symbol} <= {"", "*"}


@dataclass(frozen=True, slots=True)
class Silence:
    """A person's wish not to be told of some alerts for a while."""

    id: str
    match: Match
    owner: str
    reason: str
    starts: datetime
    ends: datetime
    max_level: Level = Level.INTERVENTION

    @property
    def remind_at(self) -> datetime:
        """When its owner is told that it is about to end."""
        return max(self.starts, self.ends - REMIND_BEFORE)


class SilenceRefusal(StrEnum):
    """Why a silence is not taken."""

    NO_REASON = "say why: others will ask"
    NO_OWNER = "a silence belongs to a person"
    NO_TIME = "it has to end after it starts"
    TOO_LONG = "a silence lasts 7 days at most"
    EVERYTHING = "name a rule or a symbol; a silence of everything hides what nobody thought of"
    EMERGENCY = "level 4 cannot be silenced"


def silence_refusal(silence: Silence) -> SilenceRefusal | None:
    """Why this silence is not taken, or None."""
    refused = (
        (not silence.reason.strip(), SilenceRefusal.NO_REASON),
        (not silence.owner, SilenceRefusal.NO_OWNER),
        (silence.ends <= silence.starts, SilenceRefusal.NO_TIME),
        (silence.ends - silence.starts > SILENCE_MAX, SilenceRefusal.TOO_LONG),
        (silence.match.covers_everything, SilenceRefusal.EVERYTHING),
        (silence.max_level is Level.EMERGENCY, SilenceRefusal.EMERGENCY),
    )
    return next((reason for is_so, reason in refused if is_so), None)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert of `source` is open and its condition holds, those of `target` keep quiet."""

    source: Match
    target: Match
    same_symbol: bool = False


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A planned window. When it ends, whatever still fires is told at that instant.

    One that the file has is ended there: it has neither id nor owner.
    """

    name: str
    match: Match
    starts: datetime
    ends: datetime
    max_level: Level = Level.INTERVENTION
    id: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Routine:
    """A window that comes back every week."""

    name: str
    match: Match
    hours: Hours
    max_level: Level = Level.INTERVENTION


class Quiet(StrEnum):
    """Why a step told nobody."""

    SILENCED = "silenced"
    INHIBITED = "inhibited by another alert"
    MAINTENANCE = "in a maintenance window"
    QUIET_HOURS = "in quiet hours"


@dataclass(frozen=True, slots=True)
class Hush:
    """A step that is kept back: why, by what, and when it is tried again."""

    reason: Quiet
    by: str
    until: datetime

    def __str__(self) -> str:
        return f"{self.reason}: {self.by}"


@dataclass(frozen=True, slots=True)
class Quieting:
    """All that can keep a step back. `others` are the open alerts of the same store."""

    silences: tuple[Silence, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    quiet_hours: tuple[Hours, ...] = ()
    others: tuple[Alert, ...] = ()
    routines: tuple[Routine, ...] = ()


NOTHING_QUIET = Quieting()


def hush(alert: Alert, quieting: Quieting, now: datetime) -> Hush | None:
    """Why this alert tells nobody now, or None. Derived at every step and never stored as a state."""
    if alert.peak is Level.EMERGENCY:
        return None
    return (
        _silenced(alert, quieting.silences, now)
        or _inhibited(alert, quieting, now)
        or _in_maintenance(alert, quieting.maintenance, now)
        or _in_routine(alert, quieting.routines, now)
        or _in_quiet_hours(alert, quieting.quiet_hours, now)
    )


def _silenced(alert: Alert, silences: Iterable[Silence], now: datetime) -> Hush | None:
    for silence in silences:
        if _holds(silence, alert, now):
            by = f"{silence.id} by {silence.owner} ({silence.reason})"
            return Hush(Quiet.SILENCED, by, silence.ends)
    return None


def _inhibited(alert: Alert, quieting: Quieting, now: datetime) -> Hush | None:
    for rule in quieting.inhibitions:
        if not rule.target.covers(alert.identity):
            continue
        for other in quieting.others:
            if _inhibits(other, alert, rule):
                by = f"{other.id} ({other.identity})"
                return Hush(Quiet.INHIBITED, by, now + RECHECK)
    return None


def _inhibits(other: Alert, alert: Alert, rule: Inhibition) -> bool:
    """An alert of a lower level hides nothing, and one that matches both sides not itself."""
    return (
        other.id != alert.id
        and other.state in (AlertState.FIRING, AlertState.ACKNOWLEDGED)
        and not other.cleared
        and other.level >= alert.peak
        and other.identity.desk == alert.identity.desk
        and (not rule.same_symbol or other.identity.symbol == alert.identity.symbol)
        and rule.source.covers(other.identity)
        and not rule.target.covers(other.identity)
    )


def _in_maintenance(alert: Alert, windows: Iterable[Maintenance], now: datetime) -> Hush | None:
    for window in windows:
        if _holds(window, alert, now):
            return Hush(Quiet.MAINTENANCE, window.name, window.ends)
    return None


def _in_routine(alert: Alert, routines: Iterable[Routine], now: datetime) -> Hush | None:
    for routine in routines:
        until = routine.hours.until(now)
        if until is not None and _meant(routine, alert):
            return Hush(Quiet.MAINTENANCE, routine.name, until)
    return None


def _in_quiet_hours(alert: Alert, quiet_hours: Iterable[Hours], now: datetime) -> Hush | None:
    if alert.peak > Level.WARNING:
        return None
    for hours in quiet_hours:
        if (until := hours.until(now)) is not None:
            return Hush(Quiet.QUIET_HOURS, f"until {hours.ends:%H:%M} {hours.zone.key}", until)
    return None


def _holds(window: Silence | Maintenance, alert: Alert, now: datetime) -> bool:
    return window.starts <= now < window.ends and _meant(window, alert)


def _meant(window: Silence | Maintenance | Routine, alert: Alert) -> bool:
    return alert.peak <= window.max_level and window.match.covers(alert.identity)


def _fits(pattern: str, word: str) -> bool:
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return pattern in ("", word)
