"""reactions.*, pins.* and bookmarks.*: what is stuck onto messages and channels."""

import re

from sandbox.workspace.api.place import channel_of, is_in, message_of
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.channel import Channel
from sandbox.workspace.events import Events
from sandbox.workspace.message import Message, wire_view
from sandbox.workspace.people import APP_ID, BOT_USER_ID
from sandbox.workspace.team import Team

PINS_MAX, BOOKMARKS_MAX, REACTIONS_MAX = 100, 100, 23
_EMOJI = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")
_TS = re.compile(r"\d+\.\d{6}")


class Reactions:
    def __init__(self, team: Team, events: Events) -> None:
        self._team = team
        self._events = events

    def add(self, call: Call) -> Json:
        channel, message = _marked(self._team, call)
        self.put(channel, message, BOT_USER_ID, call.text("name"))
        return {"ok": True}

    def put(self, channel: Channel, message: Message, user: str, name: str) -> None:
        """Raises SlackError."""
        name = name.strip(":")
        if _EMOJI.fullmatch(name) is None:
            raise SlackError("invalid_name")
        users = message.reactions.get(name, [])
        if user in users:
            raise SlackError("already_reacted")
        if name not in message.reactions and len(message.reactions) >= REACTIONS_MAX:
            raise SlackError("too_many_emoji")
        message.reactions[name] = [*users, user]
        self._team.put_message(message)
        self._events.reacted(channel, message, user, name, on=True)

    def remove(self, call: Call) -> Json:
        channel, message = _marked(self._team, call)
        self.take(channel, message, BOT_USER_ID, call.text("name"))
        return {"ok": True}

    def take(self, channel: Channel, message: Message, user: str, name: str) -> None:
        """Raises SlackError."""
        name = name.strip(":")
        users = message.reactions.get(name, [])
        if user not in users:
            raise SlackError("no_reaction")
        message.reactions[name] = [other for other in users if other != user]
        if not message.reactions[name]:
            del message.reactions[name]
        self._team.put_message(message)
        self._events.reacted(channel, message, user, name, on=False)

    def get(self, call: Call) -> Json:
        channel, message = _marked(self._team, call)
        return {
            "ok": True,
            "type": "message",
            "channel": channel.id,
            "message": wire_view(message, self._team.file_views(message)),
        }


class Pins:
    def __init__(self, team: Team) -> None:
        self._team = team

    def add(self, call: Call) -> Json:
        channel, message = _marked(self._team, call)
        if not is_in(channel):
            raise SlackError("not_in_channel")
        if message.pinned:
            raise SlackError("already_pinned")
        if sum(other.pinned for other in channel.shown()) >= PINS_MAX:
            raise SlackError("too_many_pins")
        message.pinned = True
        self._team.put_message(message)
        return {"ok": True}

    def remove(self, call: Call) -> Json:
        _, message = _marked(self._team, call)
        if not message.pinned:
            raise SlackError("no_pin")
        message.pinned = False
        self._team.put_message(message)
        return {"ok": True}

    def list(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        items = [
            {
                "type": "message",
                "channel": channel.id,
                "created": int(float(message.ts)),
                "created_by": BOT_USER_ID,
                "message": wire_view(message, self._team.file_views(message)),
            }
            for message in channel.shown()
            if message.pinned
        ]
        return {"ok": True, "items": items}


class Bookmarks:
    def __init__(self, team: Team) -> None:
        self._team = team

    def add(self, call: Call) -> Json:
        channel = self._channel(call)
        if call.text("type") != "link":
            raise SlackError("invalid_bookmark_type")
        if len(channel.bookmarks) >= BOOKMARKS_MAX:
            raise SlackError("too_many_bookmarks")
        now = self._team.now_s()
        bookmark = {
            "id": self._team.ids.new("Bk"),
            "channel_id": channel.id,
            "title": call.text("title"),
            "link": _link(call),
            "emoji": call.text("emoji"),
            "icon_url": None,
            "type": "link",
            "entity_id": None,
            "date_created": now,
            "date_updated": now,
            "rank": "i",
            "last_updated_by_user_id": BOT_USER_ID,
            "last_updated_by_team_id": "",
            "shortcut_id": None,
            "app_id": APP_ID,
        }
        channel.bookmarks[str(bookmark["id"])] = bookmark
        self._team.put_channel(channel)
        return {"ok": True, "bookmark": bookmark}

    def edit(self, call: Call) -> Json:
        channel = self._channel(call)
        bookmark = self._named(channel, call)
        if call.has("link"):
            bookmark["link"] = _link(call)
        for name in ("title", "emoji"):
            if call.has(name):
                bookmark[name] = call.text(name)
        bookmark["date_updated"] = self._team.now_s()
        self._team.put_channel(channel)
        return {"ok": True, "bookmark": bookmark}

    def remove(self, call: Call) -> Json:
        channel = self._channel(call)
        del channel.bookmarks[self._named(channel, call)["id"]]
        self._team.put_channel(channel)
        return {"ok": True}

    def list(self, call: Call) -> Json:
        return {"ok": True, "bookmarks": [*self._channel(call).bookmarks.values()]}

    def _channel(self, call: Call) -> Channel:
        return channel_of(self._team, call, "channel_id")

    def _named(self, channel: Channel, call: Call) -> Json:
        bookmark = channel.bookmarks.get(call.text("bookmark_id"))
        if bookmark is None:
            raise SlackError("not_found")
        return bookmark


def _marked(team: Team, call: Call) -> tuple[Channel, Message]:
    channel = channel_of(team, call)
    ts = call.text("timestamp")
    if not ts:
        raise SlackError("no_item_specified")
    if _TS.fullmatch(ts) is None:
        raise SlackError("bad_timestamp")
    return channel, message_of(channel, ts)


def _link(call: Call) -> str:
    link = call.text("link")
    if not link.startswith(("http://", "https://")):
        raise SlackError("invalid_link")
    return link
