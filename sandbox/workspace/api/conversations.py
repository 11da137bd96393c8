"""conversations.*: the channels, who is in them, and what was said there."""

import re
from collections.abc import Sequence

from sandbox.workspace.api.place import channel_of, is_in, joined, message_of, page_of
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.channel import Channel, Kind, channel_view
from sandbox.workspace.events import Events
from sandbox.workspace.message import Message, wire_view
from sandbox.workspace.people import BOT_USER_ID
from sandbox.workspace.posts import thread_facts
from sandbox.workspace.team import Team

KINDS_ASKED = {
    "public_channel": Kind.CHANNEL,
    "private_channel": Kind.PRIVATE,
    "im": Kind.IM,
    "mpim": None,
}
NAME_MAX, TOPIC_MAX, INVITED_MAX = 80, 250, 100
_NAME = re.compile(r"[^\W_][\w-]*|[\w-]*[^\W_][\w-]*")
_TS = re.compile(r"\d+(\.\d+)?")


class Conversations:
    def __init__(self, team: Team, events: Events) -> None:
        self._team = team
        self._events = events

    # Looking.

    def list(self, call: Call) -> Json:
        asked = call.names("types") or ["public_channel"]
        if set(asked) - set(KINDS_ASKED):
            raise SlackError("invalid_types")
        kinds = {KINDS_ASKED[name] for name in asked}
        found = [
            channel_view(channel, with_members=channel.kind is not Kind.IM)
            for channel in self._team.channels.values()
            if channel.kind in kinds
            and (channel.kind is Kind.CHANNEL or is_in(channel))
            and not (channel.archived and call.flag("exclude_archived"))
        ]
        page, cursor = page_of(call, found, 100)
        return {"ok": True, "channels": page, "response_metadata": {"next_cursor": cursor}}

    def of_user(self, call: Call) -> Json:
        """users.conversations: those that a member, or else the bot, is in."""
        user = call.text("user") or BOT_USER_ID
        reply = self.list(call)
        members = {channel.id: channel.members for channel in self._team.channels.values()}
        reply["channels"] = [one for one in reply["channels"] if user in members[one["id"]]]
        return reply

    def info(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        view = channel_view(channel, with_members=call.flag("include_num_members"))
        return {"ok": True, "channel": view}

    def members(self, call: Call) -> Json:
        page, cursor = page_of(call, channel_of(self._team, call).members, 100)
        return {"ok": True, "members": page, "response_metadata": {"next_cursor": cursor}}

    def history(self, call: Call) -> Json:
        channel = self._readable(call)
        found = [
            message
            for message in channel.shown()
            if (not message.is_reply or message.broadcast) and _within(call, message)
        ]
        found.reverse()
        page, cursor = page_of(call, found, 100)
        reply = self._messages(call, channel, page, cursor)
        reply["pin_count"] = sum(message.pinned for message in channel.shown())
        return reply

    def replies(self, call: Call) -> Json:
        channel = self._readable(call)
        named = message_of(channel, call.text("ts"), "thread_not_found")
        root = message_of(channel, named.thread_ts or named.ts, "thread_not_found")
        replies = [reply for reply in channel.replies(root.ts) if _within(call, reply)]
        page, cursor = page_of(call, [root, *replies], 1_000)
        return self._messages(call, channel, page, cursor)

    # Changing.

    def create(self, call: Call) -> Json:
        name = self._free_name(call)
        kind = Kind.PRIVATE if call.flag("is_private") else Kind.CHANNEL
        id = self._team.ids.new("C")
        channel = Channel(id, name, kind, self._team.now_s(), BOT_USER_ID, [BOT_USER_ID])
        self._team.put_channel(channel)
        self._team.watchers.changed()
        self._events.channel_created(channel)
        return {"ok": True, "channel": channel_view(channel)}

    def rename(self, call: Call) -> Json:
        channel = joined(self._team, call)
        channel.name = self._free_name(call)
        self._changed(channel)
        self._events.renamed(channel)
        return {"ok": True, "channel": channel_view(channel)}

    def archive(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        if channel.archived:
            raise SlackError("already_archived")
        channel = joined(self._team, call)
        channel.archived = True
        self._changed(channel)
        self._events.archived(channel, BOT_USER_ID)
        return {"ok": True}

    def set_topic(self, call: Call) -> Json:
        channel = joined(self._team, call)
        channel.topic = _short(call, "topic")
        self._changed(channel)
        return {"ok": True, "channel": channel_view(channel)}

    def set_purpose(self, call: Call) -> Json:
        channel = joined(self._team, call)
        channel.purpose = _short(call, "purpose")
        self._changed(channel)
        return {"ok": True, "purpose": channel.purpose, "channel": channel_view(channel)}

    def join(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        if channel.kind is not Kind.CHANNEL:
            raise SlackError("method_not_supported_for_channel_type")
        if channel.archived:
            raise SlackError("is_archived")
        if is_in(channel):
            metadata = {"warnings": ["already_in_channel"]}
            view = channel_view(channel)
            warning = {"warning": "already_in_channel", "response_metadata": metadata}
            return {"ok": True, "channel": view, **warning}
        self._add(channel, BOT_USER_ID, None)
        return {"ok": True, "channel": channel_view(channel)}

    def leave(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        if channel.kind is Kind.IM:
            raise SlackError("method_not_supported_for_channel_type")
        if not is_in(channel):
            return {"ok": False, "not_in_channel": True}
        channel.members.remove(BOT_USER_ID)
        self._changed(channel)
        return {"ok": True}

    def invite(self, call: Call) -> Json:
        channel = joined(self._team, call)
        users = call.names("users")
        if not users:
            raise SlackError("no_user")
        if len(users) > INVITED_MAX:
            raise SlackError("too_many_users")
        refused = {user: why for user in users if (why := self._uninvitable(channel, user))}
        if refused and not call.flag("force"):
            details = [{"user": user, "ok": False, "error": why} for user, why in refused.items()]
            raise SlackError(next(iter(refused.values())), errors=details)
        for user in users:
            if user not in refused:
                self._add(channel, user, BOT_USER_ID)
        return {"ok": True, "channel": channel_view(channel)}

    def kick(self, call: Call) -> Json:
        channel = joined(self._team, call)
        user = call.text("user")
        if user not in self._team.members:
            raise SlackError("user_not_found")
        if user not in channel.members:
            raise SlackError("not_in_channel")
        channel.members.remove(user)
        self._changed(channel)
        return {"ok": True, "errors": {}}

    def open(self, call: Call) -> Json:
        channel, existed = self._opened(call), True
        if channel is None:
            user = call.names("users")[0]
            existed = f"D{user[1:]}" in self._team.channels
            channel = self._team.direct(user)
        view = channel_view(channel) if call.flag("return_im") else {"id": channel.id}
        again = {"no_op": True, "already_open": True} if existed else {}
        return {"ok": True, **again, "channel": view}

    def close(self, call: Call) -> Json:
        if channel_of(self._team, call).kind is not Kind.IM:
            raise SlackError("method_not_supported_for_channel_type")
        return {"ok": True}

    def mark(self, call: Call) -> Json:
        channel_of(self._team, call)
        return {"ok": True}

    def _opened(self, call: Call) -> Channel | None:
        """The conversation that is named by its id; None when its user is named. Raises SlackError."""
        if call.has("channel"):
            return channel_of(self._team, call)
        users = call.names("users")
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("method_not_supported_for_channel_type")
        if not self._team.can_be_written_to(users[0]):
            raise SlackError("user_not_found")
        if self._team.members[users[0]].deleted:
            raise SlackError("user_disabled")
        return None

    def _readable(self, call: Call) -> Channel:
        channel = channel_of(self._team, call)
        if not is_in(channel):
            raise SlackError("not_in_channel")
        for name in ("oldest", "latest"):
            if call.has(name) and _TS.fullmatch(call.text(name)) is None:
                raise SlackError(f"invalid_ts_{name}")
        return channel

    def _messages(self, call: Call, channel: Channel, page: Sequence[Message], cursor: str) -> Json:
        shown = []
        for message in page:
            view = wire_view(message, self._team.file_views(message))
            view |= thread_facts(channel, message)
            if message.metadata is not None and call.flag("include_all_metadata"):
                view["metadata"] = message.metadata
            shown.append(view)
        reply: Json = {"ok": True, "messages": shown, "has_more": bool(cursor)}
        if cursor:
            reply["response_metadata"] = {"next_cursor": cursor}
        return reply

    def _free_name(self, call: Call) -> str:
        name = call.text("name")
        if not name:
            raise SlackError("invalid_name_required")
        if len(name) > NAME_MAX:
            raise SlackError("invalid_name_maxlength")
        if name != name.lower() or re.search(r"[^\w-]", name):
            raise SlackError("invalid_name_specials")
        if _NAME.fullmatch(name) is None:
            raise SlackError("invalid_name_punctuation")
        if self._team.channel_named(name) is not None:
            raise SlackError("name_taken")
        return name

    def _uninvitable(self, channel: Channel, user: str) -> str:
        """Empty when the user can be invited."""
        if user == BOT_USER_ID:
            return "cant_invite_self"
        if user not in self._team.members:
            return "user_not_found"
        if user in channel.members:
            return "already_in_channel"
        return "cant_invite" if self._team.members[user].deleted else ""

    def _add(self, channel: Channel, user: str, inviter: str | None) -> None:
        channel.members.append(user)
        self._changed(channel)
        self._events.joined(channel, user, inviter)

    def _changed(self, channel: Channel) -> None:
        self._team.put_channel(channel)
        self._team.watchers.changed()


def _within(call: Call, message: Message) -> bool:
    ts = float(message.ts)
    oldest, latest = call.text("oldest"), call.text("latest")
    if call.flag("inclusive"):
        return (not oldest or ts >= float(oldest)) and (not latest or ts <= float(latest))
    return (not oldest or ts > float(oldest)) and (not latest or ts < float(latest))


def _short(call: Call, name: str) -> str:
    text = call.text(name)
    if len(text) > TOPIC_MAX:
        raise SlackError("too_long")
    return text
