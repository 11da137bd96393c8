"""Checks of JSON structures that say, like Slack, what is wrong and where (a JSON pointer)."""

from collections.abc import Callable, Mapping
from typing import Any

Problems = list[tuple[str, str]]
"""What is wrong, and the pointer to it."""
Check = Callable[[Any, str, Problems], None]


def messages(problems: Problems) -> list[str]:
    return [f"{what} [json-pointer:{pointer or '/'}]" for what, pointer in problems]


def string(most: int, least: int = 0) -> Check:
    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.append(("must be a string", pointer))
        elif len(value) > most:
            problems.append((f"must be less than {most + 1} characters", pointer))
        elif len(value) < least:
            problems.append((f"must be more than {least - 1} characters", pointer))

    return check


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    if not isinstance(value, bool):
        problems.append(("must be a boolean", pointer))


def number(value: Any, pointer: str, problems: Problems) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.append(("must be a number", pointer))


def anything(value: Any, pointer: str, problems: Problems) -> None:
    """Not looked at."""


def choice(*allowed: str) -> Check:
    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            problems.append((f"must be a valid enum value: {', '.join(allowed)}", pointer))

    return check


def items(each: Check, most: int, least: int = 0) -> Check:
    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.append(("must be an array", pointer))
            return
        if len(value) > most:
            problems.append((f"no more than {most} items allowed", pointer))
        if len(value) < least:
            problems.append((f"no fewer than {least} items allowed", pointer))
        for place, item in enumerate(value[: most + 1]):
            each(item, f"{pointer}/{place}", problems)

    return check


def fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others; null counts as left out."""
    known = {**(optional or {}), **required}

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.append(("must be an object", pointer))
            return
        for name in required:
            if value.get(name) is None:
                problems.append((f"missing required field: {name}", pointer))
        for name, inner in value.items():
            if name not in known:
                problems.append((f"invalid additional property: {name}", pointer))
            elif inner is not None:
                known[name](inner, f"{pointer}/{name}", problems)

    return check


def kinds(known: Mapping[str, Check]) -> Check:
    """An object whose type says which check is its own."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.append(("must be an object", pointer))
            return
        kind = value.get("type")
        if kind is None:
            problems.append(("missing required field: type", pointer))
        elif not isinstance(kind, str) or kind not in known:
            problems.append((f"unsupported type: {kind}", f"{pointer}/type"))
        else:
            known[kind](value, pointer, problems)

    return check


def both(*checks: Check) -> Check:
    def check(value: Any, pointer: str, problems: Problems) -> None:
        for one in checks:
            one(value, pointer, problems)

    return check


def one_of(*names: str) -> Check:
    """At least one of the fields must be there."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if isinstance(value, dict) and not any(value.get(name) for name in names):
            problems.append((f"missing required field: {' or '.join(names)}", pointer))

    return check
