"""Addresses that the workspace hands out: response_urls, uploads, and private files."""

from aiohttp import web

from sandbox.faults import REPLY_KINDS, Faults
from sandbox.loopback import json_reply
from sandbox.requestlog import RequestLog
from sandbox.workspace.answers import Answers, read_response
from sandbox.workspace.api.files import Files
from sandbox.workspace.call import Json, SlackError
from sandbox.workspace.faulted import after, before
from sandbox.workspace.people import TEAM_ID
from sandbox.workspace.reading import Unreadable, noted, read_args
from sandbox.workspace.team import Team

RESPONSE, UPLOAD, PRIVATE = "/response/", "/upload/v1/", "/files-pri/"
_GONE = frozenset({"expired_url", "used_url"})


class Outlets:
    def __init__(
        self,
        team: Team,
        answers: Answers,
        files: Files,
        bot_token: str,
        faults: Faults,
        log: RequestLog,
    ) -> None:
        self._team = team
        self._answers = answers
        self._files = files
        self._bot_token = bot_token
        self._faults = faults
        self._log = log

    def serves(self, path: str) -> bool:
        return path.startswith((RESPONSE, UPLOAD, PRIVATE))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith(PRIVATE):
            return self._private(request)
        try:
            told, content = await self._read(request)
        except Unreadable:
            return web.Response(status=499)
        except SlackError as error:
            return json_reply(error.body, 400)
        record = noted(request, told, self._log, self._team.clock)
        fault = self._faults.for_request(record.method, record.path, kinds=REPLY_KINDS)
        reply = None if fault is None else await before(fault, request)
        if reply is None:
            reply = self._taken(request.path, told, content)
            self._team.commit()
            if fault is not None:
                reply = await after(fault, reply, request)
        if request.transport is not None and not request.transport.is_closing():
            record.status = reply.status
        self._team.watchers.tell(lambda: {"kind": "request", "request": record.view()})
        return reply

    def _taken(self, path: str, told: Json, content: bytes) -> web.Response:
        try:
            if path.startswith(UPLOAD):
                text = self._files.receive(path.removeprefix(UPLOAD), content)
                return web.Response(text=text)
            self._answers.to_address(path.removeprefix(RESPONSE), read_response(told))
            return web.Response(text="ok")
        except SlackError as error:
            return json_reply(error.body, 404 if error.code in _GONE else 400)

    async def _read(self, request: web.Request) -> tuple[Json, bytes]:
        if not request.path.startswith(UPLOAD):
            return await read_args(request), b""
        content = await _uploaded(request)
        return {"bytes": len(content)}, content

    def _private(self, request: web.Request) -> web.StreamResponse:
        """As Slack's own address of a file: only with the token."""
        if request.headers.get("Authorization") != f"Bearer {self._bot_token}":
            return web.Response(status=302, headers={"Location": "/"})
        name = request.path.removeprefix(f"{PRIVATE}{TEAM_ID}-").partition("/")[0]
        file = self._team.files.get(name)
        if file is None or not file.received:
            return web.Response(status=404)
        content = (self._team.uploads / file.id).read_bytes()
        return web.Response(body=content, content_type=file.mimetype)


async def _uploaded(request: web.Request) -> bytes:
    """Raw bytes, or the one file of a form. Raises Unreadable."""
    try:
        if not request.content_type.startswith("multipart/"):
            return await request.read()
        for field in (await request.post()).values():
            if isinstance(field, web.FileField):
                return field.file.read()
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Unreadable from error
    return b""
