"""What the app answers with: the body of an acknowledgement, and posts to a response_url."""

from typing import Any

from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.channel import Channel
from sandbox.workspace.draft import Draft, read_draft, require_content
from sandbox.workspace.hooks import Address, Hooks
from sandbox.workspace.message import Message
from sandbox.workspace.people import BOT_USER_ID
from sandbox.workspace.posts import Posts
from sandbox.workspace.reading import read_json
from sandbox.workspace.team import Team

IN_CHANNEL = "in_channel"


class Answers:
    def __init__(self, team: Team, posts: Posts, hooks: Hooks) -> None:
        self._team = team
        self._posts = posts
        self._hooks = hooks

    def to_command(self, user_id: str, channel: Channel, typed: str, ack: Any) -> None:
        """An empty acknowledgement shows nothing. Raises SlackError for one that cannot be shown."""
        if not isinstance(ack, dict) or not ack:
            return
        draft = self._draft(ack)
        if draft.is_empty:
            return
        if ack.get("response_type") == IN_CHANNEL:
            self._posts.post(channel, user_id, Draft(typed, None, None, None))
            self._posts.post(channel, BOT_USER_ID, draft)
        else:
            self._posts.whisper(channel, BOT_USER_ID, user_id, draft)

    def to_address(self, secret: str, told: Json) -> None:
        """Raises SlackError."""
        address = self._hooks.use_address(secret)
        channel = self._team.channels[address.channel_id]
        original = self._original(channel, address)
        call = self._call(told)
        if call.flag("delete_original"):
            if original is not None:
                self._posts.delete(original)
            return
        draft = require_content(self._draft(told))
        if call.flag("replace_original") and original is not None:
            self._posts.edit(original, draft)
            return
        thread_ts = call.text("thread_ts") or None
        if call.text("response_type") == IN_CHANNEL:
            self._posts.post(channel, BOT_USER_ID, draft, thread_ts)
        else:
            place = thread_ts or address.thread_ts
            self._posts.whisper(channel, BOT_USER_ID, address.user_id, draft, place)

    def _original(self, channel: Channel, address: Address) -> Message | None:
        if address.message_ts is None:
            return None
        message = channel.messages.get(address.message_ts)
        return None if message is None or message.deleted else message

    def _draft(self, told: Json) -> Draft:
        return read_draft(self._team, self._call(told))

    def _call(self, told: Json) -> Call:
        return Call("response_url", told, self._team.base)


def read_response(told: Json) -> Json:
    """JSON, or a form with the JSON in its payload. Raises SlackError."""
    if isinstance(told.get("payload"), str):
        return read_json(told["payload"].encode())
    if not told:
        raise SlackError("invalid_payload")
    return told
