"""Reads a message for ntfy: from a JSON body, or from headers, query and a plain body."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.pager.page import Json
from sandbox.pager.reply import Asked

PRIORITIES = {"min": 1, "low": 2, "default": 3, "high": 4, "max": 5, "urgent": 5}
ACTIONS_MAX = 3
KINDS = ("view", "broadcast", "http", "copy")
SEQUENCE = re.compile(r"[-_A-Za-z0-9]{1,64}")
DOCS = "https://ntfy.sh/docs/publish/"
_DURATION = re.compile(
    r"(\d+)\s*(s|m|h|d|sec|secs|second|seconds|min|mins|minute|minutes|hours?|days?)?"
)
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SHORT = {"action", "label", "url", "method", "body", "clear", "intent", "value"}


class Wrong(Exception):
    """A refusal in ntfy's words."""

    def __init__(self, code: int, status: int, text: str, link: str = "") -> None:
        super().__init__(text)
        self.code, self.status, self.text, self.link = code, status, text, link


@dataclass(frozen=True, slots=True)
class Publication:
    topic: str
    message: str
    title: str = ""
    priority: int | None = None
    tags: list[str] = field(default_factory=list)
    click: str = ""
    actions: list[Json] = field(default_factory=list)
    sequence_id: str = ""
    at: datetime | None = None
    """When it is to come, if not at once."""


def from_json(body: bytes, now: datetime) -> Publication:
    """Raises Wrong."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Wrong(
            40024,
            400,
            "invalid request: request body must be message JSON",
            f"{DOCS}#publish-as-json",
        )
    if not isinstance(told.get("topic"), str):
        raise Wrong(40009, 400, "invalid request: topic invalid")
    tags = told.get("tags") or []
    if not isinstance(tags, list):
        raise Wrong(
            40024,
            400,
            "invalid request: request body must be message JSON",
            f"{DOCS}#publish-as-json",
        )
    return Publication(
        told["topic"],
        str(told.get("message") or "triggered"),
        str(told.get("title") or ""),
        _priority(told.get("priority")),
        [str(tag) for tag in tags],
        str(told.get("click") or ""),
        _actions(told.get("actions") or []),
        _sequence(str(told.get("sequence_id") or "")),
        _delayed(str(told.get("delay") or ""), now),
    )


def from_headers(topic: str, asked: Asked, now: datetime) -> Publication:
    """Raises Wrong. A name in the query does as well as a header, with or without `X-`."""

    def said(*names: str) -> str:
        for name in names:
            for where in (asked.headers, asked.query):
                value = where.get(f"X-{name}") or where.get(name) or where.get(name.lower())
                if value:
                    return value.strip()
        return ""

    message = said("Message", "m") or asked.body.decode(errors="replace").strip()
    tags = said("Tags", "Tag", "ta")
    return Publication(
        topic,
        message or "triggered",
        said("Title", "t"),
        _priority(said("Priority", "prio", "p")),
        [tag.strip() for tag in tags.split(",") if tag.strip()],
        said("Click"),
        _actions(_loaded(said("Actions", "Action"))),
        _sequence(said("Sequence-ID", "SID")),
        _delayed(said("Delay", "At", "In"), now),
    )


def duration_s(text: str) -> float | None:
    """Of "10m" or "30 seconds"; None for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or found[2] is None:
        return None
    return int(found[1]) * _UNIT_S[found[2][0]]


def _priority(value: Any) -> int | None:
    if value in (None, "", 0, "0"):
        return None
    priority = PRIORITIES.get(str(value).lower(), value)
    if str(priority) not in ("1", "2", "3", "4", "5"):
        raise Wrong(40007, 400, "invalid priority parameter", f"{DOCS}#message-priority")
    return int(priority)


def _sequence(text: str) -> str:
    if text and not SEQUENCE.fullmatch(text):
        raise Wrong(40049, 400, "invalid request: sequence ID invalid", f"{DOCS}#updating-messages")
    return text


def _delayed(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    seconds = duration_s(text)
    if seconds is not None:
        return now + timedelta(seconds=seconds)
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    raise Wrong(
        40004, 400, "invalid delay parameter: unable to parse delay", f"{DOCS}#scheduled-delivery"
    )


def _loaded(text: str) -> Any:
    if not text.startswith("["):
        return [_short(part) for part in text.split(";") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return None


def _short(text: str) -> Json:
    """`http, Acknowledge, https://…, method=PUT, headers.Authorization=…, body=…`"""
    action: Json = {}
    for place, part in enumerate(_split(text)):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if equals and name.startswith("headers."):
            action.setdefault("headers", {})[part[8 : part.index("=")]] = value.strip()
        elif equals and name in _SHORT:
            action[name] = value.strip()
        elif place < 3:
            action[("action", "label", "url")[place]] = part
    if "clear" in action:
        action["clear"] = action["clear"].lower() in ("true", "yes", "1")
    return action


def _split(text: str) -> list[str]:
    """At commas that stand in no quotes."""
    parts = re.findall(r"""(?:[^,'"]|"[^"]*"|'[^']*')+""", text)
    return [re.sub(r"""(['"])(.*?)\1""", r"\2", part.strip()) for part in parts]


def _actions(told: Any) -> list[Json]:
    if not isinstance(told, list) or len(told) > ACTIONS_MAX:
        raise _bad(
            f"only {ACTIONS_MAX} actions allowed" if isinstance(told, list) else "JSON error"
        )
    made = []
    for one in told:
        if not isinstance(one, dict) or one.get("action") not in KINDS:
            raise _bad(
                "parameter 'action' cannot be anything but 'view', 'broadcast', 'http' or 'copy'"
            )
        if not one.get("label"):
            raise _bad("parameter 'label' is required")
        if one["action"] in ("view", "http") and not one.get("url"):
            raise _bad(f"parameter 'url' is required for action '{one['action']}'")
        made.append({"id": secrets.token_hex(5), "clear": False, **one})
    return made


def _bad(why: str) -> Wrong:
    return Wrong(40018, 400, f"invalid request: actions invalid; {why}", f"{DOCS}#action-buttons")
