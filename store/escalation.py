"""escalation.yaml: the people, what each may do, and their Slack. Strict, with place and suggestion."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.approval import ALWAYS_TWO, Confirmations
from core.oncall.contacts import Means
from core.people import Person, Role, approvers
from store.escalation_alerts import (
    NOTHING_SAID,
    AlertSections,
    Contacts,
    DigestSection,
    LevelName,
    LevelSection,
    OnCall,
    StepSection,
    Turns,
    UnackedSection,
    policy_of,
)
from store.escalation_confirmations import ConfirmationsSection, KillSection

APPROVERS_MIN = 2


class PeopleUnusable(Exception):
    """escalation.yaml cannot be used; the message has file, line, column and what to write instead."""


def _role(value: object) -> object:
    known = [role.value for role in Role]
    if isinstance(value, str) and value not in known:
        near = difflib.get_close_matches(value, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"{value!r} is no role; {hint}roles are {', '.join(known)}")
    return value


_Role = Annotated[Role, BeforeValidator(_role)]
_Channel = Annotated[str, Field(pattern=r"^(C[A-Z0-9]{6,}|[a-z0-9_-]{1,80})$")]


class _Person(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    roles: frozenset[_Role] = Field(min_length=1)
    slack: str | None = Field(default=None, pattern=r"^[UW][A-Z0-9]{6,}$")
    contacts: Contacts = Contacts()


class _Channels(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    desk: _Channel
    alerts: _Channel | None = None
    pnl: _Channel | None = None


class _Slack(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    team: str = Field(pattern=r"^[TE][A-Z0-9]{6,}$")
    channels: _Channels
    groups: Mapping[str, frozenset[_Role]] = Field(default_factory=dict)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    people: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")], _Person]
    slack: _Slack | None = None
    on_call: OnCall | None = None
    levels: Mapping[LevelName, LevelSection] = Field(default_factory=dict)
    digest: DigestSection | None = None
    confirmations: ConfirmationsSection = ConfirmationsSection()


@dataclass(frozen=True, slots=True)
class Workspace:
    """The desk's Slack: its team, its channels (name or id), and what a user group may do.

    Without channels of their own, alerts and digests go to the desk's.
    """

    team: str
    desk_channel: str
    group_roles: Mapping[str, frozenset[Role]]
    alerts: str | None = None
    pnl: str | None = None

    @property
    def alerts_channel(self) -> str:
        return self.alerts or self.desk_channel

    @property
    def pnl_channel(self) -> str:
        return self.pnl or self.desk_channel


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
        _refuse_twice(path, tree)
        parsed = _File.model_validate(yaml.safe_load(text) or {})
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else "?"
        raise PeopleUnusable(f"{path}:{where}: {bad.problem}") from bad
    except yaml.YAMLError as bad:
        raise PeopleUnusable(f"{path}: is not YAML ({bad})") from bad
    except ValidationError as bad:
        raise PeopleUnusable("\n".join(_told(path, tree, error) for error in bad.errors())) from bad
    except RecursionError as bad:
        raise PeopleUnusable(f"{path}: is nested too deeply, or refers to itself") from bad
    except (ValueError, TypeError) as bad:  # YAML's own values: the 13th month, a list as a key
        raise PeopleUnusable(f"{path}: holds a value that YAML cannot make ({bad})") from bad
    found = {
        name: Person(name, person.name, person.roles, person.slack)
        for name, person in parsed.people.items()
    }
    _refuse_shared_account(path, tree, found)
    if len(approvers(found.values())) < APPROVERS_MIN:
        raise PeopleUnusable(
            f"{path}: at least {APPROVERS_MIN} people need the role approver or commander: "
            "nobody confirms their own request"
        )
    _refuse_unknown_on_call(path, tree, parsed)
    _refuse_snoozed_emergency(path, tree, parsed)
    confirmations = parsed.confirmations.value()
    return Escalation(found, _workspace(parsed.slack), _alert_sections(parsed), confirmations)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as missing:
        raise PeopleUnusable(f"{path}: cannot be read ({missing.strerror})") from missing
    except UnicodeDecodeError as bad:
        raise PeopleUnusable(f"{path}: is not UTF-8 text (byte {bad.start})") from bad


def _workspace(slack: _Slack | None) -> Workspace | None:
    if slack is None:
        return None
    channels = slack.channels
    return Workspace(slack.team, channels.desk, slack.groups, channels.alerts, channels.pnl)


def _alert_sections(parsed: _File) -> AlertSections:
    addresses = {name: _addresses(person) for name, person in parsed.people.items()}
    return AlertSections(
        addresses,
        parsed.on_call.schedule() if parsed.on_call else None,
        parsed.digest.when() if parsed.digest else None,
        policy_of(parsed.levels),
    )


def _addresses(person: _Person) -> dict[Means, str]:
    """In Slack first: that has buttons."""
    account = {Means.DM: person.slack} if person.slack else {}
    return account | person.contacts.by_means()


def _refuse_snoozed_emergency(path: Path, tree: Any, parsed: _File) -> None:
    emergency = parsed.levels.get("4")
    if emergency is not None and emergency.snooze_max is not None:
        line, column = _place(tree, ("levels", "4", "snooze_max"))
        raise PeopleUnusable(
            f"{path}:{line}:{column}: levels.4.snooze_max: level 4 cannot be snoozed; remove it"
        )


def _refuse_unknown_on_call(path: Path, tree: Any, parsed: _File) -> None:
    """Whoever is on call has to be somebody, and has to be reachable."""
    if parsed.on_call is None:
        return
    for name in sorted(parsed.on_call.names()):
        line, column = _place(tree, ("on_call",))
        if name not in parsed.people:
            near = difflib.get_close_matches(name, list(parsed.people), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise PeopleUnusable(
                f"{path}:{line}:{column}: on_call: nobody is called {name!r}{hint}"
            )
        if not _addresses(parsed.people[name]):
            raise PeopleUnusable(
                f"{path}:{line}:{column}: on_call: {name} cannot be told anything; "
                "give them `slack` or `contacts`"
            )


def _refuse_shared_account(path: Path, tree: Any, people: Mapping[str, Person]) -> None:
    """One Slack account for two people would let one person be both voices."""
    owners: dict[str, str] = {}
    for person in people.values():
        if person.slack is None:
            continue
        if person.slack in owners:
            line, column = _place(tree, ("people", person.name, "slack"))
            raise PeopleUnusable(
                f"{path}:{line}:{column}: {person.slack} is {owners[person.slack]}'s Slack account "
                "already; each person has their own"
            )
        owners[person.slack] = person.name


def _refuse_twice(path: Path, node: Any) -> None:
    """YAML lets the last of two equal keys win: of a person, or of their roles, that must be said."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twice(path, value)
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        if key.value in seen:
            mark = key.start_mark
            raise PeopleUnusable(
                f"{path}:{mark.line + 1}:{mark.column + 1}: {key.value!r} stands twice; remove one"
            )
        seen.add(key.value)
        _refuse_twice(path, value)


def _told(path: Path, tree: Any, error: Any) -> str:
    where = tuple(part for part in error["loc"] if part != "[key]")  # a name is at its own place
    line, column = _place(tree, where)
    keys = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"])
        near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"this key is not known here{hint}; known: {', '.join(known)}"
    return f"{path}:{line}:{column}: {keys}: {message}"


_MODELS: tuple[tuple[tuple[str, ...], type[BaseModel]], ...] = (
    ((), _File),
    (("people", "*"), _Person),
    (("people", "*", "contacts"), Contacts),
    (("slack",), _Slack),
    (("slack", "channels"), _Channels),
    (("on_call",), OnCall),
    (("on_call", "*"), Turns),
    (("digest",), DigestSection),
    (("confirmations",), ConfirmationsSection),
    (("confirmations", "kill"), KillSection),
    (("levels", "*"), LevelSection),
    (("levels", "*", "steps", "*"), StepSection),
    (("levels", "*", "on_unacked"), UnackedSection),
)
"""What stands where in the file; a star is any name or number."""


def _known_keys(place: tuple[Any, ...]) -> list[str]:
    above = place[:-1]
    for path, model in _MODELS:
        if len(path) == len(above) and all(
            word in ("*", str(part)) for word, part in zip(path, above, strict=True)
        ):
            return list(model.model_fields)
    return []


def _place(node: Any, path: tuple[Any, ...]) -> tuple[int, int]:
    """Line and column of the deepest part of `path` that the file has."""
    for part in path:
        if isinstance(node, yaml.MappingNode):
            inner = [(key, value) for key, value in node.value if key.value == str(part)]
            if not inner:
                break
            key, node = inner[0]
            if part == path[-1]:
                return key.start_mark.line + 1, key.start_mark.column + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
    if node is None:
        return 1, 1
    return node.start_mark.line + 1, node.start_mark.column + 1


def find_people_file(home: Path, start: Path) -> Path:
    """The home's own escalation.yaml, else the one where the command was typed."""
    own = home / "escalation.yaml"
    return own if own.exists() else start / "escalation.yaml"
