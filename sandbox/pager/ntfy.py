"""ntfy: publish by JSON or by path and headers, poll a topic, press a notification's buttons."""

import re
import secrets
from datetime import datetime, timedelta

from aiohttp import web

from sandbox.loopback import BadInput, to_json
from sandbox.pager.credentials import Credentials
from sandbox.pager.ntfy_reading import Publication, Wrong, duration_s, from_headers, from_json
from sandbox.pager.outward import Heard, Outward
from sandbox.pager.page import Json, Page, Provider
from sandbox.pager.pages import Pages
from sandbox.pager.reply import Asked, answer

TOPICS = re.compile(r"[-_A-Za-z0-9]{1,64}")
MESSAGE_BYTES_MAX = 4096
KEPT_FOR = timedelta(hours=12)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
UNAUTHORIZED = Wrong(40101, 401, "unauthorized", "https://ntfy.sh/docs/publish/#authentication")
TOO_MANY = Wrong(42901, 429, "limit reached: too many requests")
NOT_FOUND = Wrong(40401, 404, "page not found")
TOPIC_INVALID = Wrong(40009, 400, "invalid request: topic invalid")
TOO_LARGE = Wrong(41301, 413, "attachment too large, or bandwidth limit reached")
SINCE_INVALID = Wrong(40008, 400, "invalid since parameter")
ONLY_POLLS = Wrong(40000, 400, "this sandbox serves polls only: add poll=1")


class Ntfy:
    def __init__(self, pages: Pages, credentials: Credentials, outward: Outward) -> None:
        self._pages = pages
        self._token = credentials.ntfy_token
        self._outward = outward
        pushes = pages.of(Provider.PUSH)
        self._scheduled = {page.id: page for page in pushes if page.state == "scheduled"}

    def handle(self, asked: Asked) -> web.Response:
        try:
            self._authorise(asked)
            return self._route(asked)
        except Wrong as wrong:
            return refused(wrong)

    def tick(self, now: datetime) -> None:
        """What was to come later comes."""
        for page in list(self._scheduled.values()):
            if page.detail["time"] <= now.timestamp():
                del self._scheduled[page.id]
                self._pages.move(page, "delivered")

    async def press(self, page: Page, label: str) -> Heard | None:
        """One of its buttons; None for a button that asks nothing of the app. Raises BadInput."""
        actions = page.detail.get("actions", [])
        action = next((one for one in actions if label in (one["label"], one["id"])), None)
        if action is None:
            labels = ", ".join(repr(one["label"]) for one in actions) or "none"
            raise BadInput(f"no button {label!r}; the notification's are {labels}")
        if action["action"] != "http":
            self._pages.move(page, "answered", pressed=action["label"])
            return None
        body = str(action.get("body") or "").encode()
        method, headers = action.get("method") or "POST", action.get("headers") or {}
        heard = await self._outward.ask(method, action["url"], body, headers)
        state = "answered" if heard.went_well else page.state
        self._pages.move(page, state, pressed=action["label"], app=heard.view())
        return heard

    def _authorise(self, asked: Asked) -> None:
        """Topics are open, as on ntfy.sh; a token that is given has to be right."""
        said = asked.headers.get("Authorization") or asked.query.get("auth")
        if said and said.removeprefix("Bearer ").strip() != self._token:
            raise UNAUTHORIZED

    def _route(self, asked: Asked) -> web.Response:
        topic, _, rest = asked.path.removeprefix("/").partition("/")
        writes = asked.method in ("POST", "PUT")
        if writes and not topic:
            return self._publish(from_json(asked.body, self._now()))
        if topic == "v1" and rest == "health":
            return answer(200, {"healthy": True})
        if not TOPICS.fullmatch(topic):
            raise TOPIC_INVALID
        if (writes and not rest) or (asked.method == "GET" and rest in ("publish", "send")):
            return self._publish(from_headers(topic, asked, self._now()))
        if asked.method == "GET" and rest == "json":
            return self._polled(topic, asked)
        raise NOT_FOUND

    def _publish(self, told: Publication) -> web.Response:
        if not TOPICS.fullmatch(told.topic):
            raise TOPIC_INVALID
        if len(told.message.encode()) > MESSAGE_BYTES_MAX:
            raise TOO_LARGE
        shown = self._shown(told)
        id = shown["id"]
        text = f"{told.title}\n{told.message}" if told.title else told.message
        state = "delivered" if told.at is None else "scheduled"
        page = self._pages.new(id, Provider.PUSH, told.topic, text, state, told.sequence_id)
        page.detail = shown
        self._replace(page)
        self._pages.add(page)
        if state == "scheduled":
            self._scheduled[id] = page
        return answer(200, shown)

    def _shown(self, told: Publication) -> Json:
        at = told.at or self._now()
        id = "".join(secrets.choice(LETTERS) for _ in range(12))
        shown: Json = {
            "id": id,
            "sequence_id": told.sequence_id or None,
            "time": int(at.timestamp()),
            "expires": int((at + KEPT_FOR).timestamp()),
            "event": "message",
            "topic": told.topic,
            "title": told.title or None,
            "message": told.message,
            "priority": told.priority,
            "tags": told.tags or None,
            "click": told.click or None,
            "actions": told.actions or None,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _replace(self, page: Page) -> None:
        """On the phone, the newer message of one sequence stands in the older one's place."""
        first = self._pages.known(page.dedup_key)
        last = self._pages.latest(Provider.PUSH, page.to, page.dedup_key)
        for older in (first, last):
            if older is not None and older.to == page.to and older.state != "replaced":
                self._scheduled.pop(older.id, None)
                self._pages.move(older, "replaced")

    def _polled(self, topic: str, asked: Asked) -> web.Response:
        if asked.query.get("poll", asked.headers.get("X-Poll", "")) not in ("1", "true", "yes"):
            raise ONLY_POLLS
        topics = set(topic.split(","))
        cached = [
            page
            for page in self._pages.of(Provider.PUSH)
            if page.to in topics and page.state != "scheduled"
        ]
        since = asked.query.get("since", asked.headers.get("X-Since", "all"))
        lines = [to_json(page.detail) for page in self._since(cached, since)]
        body = b"".join(line + b"\n" for line in lines)
        return web.Response(body=body, content_type="application/x-ndjson")

    def _since(self, cached: list[Page], since: str) -> list[Page]:
        if since in ("all", ""):
            return cached
        if since == "none":
            return []
        if since == "latest":
            return cached[-1:]
        ids = [page.id for page in cached]
        if since in ids:
            return cached[ids.index(since) + 1 :]
        from_s = float(since) if since.isdecimal() else None
        passed_s = duration_s(since)
        if from_s is None and passed_s is None and len(since) == 12:
            return cached
        if from_s is None and passed_s is None:
            raise SINCE_INVALID
        begin_s = from_s if from_s is not None else self._now().timestamp() - (passed_s or 0)
        return [page for page in cached if page.detail["time"] >= begin_s]

    def _now(self) -> datetime:
        return self._pages.clock.now()


def refused(wrong: Wrong) -> web.Response:
    told: Json = {"code": wrong.code, "http": wrong.status, "error": wrong.text}
    if wrong.link:
        told["link"] = wrong.link
    return answer(wrong.status, told)
