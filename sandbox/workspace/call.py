"""One call of a Web API method: its arguments as Slack reads them, and the errors it may end in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class SlackError(Exception):
    """An answer with ok false; ``more`` is what stands beside the code."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more

    @property
    def body(self) -> Json:
        return {"ok": False, "error": self.code, **self.more}


def invalid_arguments(*messages: str) -> SlackError:
    return SlackError(
        "invalid_arguments",
        response_metadata={"messages": [f"[ERROR] {told}" for told in messages]},
    )


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments come as texts from forms and as JSON from bodies; both are read alike."""

    method: str
    args: Mapping[str, Any]
    base: str
    """Of this server, as the caller named it: `http://127.0.0.1:8970`."""

    def has(self, name: str) -> bool:
        return self.args.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float):
            return str(value)
        raise invalid_arguments(f"must be a string [json-pointer:/{name}]")

    def flag(self, name: str, default: bool = False) -> bool:
        return read_flag(self.args.get(name), default)

    def whole(self, name: str, default: int, low: int, high: int, code: str = "") -> int:
        """Raises ``code``, or invalid_arguments, for anything but a whole number in bounds."""
        value = self.args.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(str(value))
        except ValueError:
            number = low - 1
        if low <= number <= high:
            return number
        raise (
            SlackError(code)
            if code
            else invalid_arguments(f"must be a number [json-pointer:/{name}]")
        )

    def names(self, name: str) -> list[str]:
        """A list, or a text with commas."""
        value = self.args.get(name)
        if isinstance(value, str):
            value = _loaded(value) if value.startswith("[") else value.split(",")
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise invalid_arguments(f"must be a list of strings [json-pointer:/{name}]")
        return [item.strip() for item in value if item.strip()]

    def structure(self, name: str, code: str) -> Any:
        """A list or object, also as JSON text; None when it was not given. Raises ``code``."""
        value = self.args.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            value = _loaded(value)
        if not isinstance(value, list | dict):
            raise SlackError(code)
        return value


def read_flag(value: Any, default: bool = False) -> bool:
    if value is None or value == "":
        return default
    return str(value).lower() in ("1", "true", "yes", "on")


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
