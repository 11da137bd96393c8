"""The Events API: what happens in the workspace, told to the app if it subscribed to it."""

from collections.abc import Sequence

from sandbox.loopback import BadInput
from sandbox.workspace.call import Json
from sandbox.workspace.channel import Channel, Kind
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.envelope import Kind as EnvelopeKind
from sandbox.workspace.message import Message, wire_view
from sandbox.workspace.people import APP_ID, BOT_USER_ID, TEAM_ID, Member, UserGroup, user_view
from sandbox.workspace.people import group_view as group_wire_view
from sandbox.workspace.team import Team

KNOWN = frozenset(
    {"app_home_opened", "app_mention", "app_uninstalled", "tokens_revoked", "user_change"}
    | {"message.channels", "message.groups", "message.im", "reaction_added", "reaction_removed"}
    | {"member_joined_channel", "channel_created", "channel_archive", "channel_rename"}
    | {"subteam_created", "subteam_updated", "subteam_members_changed", "file_shared"}
)
SUBSCRIBED = frozenset(
    {"app_home_opened", "app_mention", "channel_archive", "member_joined_channel", "message.im"}
    | {"subteam_members_changed", "subteam_updated", "user_change", "app_uninstalled"}
    | {"tokens_revoked"}
)
VERIFICATION_TOKEN = "sandbox-verification-token"
_MESSAGE_NAMES = {Kind.CHANNEL: "channels", Kind.PRIVATE: "groups", Kind.IM: "im"}
_CHANNEL_TYPES = {Kind.CHANNEL: "channel", Kind.PRIVATE: "group", Kind.IM: "im"}


class Events:
    def __init__(self, team: Team, delivery: Delivery) -> None:
        self._team = team
        self._delivery = delivery
        self.subscribed = SUBSCRIBED

    def subscribe(self, names: list[str]) -> None:
        """Raises BadInput."""
        unknown = sorted(set(names) - KNOWN)
        if unknown:
            raise BadInput(f"no event {unknown[0]!r}; there are {', '.join(sorted(KNOWN))}")
        self.subscribed = frozenset(names)

    # Messages.

    def posted(self, channel: Channel, message: Message) -> None:
        view = wire_view(message, self._team.file_views(message))
        self._message(channel, view)
        mentioned = f"<@{BOT_USER_ID}>" in message.text or f"<@{BOT_USER_ID}|" in message.text
        if mentioned and not message.by_bot and channel.kind is not Kind.IM:
            event = {**view, "type": "app_mention"}
            self._emit("app_mention", self._placed(event, channel), channel)

    def edited(self, channel: Channel, message: Message, before: Json) -> None:
        event = {
            "type": "message",
            "subtype": "message_changed",
            "message": wire_view(message, self._team.file_views(message)),
            "previous_message": before,
            "hidden": True,
            "ts": self._team.ids.ts(),
        }
        self._message(channel, event)

    def deleted(self, channel: Channel, before: Json) -> None:
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": before,
            "deleted_ts": before["ts"],
            "hidden": True,
            "ts": self._team.ids.ts(),
        }
        self._message(channel, event)

    def reacted(self, channel: Channel, message: Message, user: str, name: str, on: bool) -> None:
        kind = "reaction_added" if on else "reaction_removed"
        item = {"type": "message", "channel": channel.id, "ts": message.ts}
        event = {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": item,
            "item_user": message.user_id,
            "event_ts": self._team.ids.ts(),
        }
        self._emit(kind, event, channel)

    def _message(self, channel: Channel, event: Json) -> None:
        self._emit(f"message.{_MESSAGE_NAMES[channel.kind]}", self._placed(event, channel), channel)

    def _placed(self, event: Json, channel: Channel) -> Json:
        told = {**event, "channel": channel.id, "event_ts": event["ts"]}
        if event["type"] == "message":
            told["channel_type"] = _CHANNEL_TYPES[channel.kind]
        return told

    # Channels, people and groups.

    def joined(self, channel: Channel, user: str, inviter: str | None) -> None:
        event: Json = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.kind is Kind.PRIVATE else "C",
            "team": TEAM_ID,
            "event_ts": self._team.ids.ts(),
        }
        if inviter is not None:
            event["inviter"] = inviter
        self._emit("member_joined_channel", event, channel)

    def channel_created(self, channel: Channel) -> None:
        described = {
            "id": channel.id,
            "is_channel": True,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": channel.created,
            "creator": channel.creator,
            "is_shared": False,
            "context_team_id": TEAM_ID,
        }
        self._emit("channel_created", {"type": "channel_created", "channel": described})

    def archived(self, channel: Channel, user: str) -> None:
        event = {"type": "channel_archive", "channel": channel.id, "user": user}
        self._emit("channel_archive", event, channel)

    def renamed(self, channel: Channel) -> None:
        described = {"id": channel.id, "name": channel.name, "created": channel.created}
        self._emit("channel_rename", {"type": "channel_rename", "channel": described}, channel)

    def user_changed(self, member: Member) -> None:
        event = {"type": "user_change", "user": user_view(member, True), "cache_ts": member.updated}
        self._emit("user_change", event)

    def group_created(self, group: UserGroup) -> None:
        subteam = group_wire_view(group, True, True)
        self._emit("subteam_created", {"type": "subteam_created", "subteam": subteam})

    def group_changed(self, group: UserGroup, before: Sequence[str]) -> None:
        subteam = group_wire_view(group, True, True)
        self._emit("subteam_updated", {"type": "subteam_updated", "subteam": subteam})
        added = [user for user in group.users if user not in before]
        removed = [user for user in before if user not in group.users]
        if added or removed:
            event = {
                "type": "subteam_members_changed",
                "subteam_id": group.id,
                "team_id": TEAM_ID,
                "date_previous_update": group.date_update,
                "date_update": self._team.now_s(),
                "added_users": added,
                "added_users_count": len(added),
                "removed_users": removed,
                "removed_users_count": len(removed),
            }
            self._emit("subteam_members_changed", event)

    def home_opened(self, user: str, channel: Channel, tab: str, view: Json | None) -> None:
        event: Json = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
        if view is not None:
            event["view"] = view
        self._emit("app_home_opened", event)

    def file_shared(self, file_id: str, channel: Channel) -> None:
        event = {
            "type": "file_shared",
            "file_id": file_id,
            "user_id": BOT_USER_ID,
            "file": {"id": file_id},
            "channel_id": channel.id,
        }
        self._emit("file_shared", event, channel)

    def uninstalled(self) -> None:
        self._emit("app_uninstalled", {"type": "app_uninstalled"})
        self._emit("tokens_revoked", {"type": "tokens_revoked", "tokens": {"bot": [BOT_USER_ID]}})

    def _emit(self, name: str, event: Json, channel: Channel | None = None) -> None:
        """Events of a channel reach only an app whose bot is in it."""
        if name not in self.subscribed:
            return
        if channel is not None and BOT_USER_ID not in channel.members:
            return
        event.setdefault("event_ts", self._team.ids.ts())
        payload = {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": None,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": self._team.ids.new("Ev"),
            "event_time": self._team.now_s(),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": channel is not None and channel.shared,
            "event_context": f"4-{self._team.ids.new('')}",
        }
        self._delivery.send(EnvelopeKind.EVENT, payload)
