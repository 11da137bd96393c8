"""PagerDuty's Events API v2: events become incidents, one for each open dedup_key."""

import json
import secrets
from collections import deque

from aiohttp import web

from sandbox.pager.credentials import Credentials
from sandbox.pager.page import Json, Page, Provider
from sandbox.pager.pagerduty_hooks import IncidentHooks
from sandbox.pager.pages import Pages
from sandbox.pager.reply import Asked, answer

PATH = "/v2/enqueue"
BYTES_MAX = 512 * 1024
SUMMARY_MAX = 1024
KEY_MAX = 255
KEY_LENGTH = 32
PER_MINUTE = 120
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
ON_CALL = "on-call"
OPEN = ("ringing", "acknowledged")
"""An incident that is triggered rings at whoever is on call."""


class PagerDuty:
    def __init__(
        self, pages: Pages, credentials: Credentials, hooks: IncidentHooks, limited: bool
    ) -> None:
        self._pages = pages
        self._routing_key = credentials.routing_key
        self._hooks = hooks
        self._limited = limited
        self._incidents = sum(1 for _ in pages.of(Provider.INCIDENT))
        self._taken: deque[float] = deque(maxlen=PER_MINUTE)

    def handle(self, asked: Asked) -> web.Response:
        if asked.method != "POST":
            return answer(404, {"status": "not found", "message": "Not Found"})
        if len(asked.body) > BYTES_MAX:
            return _invalid(f"Event is too large: the limit is {BYTES_MAX} bytes", status=413)
        try:
            event = json.loads(asked.body)
        except (ValueError, RecursionError):
            return _invalid("JSON parse error")
        wrong = _wrong(event) if isinstance(event, dict) else ["Event is not a JSON object"]
        if not wrong and event["routing_key"] != self._routing_key:
            wrong = ["Invalid routing key"]
        if wrong:
            return _invalid(*wrong)
        if self._too_many():
            return throttled()
        return self._taken_in(event)

    def _taken_in(self, event: Json) -> web.Response:
        key = event.get("dedup_key") or secrets.token_hex(16)
        open_now = self._open(key)
        action = event["event_action"]
        if action == "trigger":
            self._trigger(key, open_now, event)
        elif open_now is not None and (action == "resolve" or open_now.state == "ringing"):
            self.move(open_now, "resolved" if action == "resolve" else "acknowledged", None)
        return answer(202, {"status": "success", "message": "Event processed", "dedup_key": key})

    def move(self, page: Page, state: str, by: str | None) -> None:
        """``by`` is a person; None is the integration."""
        page.detail["by"] = by
        self._pages.move(page, state, by=by or "integration")
        self._hooks.tell(page, f"incident.{state}", by)

    def _trigger(self, key: str, open_now: Page | None, event: Json) -> None:
        told = event["payload"]
        summary = told["summary"][:SUMMARY_MAX]
        if open_now is not None:
            open_now.detail["events"] += 1
            open_now.detail["payload"] = told
            self._pages.change(open_now)
            return
        id = f"Q{secrets.token_hex(7).upper()[:13]}"
        page = self._pages.new(id, Provider.INCIDENT, ON_CALL, summary, "ringing", key)
        self._incidents += 1
        page.detail = {"payload": told, "events": 1, "by": None}
        page.detail["incident_number"] = self._incidents
        for name in ("client", "client_url", "links", "images"):
            if event.get(name):
                page.detail[name] = event[name]
        self._pages.add(page)
        self._hooks.tell(page, "incident.triggered", None)

    def _open(self, key: str) -> Page | None:
        page = self._pages.latest(Provider.INCIDENT, ON_CALL, key)
        return page if page is not None and page.state in OPEN else None

    def _too_many(self) -> bool:
        now_s = self._pages.clock.monotonic_ns() / 1e9
        if self._limited and len(self._taken) == PER_MINUTE and now_s - self._taken[0] < 60:
            return True
        self._taken.append(now_s)
        return False


def throttled() -> web.Response:
    told = "Requests for this service are arriving too quickly. Please retry later."
    return answer(429, {"status": "throttle exceeded", "message": told, "errors": [told]})


def _invalid(*errors: str, status: int = 400) -> web.Response:
    told = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return answer(status, told)


def _wrong(event: Json) -> list[str]:
    wrong = [f"'{name}' is missing or blank" for name in _required(event) if _blank(event, name)]
    key, action, dedup = (event.get(name) for name in ("routing_key", "event_action", "dedup_key"))
    if isinstance(key, str) and key and len(key) != KEY_LENGTH:
        wrong.append(f"Length of 'routing_key' is incorrect (should be {KEY_LENGTH} characters)")
    if action and action not in ACTIONS:
        wrong.append(f"'event_action' must be one of {', '.join(ACTIONS)}")
    if isinstance(dedup, str) and len(dedup) > KEY_MAX:
        wrong.append(f"Length of 'dedup_key' is more than the maximum of {KEY_MAX} characters")
    if action == "trigger":
        wrong += _wrong_payload(event.get("payload"))
    return wrong


def _required(event: Json) -> list[str]:
    keyed = event.get("event_action") in ("acknowledge", "resolve")
    return ["routing_key", "event_action", *(["dedup_key"] if keyed else [])]


def _blank(event: Json, name: str) -> bool:
    value = event.get(name)
    return not isinstance(value, str) or not value.strip()


def _wrong_payload(payload: object) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    wrong = [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source")
        if _blank(payload, name)
    ]
    if payload.get("severity") not in SEVERITIES:
        one_of = "'critical', 'warning', 'error' or 'info'"
        wrong.append(f"'payload.severity' is invalid (must be one of the following: {one_of})")
    return wrong
