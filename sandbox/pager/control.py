"""The pager's /_sim/*: pages, people who answer, phones, requests, faults and the clock."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from sandbox.clock import Clock, rfc3339
from sandbox.faults import Faults
from sandbox.loopback import BadInput, is_local, json_reply, read_number, read_object
from sandbox.pager.answering import Answering
from sandbox.pager.hooks import Hooks
from sandbox.pager.page import Json
from sandbox.pager.pages import KEPT, Pages
from sandbox.pager.phones import Line, Phone, Phones
from sandbox.requestlog import RING_SIZE, RequestLog

Action = Callable[[web.Request, Json], Awaitable[Json]]
ADVANCE_S_MAX = 366 * 86_400
WAIT_S_MAX = 60


class Control:
    def __init__(
        self,
        pages: Pages,
        phones: Phones,
        answering: Answering,
        hooks: Hooks,
        faults: Faults,
        log: RequestLog,
        done: Callable[[], None],
    ) -> None:
        self._pages = pages
        self._phones = phones
        self._answering = answering
        self._hooks = hooks
        self._faults = faults
        self._log = log
        self._clock: Clock = pages.clock
        self._done = done
        """Time goes on by what is due, and everything is written down."""
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "/_sim/pages"): self._listed,
            ("POST", "/_sim/answer"): self._answer,
            ("GET", "/_sim/phones"): self._list_phones,
            ("POST", "/_sim/phone"): self._set_phone,
            ("GET", "/_sim/hooks"): self._hooks_now,
            ("POST", "/_sim/hooks"): self._set_hooks,
            ("GET", "/_sim/requests"): self._requests,
            ("GET", "/_sim/faults"): self._list_faults,
            ("POST", "/_sim/fault"): self._add_fault,
            ("DELETE", "/_sim/faults"): self._remove_faults,
            ("GET", "/_sim/clock"): self._now,
            ("POST", "/_sim/clock"): self._advance,
        }

    async def handle(self, request: web.Request) -> web.Response:
        if not is_local(request.headers):
            told = "control answers only to this machine's own Host and Origin"
            return json_reply({"ok": False, "error": told}, 403)
        path = "/_sim/faults" if request.path.startswith("/_sim/faults/") else request.path
        action = self._actions.get((request.method, path))
        if action is None:
            known = ", ".join(f"{method} {known}" for method, known in self._actions)
            told = f"no {request.method} {path}; there are {known}"
            return json_reply({"ok": False, "error": told}, 404)
        try:
            return json_reply(await action(request, read_object(await request.read())))
        except BadInput as error:
            return json_reply({"ok": False, "error": str(error)}, 400)
        finally:
            self._done()

    async def _listed(self, request: web.Request, body: Json) -> Json:
        """`after` a version waits, `wait_s` at most, until there is a newer one."""
        query = request.query
        if "after" in query:
            wait_s = min(_whole(query, "wait_s", 20), WAIT_S_MAX)
            await self._pages.wait(_whole(query, "after", 0), wait_s)
        with_replies = query.get("replies") in ("1", "true")
        limit = max(1, _whole(query, "limit", KEPT))
        since_ns = _whole(query, "since_ns", 0)
        return {
            "version": self._pages.version,
            "now": rfc3339(self._clock.now()),
            "pages": self._pages.listed(since_ns, with_replies, limit),
            "phones": self._phones.views(),
        }

    async def _answer(self, request: web.Request, body: Json) -> Json:
        return await self._answering.answer(body)

    async def _list_phones(self, request: web.Request, body: Json) -> Json:
        return {"phones": self._phones.views()}

    async def _set_phone(self, request: web.Request, body: Json) -> Json:
        to = body.get("to")
        if not isinstance(to, str) or not to:
            raise BadInput('name a phone: {"to":"+15550100001","line":"off"}')
        unknown = set(body) - {"to", "owner", "line", "stopped"}
        if unknown:
            raise BadInput(
                f"unknown field {sorted(unknown)[0]!r}: allowed are owner, line, stopped"
            )
        was = self._phones.at(to)
        line = body.get("line", was.line.value)
        if line not in [known.value for known in Line]:
            raise BadInput(f"line {line!r} must be one of {', '.join(Line)}")
        owner, stopped = body.get("owner", was.owner), body.get("stopped", was.stopped)
        if not isinstance(owner, str) or not isinstance(stopped, bool):
            raise BadInput("owner must be a text, stopped true or false")
        phone = Phone(to, owner, Line(line), stopped)
        self._phones.keep(phone)
        self._pages.tell()
        return {"ok": True, "phone": phone.view()}

    async def _hooks_now(self, request: web.Request, body: Json) -> Json:
        return self._hooks.view()

    async def _set_hooks(self, request: web.Request, body: Json) -> Json:
        self._hooks.change(body)
        return {"ok": True, **self._hooks.view()}

    async def _requests(self, request: web.Request, body: Json) -> Json:
        since_ns = _whole(request.query, "since_ns", 0)
        limit = min(_whole(request.query, "limit", 10_000), RING_SIZE)
        return {"requests": self._log.since(since_ns, limit)}

    async def _list_faults(self, request: web.Request, body: Json) -> Json:
        return {"faults": [fault.view() for fault in self._faults.listed()]}

    async def _add_fault(self, request: web.Request, body: Json) -> Json:
        if any(key in body.get("match", {}) for key in ("socket", "channel")):
            raise BadInput("the pager has no sockets: match method and path (SMTP is /smtp)")
        return {"id": self._faults.add(body).id}

    async def _remove_faults(self, request: web.Request, body: Json) -> Json:
        text = request.path.removeprefix("/_sim/faults").strip("/")
        if text and not text.isdecimal():
            raise BadInput(f"fault id {text!r} must be a whole number, as POST /_sim/fault gave it")
        return {"removed": self._faults.remove(int(text) if text else None)}

    async def _now(self, request: web.Request, body: Json) -> Json:
        return {"now": rfc3339(self._clock.now()), "manual": self._clock.manual}

    async def _advance(self, request: web.Request, body: Json) -> Json:
        seconds = read_number(body.get("advance_s"), "advance_s", 0, ADVANCE_S_MAX)
        self._clock.advance(seconds)
        self._done()
        return await self._now(request, body)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise BadInput(f"{name} {text!r} must be a whole number not below 0")
    return int(text)
