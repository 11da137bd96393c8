"""The part of /_sim/* that is about people: they type, press, submit; they come, go and change."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.loopback import BadInput
from sandbox.workspace.acting import Acting
from sandbox.workspace.api.marks import Reactions
from sandbox.workspace.call import Json
from sandbox.workspace.channel import Channel
from sandbox.workspace.draft import Draft
from sandbox.workspace.events import Events
from sandbox.workspace.forms import Forms
from sandbox.workspace.mrkdwn import typed_to_wire
from sandbox.workspace.people import Member, UserGroup
from sandbox.workspace.posts import Posts
from sandbox.workspace.team import Team
from sandbox.workspace.view import View

Action = Callable[[web.Request, Json], Awaitable[Json]]
TYPED_MAX = 40_000


class PeopleControl:
    def __init__(
        self,
        team: Team,
        acting: Acting,
        forms: Forms,
        posts: Posts,
        reactions: Reactions,
        events: Events,
    ) -> None:
        self._team = team
        self._acting = acting
        self._forms = forms
        self._posts = posts
        self._reactions = reactions
        self._events = events

    def actions(self) -> dict[tuple[str, str], Action]:
        return {
            ("GET", "/_sim/messages"): self._messages,
            ("POST", "/_sim/command"): self._command,
            ("POST", "/_sim/post"): self._post,
            ("POST", "/_sim/click"): self._click,
            ("POST", "/_sim/suggest"): self._suggest,
            ("POST", "/_sim/submit"): self._submit,
            ("POST", "/_sim/close"): self._close,
            ("POST", "/_sim/home"): self._home,
            ("POST", "/_sim/shortcut"): self._shortcut,
            ("POST", "/_sim/react"): self._react,
            ("POST", "/_sim/member"): self._change_member,
            ("POST", "/_sim/usergroup"): self._change_group,
        }

    async def _messages(self, request: web.Request, body: Json) -> Json:
        channel = self._team.channel(request.query.get("channel"))
        since_ts = _number(request.query.get("since_ts", "0"))
        found = [
            self._team.shown(message)
            for message in channel.messages.values()
            if float(message.ts) > since_ts
        ]
        return {"messages": found}

    async def _command(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "channel", "text")
        member, channel = self._member(body), self._joined(body)
        text = _text(body, "text")
        if not text.strip().startswith("/"):
            raise BadInput("text must begin with a command, such as /perps status")
        return await self._acting.command(member, channel, text)

    async def _post(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "channel", "text", "thread_ts")
        member, channel = self._member(body), self._joined(body)
        text = _text(body, "text")
        if not text.strip() or len(text) > TYPED_MAX:
            raise BadInput(f"text must have 1 to {TYPED_MAX} characters")
        draft = Draft(typed_to_wire(self._team, text, short=True), None, None, None)
        message = self._posts.post(channel, member.id, draft, body.get("thread_ts"))
        return {"ok": True, "ts": message.ts}

    async def _click(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "channel", "ts", "view_id", "action_id", "block_id", "value")
        member, value = self._member(body), body.get("value")
        action_id, block_id = _text(body, "action_id"), str(body.get("block_id") or "")
        if body.get("view_id"):
            view = self._view(body, member)
            return await self._acting.press_in_view(member, view, action_id, block_id, value)
        channel, ts = self._joined(body), _text(body, "ts")
        return await self._acting.press(member, channel, ts, action_id, block_id, value)

    async def _suggest(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "channel", "ts", "view_id", "action_id", "value")
        member = self._member(body)
        where = self._view(body, member) if body.get("view_id") else self._message_place(body)
        typed = str(body.get("value") or "")
        return await self._acting.suggest(member, where, _text(body, "action_id"), typed)

    async def _submit(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "view_id", "values")
        member = self._member(body)
        view = self._view(body, member)
        return await self._forms.submit(member, view, body.get("values") or {})

    async def _close(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "view_id")
        member = self._member(body)
        return self._forms.close(member, self._view(body, member))

    async def _home(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "tab")
        tab = body.get("tab", "home")
        if tab not in ("home", "messages"):
            raise BadInput(f"tab {tab!r} must be home or messages")
        return self._forms.open_home(self._member(body), tab)

    async def _shortcut(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "callback_id", "channel", "ts")
        member = self._member(body)
        channel = self._joined(body) if body.get("channel") else None
        ts = str(body.get("ts") or "")
        return await self._acting.shortcut(member, _text(body, "callback_id"), channel, ts)

    async def _react(self, request: web.Request, body: Json) -> Json:
        """A second time takes the reaction back."""
        _only(body, "user", "channel", "ts", "name")
        member, channel = self._member(body), self._joined(body)
        message = channel.find(_text(body, "ts"))
        if message is None:
            raise BadInput(f"no message {body['ts']!r} there to react to")
        name = _text(body, "name")
        if member.id in message.reactions.get(name.strip(":"), ()):
            self._reactions.take(channel, message, member.id, name)
        else:
            self._reactions.put(channel, message, member.id, name)
        return {"ok": True, "reactions": self._team.shown(message)["reactions"]}

    async def _change_member(self, request: web.Request, body: Json) -> Json:
        _only(body, "user", "deleted", "is_guest")
        member = self._team.member(body.get("user"))
        for name in ("deleted", "is_guest"):
            if not isinstance(body.get(name, False), bool):
                raise BadInput(f"{name} {body[name]!r} must be true or false")
        member.deleted = body.get("deleted", member.deleted)
        member.is_guest = body.get("is_guest", member.is_guest)
        member.updated = self._team.now_s()
        self._team.put_member(member)
        self._events.user_changed(member)
        return {"ok": True}

    async def _change_group(self, request: web.Request, body: Json) -> Json:
        """Makes the group when there is none of that handle."""
        _only(body, "handle", "users", "name")
        handle = _text(body, "handle").removeprefix("@")
        users = [self._team.member(name).id for name in names_of(body, "users")]
        groups = self._team.groups.values()
        group = next((group for group in groups if group.handle == handle), None)
        if group is None:
            now = self._team.now_s()
            group = UserGroup(self._team.ids.new("S"), handle, str(body.get("name") or handle))
            group.users, group.date_create, group.date_update = users, now, now
            self._team.put_group(group)
            self._events.group_created(group)
        else:
            before, group.users = group.users, users
            group.date_update = self._team.now_s()
            self._team.put_group(group)
            self._events.group_changed(group, before)
        return {"ok": True, "id": group.id}

    def _member(self, body: Json) -> Member:
        member = self._team.member(body.get("user"))
        if not member.is_person:
            raise BadInput(f"{member.name} is not a person and cannot act")
        return member

    def _joined(self, body: Json) -> Channel:
        """A channel that the member is in. Raises BadInput."""
        channel, member = self._team.channel(body.get("channel")), self._member(body)
        if member.id not in channel.members:
            raise BadInput(f"{member.name} is not in {channel.name or channel.id}")
        if channel.archived:
            raise BadInput(f"{channel.name} is archived")
        return channel

    def _message_place(self, body: Json) -> tuple[Channel, str]:
        return self._joined(body), _text(body, "ts")

    def _view(self, body: Json, member: Member) -> View:
        view = self._team.view_of(body.get("view_id"))
        if view is None or view.user_id != member.id:
            raise BadInput(f"{member.name} has no view {body.get('view_id')!r} open")
        return view


def names_of(body: Json, name: str) -> list[str]:
    """Raises BadInput."""
    value: Any = body.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadInput(f"{name} must be a list of texts")
    return value


def _only(body: Json, *known: str) -> None:
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise BadInput(f"unknown field {unknown[0]!r}: allowed are {', '.join(known)}")


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{name} must be a text")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"since_ts {text!r} must be a timestamp such as 1767621600.000001") from None
