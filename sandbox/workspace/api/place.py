"""Finds the channel, message and page of a list that a call means, or says in Slack's words why not."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.workspace.call import Call, SlackError
from sandbox.workspace.channel import Channel, Kind
from sandbox.workspace.message import Message
from sandbox.workspace.people import BOT_USER_ID
from sandbox.workspace.team import Team

T = TypeVar("T")
PAGE_MAX = 1_000


def channel_of(team: Team, call: Call, name: str = "channel") -> Channel:
    """By id; a private channel without the bot is as if it were not there. Raises SlackError."""
    channel = team.channels.get(call.text(name))
    if channel is None or (channel.kind is not Kind.CHANNEL and not is_in(channel)):
        raise SlackError("channel_not_found")
    return channel


def postable(team: Team, call: Call) -> Channel:
    """By id, by name, or by a member's id for their direct conversation. Raises SlackError."""
    named = call.text("channel")
    if team.can_be_written_to(named):
        return team.direct(named)
    channel = team.channels.get(named) or team.channel_named(named.removeprefix("#"))
    if channel is None or (channel.kind is not Kind.CHANNEL and not is_in(channel)):
        raise SlackError("channel_not_found")
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def joined(team: Team, call: Call, name: str = "channel") -> Channel:
    """A channel, not a direct conversation, that the bot is in and that still lives.

    Raises SlackError.
    """
    channel = channel_of(team, call, name)
    if channel.kind is Kind.IM:
        raise SlackError("method_not_supported_for_channel_type")
    if not is_in(channel):
        raise SlackError("not_in_channel")
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def is_in(channel: Channel) -> bool:
    return BOT_USER_ID in channel.members


def message_of(channel: Channel, ts: str, code: str = "message_not_found") -> Message:
    message = channel.find(ts)
    if message is None:
        raise SlackError(code)
    return message


def page_of(call: Call, found: Sequence[T], default: int) -> tuple[list[T], str]:
    """The page that cursor and limit ask for, and the next cursor."""
    limit = call.whole("limit", default, 0, PAGE_MAX, "invalid_limit") or default
    start = read_cursor(call.text("cursor"))
    end = start + limit
    return list(found[start:end]), write_cursor(end) if end < len(found) else ""


def read_cursor(text: str) -> int:
    if not text:
        return 0
    try:
        said = base64.b64decode(text, validate=True).decode()
        return int(said.removeprefix("at:"))
    except (binascii.Error, ValueError) as error:
        raise SlackError("invalid_cursor") from error


def write_cursor(place: int) -> str:
    return base64.b64encode(f"at:{place}".encode()).decode()
