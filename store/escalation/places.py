"""Where in the file something stands, and what might stand there instead."""

from collections.abc import Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from store.escalation.fields import near


class PeopleUnusable(Exception):
    """escalation.yaml cannot be used; the message has file, line, column and what to write instead."""


def refused(path: Path, tree: Any, keys: Sequence[str | int], why: str) -> PeopleUnusable:
    """`why` at the place of `keys`, or at the deepest part of that which the file has."""
    line, column = place(tree, keys)
    return PeopleUnusable(f"{path}:{line}:{column}: {_dotted(keys)}: {why}")


def place(node: Any, keys: Sequence[str | int]) -> tuple[int, int]:
    """Line and column of the deepest part of `keys` that the file has."""
    for part in keys:
        if isinstance(node, yaml.MappingNode):
            inner = [(key, value) for key, value in node.value if key.value == str(part)]
            if not inner and isinstance(part, int):
                continue  # a list of one may be written without its dash
            if not inner:
                break
            key, node = inner[0]
            if part == keys[-1]:
                return key.start_mark.line + 1, key.start_mark.column + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
    if node is None:
        return 1, 1
    return node.start_mark.line + 1, node.start_mark.column + 1


def told(path: Path, tree: Any, whole: type[BaseModel], error: Any) -> str:
    """One of pydantic's errors, with its place; an unknown key with those that are known there."""
    where = tuple(part for part in error["loc"] if part != "[key]")  # a name is at its own place
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _known_keys(whole, where[:-1])
        message = f"this key is not known here; {near(where[-1], known)}known: {', '.join(known)}"
    line, column = place(tree, where)
    return f"{path}:{line}:{column}: {_dotted(error['loc'])}: {message}"


def refuse_twice(path: Path, node: Any) -> None:
    """YAML lets the last of two equal keys win: of a person, or of their roles, that must be said."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            refuse_twice(path, value)
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
        refuse_twice(path, value)


def _dotted(keys: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in keys)


def _known_keys(whole: type[BaseModel], above: Sequence[str | int]) -> list[str]:
    """The keys of the section at a place, as the file spells them."""
    kind: Any = whole
    for part in above:
        kind = _inside(_plain(kind), part)
    section = _plain(kind)
    if not (isinstance(section, type) and issubclass(section, BaseModel)):
        return []
    return [field.alias or name for name, field in section.model_fields.items()]


def _inside(kind: Any, part: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return fields[str(part)].annotation if str(part) in fields else None
    inner = get_args(kind)
    if get_origin(kind) is tuple:
        return inner[0]
    return inner[1] if isinstance(get_origin(kind), type) and len(inner) == 2 else None


def _plain(kind: Any) -> Any:
    """Without what is wrapped around it: `Annotated`, `| None`."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = next(one for one in get_args(kind) if one is not type(None))
        else:
            return kind
