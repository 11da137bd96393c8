"""Every key of escalation.yaml, read from its sections, with what counts where it is left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from store.escalation.fields import HoursSection, Seconds
from store.escalation.file import File

NAMES = {
    "people": "NAME",
    "levels": "LEVEL",
    "rules": "RULE",
    "rules.RULE": "LEVEL",
    "groups": "GROUP",
}
"""What stands for the keys that a desk chooses."""
LIKE_ANOTHER = {
    "on_call.backup": "on_call.primary",
    "on_call.team_lead": "on_call.primary",
    "inhibitions[].source": "silences[]",
    "inhibitions[].target": "silences[]",
}
HOURS = "people.NAME.quiet_hours"
"""Where the keys of hours stand; elsewhere they are the same."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key, by its whole path; `[]` is an item of a list."""

    path: str
    says: str
    left_out: str


def keys() -> list[Key]:
    return list(_keys(File, ""))


def _keys(section: type[BaseModel], above: str) -> Iterator[Key]:
    for name, field in section.model_fields.items():
        path = f"{above}{field.alias or name}"
        inner, suffix = _inside(field.annotation, path)
        said = field.description or (_doc(inner) if inner else "")
        alike = HOURS if inner is HoursSection and path != HOURS else LIKE_ANOTHER.get(path)
        yield Key(path, f"{said}; keys as in `{alike}`" if alike else said, _left_out(field))
        if inner is not None and alike is None:
            yield from _keys(inner, f"{path}{suffix}.")


def _inside(kind: Any, path: str) -> tuple[type[BaseModel] | None, str]:
    """The section that a value holds, and what stands between its key and those of the section."""
    kind = _plain(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind, ""
    inner = get_args(kind)
    if get_origin(kind) is tuple:
        section, suffix = _inside(inner[0], path)
        return section, f"[]{suffix}"
    if get_origin(kind) is Mapping or str(get_origin(kind)).endswith("abc.Mapping'>"):
        name = NAMES.get(path, "")
        section, suffix = _inside(inner[1], f"{path}.{name}")
        return (section, f".{name}{suffix}") if name else (None, "")
    return None, ""


def _plain(kind: Any) -> Any:
    """Without what is wrapped around it: `Annotated`, `| None`."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = next(one for one in get_args(kind) if one is not type(None))
        else:
            return kind


def _doc(section: type[BaseModel]) -> str:
    text = " ".join((section.__doc__ or "").split())
    return text[:1].lower() + text[1:].removesuffix(".")


def _left_out(field: FieldInfo) -> str:
    """What counts where the key is not there."""
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if any(one in field.metadata for one in get_args(Seconds)[1:]) and default is not None:
        return f"{default}s"
    match default:
        case bool():
            return str(default).lower()
        case time():
            return f"{default:%H:%M}"
        case date() | ZoneInfo() | int() | str():
            return str(default)
        case _:
            return ""
