"""A message, and how clients and people see it."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.workspace.call import Json
from sandbox.workspace.people import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    SLACKBOT,
    TEAM_ID,
    bot_profile,
)


@dataclass(slots=True)
class Message:
    ts: str
    channel_id: str
    user_id: str
    text: str
    blocks: list[Any] = field(default_factory=list)
    attachments: list[Any] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    subtype: str | None = None
    ephemeral_to: str | None = None
    metadata: Json | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    would_notify: list[str] = field(default_factory=list)
    pinned: bool = False
    edited_ts: str | None = None
    edits: int = 0
    deleted: bool = False
    dressed_as: Json = field(default_factory=dict)
    """A posting's own username or icon."""

    @property
    def by_bot(self) -> bool:
        return self.user_id == BOT_USER_ID

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


def wire_view(message: Message, files: list[Json] | None = None) -> Json:
    """As the Web API and events show it, without what its thread and its reader add."""
    view: Json = {"user": message.user_id, "type": "message", "ts": message.ts}
    if message.subtype:
        view["subtype"] = message.subtype
    if message.by_bot:
        view |= {"bot_id": BOT_ID, "app_id": APP_ID}
    view |= {"text": message.text, "team": TEAM_ID}
    if message.by_bot:
        view["bot_profile"] = bot_profile()
    view |= message.dressed_as
    if message.blocks:
        view["blocks"] = message.blocks
    if message.attachments:
        view["attachments"] = message.attachments
    if message.thread_ts is not None:
        view["thread_ts"] = message.thread_ts
    if message.edited_ts is not None:
        editor = BOT_ID if message.by_bot else message.user_id
        view["edited"] = {"user": editor, "ts": message.edited_ts}
    return view | _added(message, files)


def _added(message: Message, files: list[Json] | None) -> Json:
    view: Json = {}
    if message.reactions:
        view["reactions"] = reactions_view(message)
    if files:
        view["files"] = files
        view["upload"] = False
    if message.pinned:
        view["pinned_to"] = [message.channel_id]
    return view


def reactions_view(message: Message) -> list[Json]:
    return [
        {"name": name, "users": list(users), "count": len(users)}
        for name, users in message.reactions.items()
    ]


def sandbox_view(message: Message, names: dict[str, str], files: list[Json]) -> Json:
    """As control and the page show it; ``names`` gives each member's short name."""
    reactions = [
        {"name": name, "users": [names[user] for user in users]}
        for name, users in message.reactions.items()
    ]
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "channel": message.channel_id,
        "user": message.dressed_as.get("username") or names[message.user_id],
        "user_id": message.user_id,
        "bot": message.by_bot or message.user_id == SLACKBOT,
        "subtype": message.subtype,
        "broadcast": message.broadcast,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "metadata": message.metadata,
        "ephemeral_to": names[message.ephemeral_to] if message.ephemeral_to else None,
        "edited": message.edited_ts is not None,
        "edits": message.edits,
        "deleted": message.deleted,
        "reactions": reactions,
        "files": files,
        "pinned": message.pinned,
        "would_notify": message.would_notify,
    }
