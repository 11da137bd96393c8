"""Puts messages into channels, edits and deletes them, and tells the app's events about it."""

from typing import Any

from sandbox.workspace.call import Json
from sandbox.workspace.channel import Channel
from sandbox.workspace.draft import Draft
from sandbox.workspace.events import Events
from sandbox.workspace.message import Message, wire_view
from sandbox.workspace.mrkdwn import would_notify
from sandbox.workspace.people import SLACKBOT
from sandbox.workspace.team import Team


class Posts:
    def __init__(self, team: Team, events: Events) -> None:
        self._team = team
        self._events = events

    def post(
        self,
        channel: Channel,
        author: str,
        draft: Draft,
        thread_ts: str | None = None,
        *,
        broadcast: bool = False,
        files: list[str] | None = None,
    ) -> Message:
        """A reply to a message that is not there goes top-level, as in Slack, without a word."""
        root = self._root(channel, thread_ts)
        message = self._message(channel, author, draft)
        if root is not None:
            message.thread_ts, message.broadcast = root.ts, broadcast
            message.subtype = "thread_broadcast" if broadcast else None
            if root.thread_ts is None:
                root.thread_ts = root.ts
                self._team.put_message(root)
        message.files = files or []
        self._team.put_message(message)
        self._events.posted(channel, message)
        return message

    def whisper(
        self, channel: Channel, author: str, reader: str, draft: Draft, thread_ts: str | None = None
    ) -> Message:
        """Ephemeral: for one person, in no history, told to nobody else."""
        message = self._message(channel, author, draft)
        message.ephemeral_to, message.thread_ts = reader, thread_ts
        message.would_notify = []
        self._team.put_message(message)
        return message

    def slackbot_says(self, channel: Channel, reader: str, text: str) -> Message:
        return self.whisper(channel, SLACKBOT, reader, Draft(text, None, None, None))

    def edit(self, message: Message, draft: Draft) -> None:
        """Text without blocks takes the blocks away; attachments and metadata stay if not said."""
        channel = self._team.channels[message.channel_id]
        before = wire_view(message, self._team.file_views(message))
        if draft.text is not None and draft.text != message.text:
            message.text, message.edited_ts = draft.text, self._team.ids.ts()
        message.blocks = draft.blocks or []
        if draft.attachments is not None:
            message.attachments = draft.attachments
        if draft.metadata is not None:
            message.metadata = draft.metadata or None
        message.edits += 1
        self._team.put_message(message)
        if message.ephemeral_to is None:
            self._events.edited(channel, message, before)

    def delete(self, message: Message) -> None:
        channel = self._team.channels[message.channel_id]
        before = wire_view(message, self._team.file_views(message))
        message.deleted = True
        self._team.put_message(message)
        if message.ephemeral_to is None:
            self._events.deleted(channel, before)

    def _message(self, channel: Channel, author: str, draft: Draft) -> Message:
        text, blocks = draft.text or "", draft.blocks or []
        attachments: list[Any] = draft.attachments or []
        return Message(
            ts=self._team.ids.ts(),
            channel_id=channel.id,
            user_id=author,
            text=text,
            blocks=blocks,
            attachments=attachments,
            metadata=draft.metadata or None,
            dressed_as=draft.dressed_as,
            would_notify=would_notify(self._team, channel, author, text, blocks, attachments),
        )

    def _root(self, channel: Channel, thread_ts: str | None) -> Message | None:
        if not thread_ts:
            return None
        named = channel.find(thread_ts)
        if named is None or named.thread_ts is None or not named.is_reply:
            return named
        return channel.find(named.thread_ts)


def thread_facts(channel: Channel, message: Message) -> Json:
    """What a history adds to a message that has replies, or is one."""
    if message.is_reply:
        root = channel.find(message.thread_ts or "")
        return {} if root is None else {"parent_user_id": root.user_id}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user_id for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
        "is_locked": False,
        "subscribed": False,
    }
