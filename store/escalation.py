"""escalation.yaml: the people, what each may do, and their Slack. Strict, with place and suggestion."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.people import Person, Role, approvers

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


class _Channels(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    desk: _Channel


class _Slack(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    team: str = Field(pattern=r"^[TE][A-Z0-9]{6,}$")
    channels: _Channels
    groups: Mapping[str, frozenset[_Role]] = Field(default_factory=dict)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    people: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")], _Person]
    slack: _Slack | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """The desk's Slack: its team, the channel of the desk (name or id), and what a user group may do."""

    team: str
    desk_channel: str
    group_roles: Mapping[str, frozenset[Role]]


@dataclass(frozen=True, slots=True)
class Escalation:
    """The whole file. `workspace` is None where no Slack is connected."""

    people: Mapping[str, Person]
    workspace: Workspace | None


def load_people(path: Path) -> Mapping[str, Person]:
    """Everybody in the file, by short name. Raises PeopleUnusable."""
    return load_escalation(path).people


def load_escalation(path: Path) -> Escalation:
    """Raises PeopleUnusable."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as missing:
        raise PeopleUnusable(f"{path}: cannot be read ({missing.strerror})") from missing
    except UnicodeDecodeError as bad:
        raise PeopleUnusable(f"{path}: is not UTF-8 text (byte {bad.start})") from bad
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
    return Escalation(found, _workspace(parsed.slack))


def _workspace(slack: _Slack | None) -> Workspace | None:
    if slack is None:
        return None
    return Workspace(slack.team, slack.channels.desk, slack.groups)


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


def _known_keys(place: tuple[Any, ...]) -> list[str]:
    match place:
        case (_,):
            model: type[BaseModel] = _File
        case ("slack", "channels", _):
            model = _Channels
        case ("slack", _):
            model = _Slack
        case _:
            model = _Person
    return list(model.model_fields)


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
