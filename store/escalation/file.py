"""escalation.yaml as a whole, read strictly: what is wrong is told with its place and a suggestion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from core.alerting.defaults import DEFAULT
from core.alerting.digest import DigestTime
from core.alerting.hysteresis import Thresholds
from core.alerting.policy import Policy
from core.alerting.quieting import NOTHING_QUIET, Quieting
from core.approval import ALWAYS_TWO, Confirmations
from core.oncall.contacts import Means
from core.oncall.hours import Hours
from core.oncall.schedule import Schedule
from core.people import Person
from store.escalation.confirmations import ConfirmationsSection
from store.escalation.fields import LIST_MAX, Clock, HoursSection, Name, Strict, Zone
from store.escalation.levels import LevelSections, policy_of
from store.escalation.on_call import UTC, OnCallSection
from store.escalation.people import PersonSection
from store.escalation.places import PeopleUnusable, refuse_twice, refused, told
from store.escalation.quiet import InhibitionSection, MaintenanceSection, SilenceSection
from store.escalation.rules import RuleSections, thresholds_of
from store.escalation.slack import SlackSection, Workspace
from store.escalation.whole import (
    refuse_shared,
    refuse_too_few,
    refuse_unknown_on_call,
    refuse_unknown_owner,
)


class DigestSection(Strict):
    """When the daily digest is posted."""

    zone: Zone = Field(default=UTC, description="whose days")
    at: Clock = Field(default=time(0, 5), description="the time of day")

    def when(self) -> DigestTime:
        return DigestTime(self.zone, self.at)


class File(Strict):
    """Every section that there is."""

    people: Mapping[Name, PersonSection] = Field(description="everybody, by a short name")
    slack: SlackSection | None = None
    on_call: OnCallSection | None = None
    levels: LevelSections = Field(
        default_factory=dict, description="by level (1 to 4), what it does otherwise than usual"
    )
    rules: RuleSections = Field(
        default_factory=dict,
        description="by rule and level, from which figure on it raises an alert; else as usual",
    )
    silences: Annotated[tuple[SilenceSection, ...], Field(max_length=LIST_MAX)] = ()
    inhibitions: Annotated[tuple[InhibitionSection, ...], Field(max_length=LIST_MAX)] = ()
    maintenance: Annotated[tuple[MaintenanceSection, ...], Field(max_length=LIST_MAX)] = ()
    quiet_hours: Annotated[tuple[HoursSection, ...], Field(max_length=LIST_MAX)] = Field(
        default=(), description="when nobody hears of a warning (level 1)"
    )
    digest: DigestSection | None = None
    confirmations: ConfirmationsSection = Field(
        default=ConfirmationsSection(), description="what two voices may leave to one"
    )


@dataclass(frozen=True, slots=True)
class AlertSections:
    """What the file says about alerts. None where it says nothing."""

    addresses: Mapping[str, Mapping[Means, str]] = field(default_factory=dict)
    rest: Mapping[str, Hours] = field(default_factory=dict)
    """When a person is not to hear of warnings."""
    schedule: Schedule | None = None
    digest: DigestTime | None = None
    policy: Policy = DEFAULT
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    """Of the rules that the file names; the others are as usual."""
    quieting: Quieting = NOTHING_QUIET


NOTHING_SAID = AlertSections()


@dataclass(frozen=True, slots=True)
class Escalation:
    """The whole file. `workspace` is None where no Slack is connected."""

    people: Mapping[str, Person]
    workspace: Workspace | None
    alerts: AlertSections = NOTHING_SAID
    confirmations: Confirmations = ALWAYS_TWO


def load_people(path: Path) -> Mapping[str, Person]:
    """Everybody in the file, by short name. Raises PeopleUnusable."""
    return load_escalation(path).people


def load_escalation(path: Path) -> Escalation:
    """Raises PeopleUnusable."""
    text = _text(path)
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
        refuse_twice(path, tree)
        parsed = File.model_validate(yaml.safe_load(text) or {})
        return _whole(path, tree, parsed)
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else "?"
        raise PeopleUnusable(f"{path}:{where}: {bad.problem}") from bad
    except yaml.YAMLError as bad:
        raise PeopleUnusable(f"{path}: is not YAML ({bad})") from bad
    except ValidationError as bad:
        lines = [told(path, tree, File, error) for error in bad.errors()]
        raise PeopleUnusable("\n".join(lines)) from bad
    except RecursionError as bad:
        raise PeopleUnusable(f"{path}: is nested too deeply, or refers to itself") from bad
    except (ValueError, TypeError) as bad:  # YAML's own values: the 13th month, a list as a key
        raise PeopleUnusable(f"{path}: holds a value that YAML cannot make ({bad})") from bad


def find_people_file(home: Path, start: Path) -> Path:
    """The home's own escalation.yaml, else the one where the command was typed."""
    own = home / "escalation.yaml"
    return own if own.exists() else start / "escalation.yaml"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as missing:
        raise PeopleUnusable(f"{path}: cannot be read ({missing.strerror})") from missing
    except UnicodeDecodeError as bad:
        raise PeopleUnusable(f"{path}: is not UTF-8 text (byte {bad.start})") from bad


def _whole(path: Path, tree: Any, parsed: File) -> Escalation:
    found = {
        name: Person(name, person.name, person.roles, person.slack)
        for name, person in parsed.people.items()
    }
    refuse_shared(path, tree, parsed.people)
    refuse_too_few(path, found.values())
    if parsed.on_call is not None:
        refuse_unknown_on_call(path, tree, parsed.on_call, parsed.people)
    refuse_unknown_owner(path, tree, parsed.silences, parsed.people)
    _refuse_tamed_emergency(path, tree, parsed)
    _refuse_paging_by_apprise(path, tree, parsed)
    workspace = parsed.slack.workspace() if parsed.slack else None
    alerts = _alert_sections(path, tree, parsed)
    return Escalation(found, workspace, alerts, parsed.confirmations.value())


def _alert_sections(path: Path, tree: Any, parsed: File) -> AlertSections:
    zone = parsed.on_call.zone if parsed.on_call else UTC
    people = parsed.people.items()
    return AlertSections(
        {name: person.addresses() for name, person in people},
        {name: person.quiet_hours.hours(zone) for name, person in people if person.quiet_hours},
        parsed.on_call.schedule() if parsed.on_call else None,
        parsed.digest.when() if parsed.digest else None,
        _policy(path, tree, parsed),
        _thresholds(path, tree, parsed),
        Quieting(
            tuple(one.silence(at + 1) for at, one in enumerate(parsed.silences)),
            tuple(one.inhibition() for one in parsed.inhibitions),
            tuple(once for one in parsed.maintenance if (once := one.once())),
            tuple(one.hours(zone) for one in parsed.quiet_hours),
            routines=tuple(weekly for one in parsed.maintenance if (weekly := one.weekly())),
        ),
    )


def _policy(path: Path, tree: Any, parsed: File) -> Policy:
    try:
        return policy_of(parsed.levels)
    except ValueError as why:
        raise refused(path, tree, ("levels",), str(why)) from why


def _thresholds(path: Path, tree: Any, parsed: File) -> Mapping[str, Thresholds]:
    try:
        return thresholds_of(parsed.rules)
    except ValueError as why:
        rule = str(why).split(":", 1)[0]
        raise refused(path, tree, ("rules", rule), str(why)) from why


def _refuse_paging_by_apprise(path: Path, tree: Any, parsed: File) -> None:
    """It keeps messages back for seconds and says nothing of what became of them."""
    for level in ("3", "4"):
        section = parsed.levels.get(level)
        for number, step in enumerate(section.steps or () if section else ()):
            if any("apprise" in means for means in step.tell.values()):
                keys = ("levels", level, "steps", number, "tell")
                why = "apprise wakes nobody: it is for levels 1 and 2, and for `fallback`"
                raise refused(path, tree, keys, why)


def _refuse_tamed_emergency(path: Path, tree: Any, parsed: File) -> None:
    """Level 4 goes on until everybody has answered, whatever the file says."""
    emergency = parsed.levels.get("4")
    if emergency is None:
        return
    if emergency.snooze_max is not None:
        keys = ("levels", "4", "snooze_max")
        raise refused(path, tree, keys, "level 4 cannot be snoozed; remove it")
    if emergency.ack not in (None, "all"):
        keys = ("levels", "4", "ack")
        raise refused(path, tree, keys, "level 4 ends when all have acknowledged; remove it")
    if emergency.repeats is not None:
        keys = ("levels", "4", "repeats")
        raise refused(path, tree, keys, "level 4 repeats until all have acknowledged; remove it")
