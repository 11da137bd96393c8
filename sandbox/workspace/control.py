"""The workspace's /_sim/*: requests, envelopes, faults, clock, and people who act."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from sandbox.clock import Clock, rfc3339
from sandbox.faults import Faults
from sandbox.loopback import BadInput, is_local, json_reply, read_number, read_object
from sandbox.requestlog import RING_SIZE, RequestLog
from sandbox.workspace.call import Json, SlackError
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.envelope import RING_SIZE as ENVELOPES_KEPT
from sandbox.workspace.events import SUBSCRIBED, Events
from sandbox.workspace.gate import Gate
from sandbox.workspace.people_control import PeopleControl, names_of
from sandbox.workspace.scopes import Scopes
from sandbox.workspace.sockets import Sockets
from sandbox.workspace.team import Team
from sandbox.workspace.timetable import Timetable
from sandbox.workspace.way import Way

Action = Callable[[web.Request, Json], Awaitable[Json]]
ADVANCE_S_MAX = 366 * 86_400
REASONS = ("refresh_requested", "link_disabled", "warning")


class Control:
    def __init__(
        self,
        team: Team,
        people: PeopleControl,
        delivery: Delivery,
        sockets: Sockets,
        way: Way,
        events: Events,
        scopes: Scopes,
        gate: Gate,
        faults: Faults,
        log: RequestLog,
        timetable: Timetable,
        save_clock: Callable[[], None],
    ) -> None:
        self._team = team
        self._clock: Clock = team.clock
        self._delivery = delivery
        self._sockets = sockets
        self._way = way
        self._events = events
        self._scopes = scopes
        self._gate = gate
        self._faults = faults
        self._log = log
        self._timetable = timetable
        self._save_clock = save_clock
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "/_sim/requests"): self._requests,
            ("GET", "/_sim/envelopes"): self._envelopes,
            ("GET", "/_sim/faults"): self._list_faults,
            ("POST", "/_sim/fault"): self._add_fault,
            ("DELETE", "/_sim/faults"): self._remove_faults,
            ("GET", "/_sim/clock"): self._now,
            ("POST", "/_sim/clock"): self._advance,
            ("POST", "/_sim/refresh"): self._refresh,
            ("GET", "/_sim/delivery"): self._delivery_now,
            ("POST", "/_sim/delivery"): self._deliver_by,
            ("POST", "/_sim/scopes"): self._set_scopes,
            ("POST", "/_sim/subscriptions"): self._subscribe,
            ("POST", "/_sim/uninstall"): self._uninstall,
            **people.actions(),
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
        except SlackError as error:
            return json_reply(error.body, 400)
        finally:
            self._team.commit()

    async def _requests(self, request: web.Request, body: Json) -> Json:
        since_ns, limit = _window(request.query, RING_SIZE)
        return {"requests": self._log.since(since_ns, limit)}

    async def _envelopes(self, request: web.Request, body: Json) -> Json:
        since_ns, limit = _window(request.query, ENVELOPES_KEPT)
        return {"envelopes": self._delivery.envelopes.since(since_ns, limit)}

    async def _list_faults(self, request: web.Request, body: Json) -> Json:
        return {"faults": [fault.view() for fault in self._faults.listed()]}

    async def _add_fault(self, request: web.Request, body: Json) -> Json:
        fault = self._faults.add(body)
        if fault.for_sockets:
            self._sockets.strike()
        return {"id": fault.id}

    async def _remove_faults(self, request: web.Request, body: Json) -> Json:
        text = request.path.removeprefix("/_sim/faults").strip("/")
        if text and not text.isdecimal():
            raise BadInput(f"fault id {text!r} must be a whole number, as POST /_sim/fault gave it")
        removed = self._faults.remove(int(text) if text else None)
        self._sockets.wake()
        return {"removed": removed}

    async def _now(self, request: web.Request, body: Json) -> Json:
        return {"now": rfc3339(self._clock.now()), "manual": self._clock.manual}

    async def _advance(self, request: web.Request, body: Json) -> Json:
        seconds = read_number(body.get("advance_s"), "advance_s", 0, ADVANCE_S_MAX)
        self._clock.advance(seconds)
        self._save_clock()
        if not self._clock.manual:
            self._delivery.expire_due()
        self._timetable.run_until(self._clock.now())
        return await self._now(request, body)

    async def _refresh(self, request: web.Request, body: Json) -> Json:
        reason = body.get("reason", REASONS[0])
        if reason not in REASONS:
            raise BadInput(f"reason {reason!r} must be one of {', '.join(REASONS)}")
        told = self._sockets.refresh(body.get("now") is True, reason)
        return {"ok": True, "connections": told}

    async def _delivery_now(self, request: web.Request, body: Json) -> Json:
        return {"ok": True, **self._way.view()}

    async def _deliver_by(self, request: web.Request, body: Json) -> Json:
        if body.get("mode") == "http":
            await self._way.use_http(body.get("url"), verify=True)
        elif body.get("mode") == "socket":
            await self._way.use_sockets()
        else:
            raise BadInput('say {"mode":"socket"} or {"mode":"http","url":"http://127.0.0.1:…"}')
        return {"ok": True, **self._way.view()}

    async def _set_scopes(self, request: web.Request, body: Json) -> Json:
        if body.get("restore") is True:
            self._scopes.restore()
        elif "remove" in body:
            self._scopes.remove(names_of(body, "remove"))
        elif "only" in body:
            self._scopes.only(names_of(body, "only"))
        else:
            raise BadInput('say {"remove":[…]}, {"only":[…]} or {"restore":true}')
        return {"ok": True, "scopes": list(self._scopes.granted)}

    async def _subscribe(self, request: web.Request, body: Json) -> Json:
        if body.get("restore") is True:
            self._events.subscribed = SUBSCRIBED
        elif "events" in body:
            self._events.subscribe(names_of(body, "events"))
        return {"ok": True, "events": sorted(self._events.subscribed)}

    async def _uninstall(self, request: web.Request, body: Json) -> Json:
        """The app is told, its tokens stop working; {"restore":true} takes it back."""
        self._gate.uninstalled = body.get("restore") is not True
        if self._gate.uninstalled:
            self._events.uninstalled()
        return {"ok": True}


def _window(query: Mapping[str, str], most: int) -> tuple[int, int]:
    return _whole(query, "since_ns", 0), min(_whole(query, "limit", 10_000), most)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise BadInput(f"{name} {text!r} must be a whole number not below 0")
    return int(text)
