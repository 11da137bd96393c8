"""The page for people: its files, what each member sees, and the socket that keeps it current."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import WSMsgType, web

from sandbox.clock import rfc3339
from sandbox.loopback import BadInput, is_local, json_reply
from sandbox.workspace.acting import COMMANDS, SHORTCUTS
from sandbox.workspace.call import Json
from sandbox.workspace.channel import Channel, Kind
from sandbox.workspace.message import Message
from sandbox.workspace.modals import Modals
from sandbox.workspace.neighbour import Neighbour
from sandbox.workspace.people import (
    APP_ID,
    APP_NAME,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Member,
    member_view,
)
from sandbox.workspace.sockets import Sockets
from sandbox.workspace.team import Team
from sandbox.workspace.view import wire_view
from sandbox.workspace.watchers import Watcher

FOLDER = Path(__file__).parent / "page"
POLICY = (
    "default-src 'self'; img-src 'self' data:; connect-src 'self' ws:; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}
_SHOWABLE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})

Read = Callable[[web.Request, Member], Json]


class PeoplePage:
    def __init__(
        self, team: Team, modals: Modals, sockets: Sockets, neighbours: Mapping[str, str | None]
    ) -> None:
        self._team = team
        self._modals = modals
        self._sockets = sockets
        self._neighbours = [Neighbour(name, url) for name, url in neighbours.items()]
        self._reads: dict[str, Read] = {
            "/_ui/state": self._state,
            "/_ui/messages": self._messages,
            "/_ui/home": self._home,
            "/_ui/views": self._views,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Everything that is not the Web API, control or an upload."""
        if not is_local(request.headers):
            return _refused("the page answers only to this machine's own Host and Origin", 403)
        try:
            return await self._route(request)
        except BadInput as error:
            return _refused(str(error), 400)

    async def close(self) -> None:
        for neighbour in self._neighbours:
            await neighbour.close()

    async def _route(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path == "/_ui/socket":
            return await self._follow(request)
        for neighbour in self._neighbours:
            if neighbour.serves(path):
                return await neighbour.pass_on(request)
        if request.method not in ("GET", "HEAD"):
            return _refused(f"{path} is only read", 405)
        if path in self._reads:
            member = self._viewer(request)
            return json_reply(self._reads[path](request, member))
        if path.startswith("/_ui/file/"):
            return self._file(path.removeprefix("/_ui/file/"))
        if path.startswith("/archives/"):
            return self._permalink(path)
        return _page_file("index.html" if path == "/" else path.removeprefix("/page/"), path)

    def _viewer(self, request: web.Request) -> Member:
        member = self._team.member(request.query.get("as"))
        if not member.is_person:
            raise BadInput(f"{member.name} is not a person; say ?as=alice")
        return member

    # What a member sees.

    def _state(self, request: web.Request, member: Member) -> Json:
        self._team.direct(member.id)
        team = self._team
        channels = [c for c in team.channels.values() if member.id in c.members]
        groups = [
            {"id": group.id, "handle": group.handle, "name": group.name, "users": group.users}
            for group in team.groups.values()
            if not group.date_delete
        ]
        return {
            "me": member_view(member),
            "team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN},
            "members": [member_view(one) for one in team.members.values()],
            "channels": [_channel_view(channel, member) for channel in channels],
            "usergroups": groups,
            "app": {
                "id": APP_ID,
                "name": APP_NAME,
                "bot_user_id": BOT_USER_ID,
                "connections": len(self._sockets.live),
            },
            "commands": COMMANDS,
            "shortcuts": SHORTCUTS,
            **{neighbour.name: neighbour.is_there for neighbour in self._neighbours},
            "now": rfc3339(team.clock.now()),
        }

    def _messages(self, request: web.Request, member: Member) -> Json:
        channel = self._team.channel(request.query.get("channel"))
        if member.id not in channel.members:
            raise BadInput(f"{member.name} is not in {channel.name or channel.id}")
        seen = [message for message in channel.messages.values() if _sees(member, message)]
        return {"messages": [self._team.shown(message) for message in seen]}

    def _home(self, request: web.Request, member: Member) -> Json:
        view = self._team.homes.get(member.id)
        return {"view": None if view is None else wire_view(view)}

    def _views(self, request: web.Request, member: Member) -> Json:
        return {"stack": [wire_view(view) for view in self._modals.stack(member.id)]}

    # Files.

    def _file(self, file_id: str) -> web.StreamResponse:
        file = self._team.files.get(file_id)
        if file is None or not file.received:
            return _refused(f"no file {file_id!r}", 404)
        kind = file.mimetype if file.mimetype in _SHOWABLE else "application/octet-stream"
        content = (self._team.uploads / file.id).read_bytes()
        return web.Response(body=content, content_type=kind, headers=HEADERS)

    def _permalink(self, path: str) -> web.StreamResponse:
        channel, _, message = path.removeprefix("/archives/").partition("/p")
        where = f"/?channel={channel}&ts={message[:-6]}.{message[-6:]}"
        if not (channel.isalnum() and message.isdecimal()):
            return _refused("no such message", 404)
        return web.Response(status=302, headers={"Location": where})

    # The socket.

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        member = self._viewer(request)
        ws = web.WebSocketResponse(heartbeat=20)
        await ws.prepare(request)
        watcher = self._team.watchers.add(member.id)
        writer = asyncio.create_task(_write(ws, watcher))
        try:
            async for message in ws:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._team.watchers.remove(watcher)
            writer.cancel()
        return ws


async def _write(ws: web.WebSocketResponse, watcher: Watcher) -> None:
    """Ends the socket of a page that fell behind; it connects again and fetches everything anew."""
    while (frame := await watcher.frames.get()) is not None:
        try:
            await ws.send_str(frame)
        except ConnectionError:
            return
    await ws.close(code=1012)


def _sees(member: Member, message: Message) -> bool:
    return message.ephemeral_to in (None, member.id)


def _channel_view(channel: Channel, member: Member) -> Json:
    others = [user for user in channel.members if user != member.id]
    direct = channel.kind is Kind.IM
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": "im" if direct else "channel",
        "topic": channel.topic,
        "members": channel.members,
        "user": others[0] if direct else None,
        "archived": channel.archived,
    }


def _page_file(name: str, path: str) -> web.StreamResponse:
    """Only files that lie in the page's folder itself."""
    file = FOLDER / name
    kind = {**_TYPES, **_MEDIA}.get(file.suffix)
    if kind is None or file.resolve().parent != FOLDER.resolve() or not file.is_file():
        return _refused(f"nothing at {path}", 404)
    charset = "utf-8" if file.suffix in _TYPES else None
    return web.Response(body=file.read_bytes(), content_type=kind, charset=charset, headers=HEADERS)


def _refused(what: str, status: int) -> web.Response:
    return json_reply({"ok": False, "error": what}, status)
