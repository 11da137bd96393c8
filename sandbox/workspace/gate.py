"""The way of a Web API call: read, logged, faulted, authorised, limited, done, answered."""

import secrets

from aiohttp import web

from sandbox.clock import Clock
from sandbox.faults import REPLY_KINDS, Faults
from sandbox.loopback import is_local
from sandbox.requestlog import Record, RequestLog
from sandbox.workspace.call import Call, Json, SlackError, invalid_arguments
from sandbox.workspace.faulted import after, before, reply_with, too_many
from sandbox.workspace.methods import Method, Token
from sandbox.workspace.ratelimit import POSTING, RateLimits
from sandbox.workspace.reading import Unreadable, noted, read_args
from sandbox.workspace.scopes import Scopes
from sandbox.workspace.team import Team
from sandbox.workspace.tokens import Tokens
from sandbox.workspace.unserved import is_retired, is_slacks

PREFIX = "/api/"


class Gate:
    def __init__(
        self,
        methods: dict[str, Method],
        tokens: Tokens,
        scopes: Scopes,
        limits: RateLimits,
        faults: Faults,
        log: RequestLog,
        clock: Clock,
        team: Team,
    ) -> None:
        self._methods = methods
        self._tokens = tokens
        self._known = (tokens.bot_token, tokens.app_token)
        self._scopes = scopes
        self._limits = limits
        self._faults = faults
        self._log = log
        self._clock = clock
        self._team = team
        self.uninstalled = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        bad: SlackError | None = None
        args: Json = {}
        try:
            args = await read_args(request)
        except SlackError as error:
            bad = error
        except Unreadable:
            noted(request, {"<cancelled>": True}, self._log, self._clock)
            return web.Response(status=499)
        record = noted(request, args, self._log, self._clock)
        reply = await self._faulted(request, record, args, bad)
        if request.transport is not None and not request.transport.is_closing():
            record.status = reply.status
        self._team.watchers.tell(lambda: {"kind": "request", "request": record.view()})
        return reply

    async def _faulted(
        self, request: web.Request, record: Record, args: Json, bad: SlackError | None
    ) -> web.Response:
        fault = self._faults.for_request(record.method, record.path, kinds=REPLY_KINDS)
        if fault is not None:
            reply = await before(fault, request)
            if reply is not None:
                return reply
        answered = self._answer(request, args) if bad is None else reply_with(bad.body)
        self._team.commit()
        return answered if fault is None else await after(fault, answered, request)

    def _answer(self, request: web.Request, args: Json) -> web.Response:
        name = request.path.removeprefix(PREFIX)
        method = self._methods.get(name)
        token = _token(request, args)
        if token not in self._known and not is_local(request.headers):
            return reply_with({"ok": False, "error": "foreign_host_or_origin"}, 403)
        try:
            if method is None:
                raise _unknown(name)
            self._authorise(method, token)
            wait_s = self._wait_s(name, method, args)
            if wait_s is not None:
                return too_many(wait_s)
            for wanted in method.required:
                if args.get(wanted) in (None, ""):
                    raise invalid_arguments(f"missing required field: {wanted}")
            call = Call(name, args | {"token": token}, self._team.base)
            return reply_with(method.handler(call), headers=self._headers(method))
        except SlackError as error:
            return reply_with(error.body, headers=self._headers(method))
        except RecursionError:
            deep = invalid_arguments("nested too deeply")
            return reply_with(deep.body, headers=self._headers(method))

    def _authorise(self, method: Method, token: str) -> None:
        """Raises SlackError."""
        if method.token is Token.NONE:
            return
        if not token:
            raise SlackError("not_authed")
        if token not in self._known:
            raise SlackError("invalid_auth")
        if self.uninstalled:
            raise SlackError("account_inactive")
        is_bot = token == self._tokens.bot_token
        if method.token is not Token.ANY and is_bot is not (method.token is Token.BOT):
            raise SlackError("not_allowed_token_type")
        if is_bot and not self._scopes.allow(method.scopes):
            provided = ",".join(self._scopes.granted)
            raise SlackError("missing_scope", needed=",".join(method.scopes), provided=provided)

    def _wait_s(self, name: str, method: Method, args: Json) -> int | None:
        if method.posts:
            wait_s = self._limits.ask(f"{name} {self._place(args)}", POSTING)
            if wait_s is not None:
                return wait_s
        return self._limits.ask(name, method.limit)

    def _place(self, args: Json) -> str:
        """A channel is limited as one, whether it is called by its id or by its name."""
        named = str(args.get("channel")).removeprefix("#")
        channel = self._team.channel_named(named)
        return named if channel is None else channel.id

    def _headers(self, method: Method | None) -> dict[str, str]:
        headers = {"x-slack-req-id": secrets.token_hex(16), "cache-control": "private, no-store"}
        if method is not None and method.token is not Token.NONE:
            headers["x-oauth-scopes"] = ",".join(self._scopes.granted)
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        return headers


def _unknown(name: str) -> SlackError:
    if is_retired(name):
        return SlackError("method_deprecated")
    if is_slacks(name):
        return SlackError(
            "not_served_by_sandbox",
            detail=f"Slack has {name}, this sandbox does not serve it",
        )
    return SlackError("unknown_method", req_method=name)


def _token(request: web.Request, args: Json) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    said = args.get("token")
    return said if isinstance(said, str) else ""
