"""Text as Slack reads it: whom it would notify, and what a person's typing becomes."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.workspace.channel import Channel, Kind
from sandbox.workspace.team import Team

_TOKEN = re.compile(r"<([@#!][^<>]*)>")
_BROADCASTS = frozenset({"here", "channel", "everyone"})
_TYPED_MENTION = re.compile(r"(?<![\w@])@([a-z0-9][a-z0-9._-]*)|(?<![\w#])#([a-z0-9][a-z0-9_-]*)")
_TYPED_LINK = re.compile(r"https?://[^\s<>|]+")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


def would_notify(
    team: Team, channel: Channel, author: str, text: str, blocks: list[Any], attachments: list[Any]
) -> list[str]:
    """Short names of the members who would be notified, in the order of the member list."""
    if channel.kind is Kind.IM:
        met = set(channel.members)
    else:
        met = set(_notified_by_text(team, channel, text))
        for part in _parts([*blocks, *(item.get("blocks") for item in attachments)]):
            met.update(_notified_by_part(team, channel, part))
    return [
        member.name
        for member in team.members.values()
        if member.id in met and member.id != author and member.is_person
    ]


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside blocks."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


def _notified_by_part(team: Team, channel: Channel, part: dict[str, Any]) -> Iterator[str]:
    """Plain text notifies nobody; mrkdwn, Markdown and the elements of rich text do."""
    kind = part.get("type")
    if kind in ("mrkdwn", "markdown"):
        yield from _notified_by_text(team, channel, str(part.get("text", "")))
    elif kind == "user":
        yield str(part.get("user_id"))
    elif kind == "usergroup":
        yield from _group(team, str(part.get("usergroup_id")))
    elif kind == "broadcast":
        yield from channel.members


def _notified_by_text(team: Team, channel: Channel, text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text):
        target = token[1:].partition("|")[0]
        if token.startswith("@"):
            yield target
        elif token.startswith("!subteam^"):
            yield from _group(team, target.removeprefix("subteam^"))
        elif token.startswith("!") and target in _BROADCASTS:
            yield from channel.members


def _group(team: Team, group_id: str) -> list[str]:
    group = team.groups.get(group_id)
    return [] if group is None or group.date_delete else group.users


def typed_to_wire(team: Team, text: str, short: bool = False) -> str:
    """What a client sends for typed text: entities escaped, names and links marked up.

    Commands carry the names beside the ids, messages (``short``) do not.
    """
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    text = _TYPED_LINK.sub(lambda found: f"<{found[0]}>", text)
    return _TYPED_MENTION.sub(lambda found: _marked_up(team, found, short), text)


def link_names(team: Team, text: str) -> str:
    """What chat.postMessage does to plain @names and #channels when it is asked to."""
    return _TYPED_MENTION.sub(lambda found: _marked_up(team, found, True), text)


def _marked_up(team: Team, found: re.Match[str], short: bool) -> str:
    name, channel_name = found[1], found[2]
    if name in _BROADCASTS:
        return f"<!{name}>"
    for member in team.members.values():
        if member.name == name:
            return f"<@{member.id}>" if short else f"<@{member.id}|{name}>"
    for group in team.groups.values():
        if group.handle == name and not group.date_delete:
            return f"<!subteam^{group.id}>" if short else f"<!subteam^{group.id}|@{name}>"
    channel = team.channel_named(channel_name) if channel_name else None
    if channel is not None:
        return f"<#{channel.id}|{channel.name}>"
    return found[0]


def normalised(text: str) -> str:
    """Loose angle brackets and ampersands are stored as entities."""
    text = re.sub(r"&(?!(?:amp|lt|gt);)", "&amp;", text)
    return re.sub(r"<(?=[\s=<]|$)", "&lt;", text)
