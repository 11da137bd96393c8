"""The Web API methods that are served: what each needs, how often it may be called, who does it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sandbox.workspace.api.chat import Chat
from sandbox.workspace.api.conversations import Conversations
from sandbox.workspace.api.files import Files
from sandbox.workspace.api.marks import Bookmarks, Pins, Reactions
from sandbox.workspace.api.people import UserGroups, Users
from sandbox.workspace.api.platform import Platform
from sandbox.workspace.api.views import Views
from sandbox.workspace.call import Call, Json
from sandbox.workspace.ratelimit import POSTING_EVERYWHERE, TIER_2, TIER_3, TIER_4, Limit, tier


class Token(Enum):
    """Which one a method wants."""

    NONE = "none"
    BOT = "bot"
    APP = "app"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Method:
    handler: Callable[[Call], Json]
    required: tuple[str, ...]
    scopes: tuple[str, ...]
    """One of them is enough; which one depends on the kind of conversation."""
    limit: Limit
    token: Token = Token.BOT
    posts: bool = False
    """Limited for each channel, too."""


@dataclass(frozen=True, slots=True)
class Families:
    """The objects that do the work."""

    platform: Platform
    chat: Chat
    conversations: Conversations
    users: Users
    groups: UserGroups
    views: Views
    files: Files
    reactions: Reactions
    pins: Pins
    bookmarks: Bookmarks


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_MANAGE = ("channels:manage", "groups:write", "im:write", "mpim:write")
_WRITE = ("chat:write",)


def _row(
    handler: Callable[[Call], Json],
    per_minute: int,
    scopes: tuple[str, ...] | str = (),
    *required: str,
    token: Token = Token.BOT,
) -> Method:
    wanted = (scopes,) if isinstance(scopes, str) else scopes
    return Method(handler, required, wanted, tier(per_minute), token)


def build_methods(made: Families) -> dict[str, Method]:
    return {
        **_about_the_app(made),
        **_chat(made.chat),
        **_conversations(made.conversations),
        **_people(made),
        **_rest(made),
    }


def _about_the_app(made: Families) -> dict[str, Method]:
    platform = made.platform
    return {
        "api.test": _row(platform.api_test, TIER_4, token=Token.NONE),
        "blocks.validate": _row(platform.validate_blocks, TIER_4, token=Token.NONE),
        "auth.test": _row(platform.auth_test, 600, token=Token.ANY),
        "apps.connections.open": _row(
            platform.open_connection, TIER_3, "connections:write", token=Token.APP
        ),
        "bots.info": _row(platform.bots_info, TIER_3, "users:read"),
        "team.info": _row(platform.team_info, TIER_3, "team:read"),
        "emoji.list": _row(platform.emoji_list, TIER_2, "emoji:read"),
    }


def _chat(chat: Chat) -> dict[str, Method]:
    return {
        "chat.postMessage": Method(
            chat.post_message, ("channel",), _WRITE, POSTING_EVERYWHERE, posts=True
        ),
        "chat.meMessage": _row(chat.me_message, TIER_3, _WRITE, "channel", "text"),
        "chat.postEphemeral": _row(chat.post_ephemeral, TIER_4, _WRITE, "channel", "user"),
        "chat.update": _row(chat.update, TIER_3, _WRITE, "channel", "ts"),
        "chat.delete": _row(chat.delete, TIER_3, _WRITE, "channel", "ts"),
        "chat.getPermalink": _row(chat.get_permalink, 600, (), "channel", "message_ts"),
        "chat.scheduleMessage": _row(chat.schedule_message, TIER_3, _WRITE, "channel", "post_at"),
        "chat.deleteScheduledMessage": _row(
            chat.delete_scheduled, TIER_3, _WRITE, "channel", "scheduled_message_id"
        ),
        "chat.scheduledMessages.list": _row(chat.list_scheduled, TIER_3),
    }


def _conversations(made: Conversations) -> dict[str, Method]:
    return {
        "conversations.list": _row(made.list, TIER_2, _READ),
        "users.conversations": _row(made.of_user, TIER_3, _READ),
        "conversations.info": _row(made.info, TIER_3, _READ, "channel"),
        "conversations.members": _row(made.members, TIER_4, _READ, "channel"),
        "conversations.history": _row(made.history, TIER_3, _HISTORY, "channel"),
        "conversations.replies": _row(made.replies, TIER_3, _HISTORY, "channel", "ts"),
        "conversations.create": _row(made.create, TIER_2, _MANAGE, "name"),
        "conversations.rename": _row(made.rename, TIER_2, _MANAGE, "channel", "name"),
        "conversations.archive": _row(made.archive, TIER_2, _MANAGE, "channel"),
        "conversations.setTopic": _row(made.set_topic, TIER_2, _MANAGE, "channel", "topic"),
        "conversations.setPurpose": _row(made.set_purpose, TIER_2, _MANAGE, "channel", "purpose"),
        "conversations.join": _row(made.join, TIER_3, "channels:join", "channel"),
        "conversations.leave": _row(made.leave, TIER_3, _MANAGE, "channel"),
        "conversations.invite": _row(made.invite, TIER_3, _MANAGE, "channel", "users"),
        "conversations.kick": _row(made.kick, TIER_3, _MANAGE, "channel", "user"),
        "conversations.open": _row(made.open, TIER_3, _MANAGE),
        "conversations.close": _row(made.close, TIER_2, _MANAGE, "channel"),
        "conversations.mark": _row(made.mark, TIER_3, _MANAGE, "channel", "ts"),
    }


def _people(made: Families) -> dict[str, Method]:
    users, groups = made.users, made.groups
    read, write = "usergroups:read", "usergroups:write"
    return {
        "users.info": _row(users.info, TIER_4, "users:read", "user"),
        "users.list": _row(users.list, TIER_2, "users:read"),
        "users.getPresence": _row(users.presence, TIER_3, "users:read", "user"),
        "users.lookupByEmail": _row(users.look_up_by_email, TIER_3, "users:read.email", "email"),
        "dnd.info": _row(users.dnd_info, TIER_3, "dnd:read"),
        "usergroups.list": _row(groups.list, TIER_2, read),
        "usergroups.create": _row(groups.create, TIER_2, write, "name"),
        "usergroups.update": _row(groups.update, TIER_2, write, "usergroup"),
        "usergroups.enable": _row(groups.enable, TIER_2, write, "usergroup"),
        "usergroups.disable": _row(groups.disable, TIER_2, write, "usergroup"),
        "usergroups.users.list": _row(groups.users, TIER_2, read, "usergroup"),
        "usergroups.users.update": _row(groups.update_users, TIER_2, write, "usergroup"),
    }


def _rest(made: Families) -> dict[str, Method]:
    views, files, pins, marks = made.views, made.files, made.pins, made.bookmarks
    react, emoji = made.reactions, ("channel", "name")
    upload, mark = "files:write", "bookmarks:write"
    return {
        "views.open": _row(views.open, TIER_4, (), "view"),
        "views.push": _row(views.push, TIER_4, (), "view"),
        "views.update": _row(views.update, TIER_4, (), "view"),
        "views.publish": _row(views.publish, TIER_4, (), "user_id", "view"),
        "files.getUploadURLExternal": _row(
            files.get_upload_url, TIER_4, upload, "filename", "length"
        ),
        "files.completeUploadExternal": _row(files.complete, TIER_4, upload, "files"),
        "files.info": _row(files.info, TIER_4, "files:read", "file"),
        "files.list": _row(files.list_all, TIER_3, "files:read"),
        "files.delete": _row(files.delete, TIER_3, upload, "file"),
        "reactions.add": _row(react.add, TIER_3, "reactions:write", *emoji),
        "reactions.remove": _row(react.remove, TIER_2, "reactions:write", *emoji),
        "reactions.get": _row(react.get, TIER_3, "reactions:read", "channel"),
        "pins.add": _row(pins.add, TIER_2, "pins:write", "channel"),
        "pins.remove": _row(pins.remove, TIER_2, "pins:write", "channel"),
        "pins.list": _row(pins.list, TIER_2, "pins:read", "channel"),
        "bookmarks.add": _row(marks.add, TIER_2, mark, "channel_id", "title", "type"),
        "bookmarks.edit": _row(marks.edit, TIER_2, mark, "channel_id", "bookmark_id"),
        "bookmarks.remove": _row(marks.remove, TIER_2, mark, "channel_id", "bookmark_id"),
        "bookmarks.list": _row(marks.list, TIER_3, "bookmarks:read", "channel_id"),
    }
