"""A channel or direct conversation with its messages, and how clients see it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.workspace.call import Json
from sandbox.workspace.message import Message
from sandbox.workspace.people import BOT_USER_ID, OTHER_TEAM_ID, TEAM_ID


class Kind(StrEnum):
    CHANNEL = "channel"
    PRIVATE = "private"
    IM = "im"


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: Kind
    created: int
    creator: str
    members: list[str]
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    shared: bool = False
    """Through Slack Connect, with the other team."""
    bookmarks: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    """By timestamp, oldest first."""
    threads: dict[str, list[str]] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        self.messages[message.ts] = message
        if message.is_reply and message.thread_ts is not None:
            self.threads.setdefault(message.thread_ts, []).append(message.ts)

    @property
    def other_person(self) -> str | None:
        """Of a direct conversation with the bot."""
        if self.kind is not Kind.IM:
            return None
        return next(member for member in self.members if member != BOT_USER_ID)

    def shown(self) -> Iterator[Message]:
        """What the history knows: not what was for one person only, nor what is gone."""
        for message in self.messages.values():
            if message.ephemeral_to is None and not message.deleted:
                yield message

    def replies(self, root_ts: str) -> list[Message]:
        found = (self.find(ts) for ts in self.threads.get(root_ts, ()))
        return [message for message in found if message is not None]

    def find(self, ts: str) -> Message | None:
        """A message that is there for everybody."""
        message = self.messages.get(ts)
        if message is None or message.deleted or message.ephemeral_to is not None:
            return None
        return message


def seed_channels(created: int) -> list[Channel]:
    team = ["U0ALICE01", "U0BOB0001", "U0CAROL01", "U0DAVE001"]
    guests = ["U0EVE0001"]
    alice = team[0]

    def seeded(id: str, name: str, topic: str, members: list[str], shared: bool) -> Channel:
        every = [*members, BOT_USER_ID]
        return Channel(id, name, Kind.CHANNEL, created, alice, every, topic, topic, shared=shared)

    return [
        seeded("C0DESK001", "perps-desk", "The desk", team + guests, shared=True),
        seeded("C0ALERTS1", "perps-alerts", "What the desk watches", team, shared=False),
        seeded("C0PNL0001", "pnl", "Profit and loss", team, shared=False),
    ]


def channel_view(channel: Channel, with_members: bool = False) -> Json:
    """As conversations.info shows it to the bot."""
    if channel.kind is Kind.IM:
        return _im_view(channel)
    private = channel.kind is Kind.PRIVATE
    view: Json = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not private,
        "is_group": private,
        "is_im": False,
        "is_mpim": False,
        "is_private": private,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_general": False,
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": channel.shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": TEAM_ID,
        "updated": channel.created * 1000,
        "parent_conversation": None,
        "creator": channel.creator,
        "is_ext_shared": channel.shared,
        "shared_team_ids": [TEAM_ID, OTHER_TEAM_ID] if channel.shared else [TEAM_ID],
        "pending_connected_team_ids": [],
        "is_member": BOT_USER_ID in channel.members,
        "topic": _told(channel.topic, channel),
        "purpose": _told(channel.purpose, channel),
        "previous_names": [],
    }
    if with_members:
        view["num_members"] = len(channel.members)
    return view


def _im_view(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_im": True,
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
        "updated": channel.created * 1000,
        "user": channel.other_person,
        "is_user_deleted": False,
        "priority": 0,
        "is_open": True,
    }


def _told(text: str, channel: Channel) -> Json:
    return {"value": text, "creator": channel.creator if text else "", "last_set": channel.created}
