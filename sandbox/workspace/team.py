"""Everything the workspace knows: members, groups, channels, messages, views and files."""

from dataclasses import asdict
from pathlib import Path

from sandbox.clock import Clock
from sandbox.loopback import BadInput
from sandbox.state import State
from sandbox.workspace.call import Json, SlackError
from sandbox.workspace.channel import Channel, Kind, seed_channels
from sandbox.workspace.file import StoredFile, file_view
from sandbox.workspace.ids import Ids
from sandbox.workspace.message import Message, sandbox_view
from sandbox.workspace.people import BOT_USER_ID, Member, UserGroup, seed_groups, seed_members
from sandbox.workspace.view import View
from sandbox.workspace.watchers import Watchers


class Team:
    """Reads everything at the start; every change is put into the state as it is made."""

    def __init__(self, state: State, clock: Clock, uploads: Path) -> None:
        self._state = state
        self.clock = clock
        self.ids = Ids(state, clock)
        self.watchers = Watchers()
        self.uploads = uploads
        self.base = ""
        """Where this server answers; known once it listens."""
        self.members: dict[str, Member] = {}
        self.groups: dict[str, UserGroup] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, StoredFile] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}
        """Open ones by member, the top one last; a page that is closed has none."""
        self._recover()
        if not self.members:
            self._seed()

    # What there is.

    def member(self, name_or_id: object) -> Member:
        """Raises BadInput."""
        for member in self.members.values():
            if name_or_id in (member.name, member.id):
                return member
        known = ", ".join(member.name for member in self.members.values())
        raise BadInput(f"no member {name_or_id!r}; there are {known}")

    def channel(self, name_or_id: object) -> Channel:
        """Raises BadInput."""
        if isinstance(name_or_id, str):
            found = self.channels.get(name_or_id) or self.channel_named(name_or_id.lstrip("#"))
            if found is None and self.can_be_written_to(f"U{name_or_id[1:]}"):
                found = self.direct(f"U{name_or_id[1:]}")
            if found is not None:
                return found
        known = ", ".join(channel.name or channel.id for channel in self.channels.values())
        raise BadInput(f"no channel {name_or_id!r}; there are {known}")

    def channel_named(self, name: str) -> Channel | None:
        for channel in self.channels.values():
            if channel.name == name and channel.kind is not Kind.IM:
                return channel
        return None

    def can_be_written_to(self, user_id: str) -> bool:
        """Directly, by the bot: any person, but no bot and not Slackbot."""
        member = self.members.get(user_id)
        return member is not None and member.is_person

    def direct(self, user_id: str) -> Channel:
        """The member's conversation with the bot, opened when it is first needed."""
        id = f"D{user_id[1:]}"
        if id not in self.channels:
            now = self.now_s()
            members = [user_id, BOT_USER_ID]
            self.channels[id] = Channel(id, "", Kind.IM, now, user_id, members)
            self.put_channel(self.channels[id])
            self.watchers.changed()
        return self.channels[id]

    def names(self) -> dict[str, str]:
        return {member.id: member.name for member in self.members.values()}

    def view_of(self, view_id: object) -> View | None:
        views = [view for stack in self.modals.values() for view in stack]
        return next((view for view in (*views, *self.homes.values()) if view.id == view_id), None)

    def now_s(self) -> int:
        return int(self.clock.now().timestamp())

    def usable_file(self, file_id: object) -> StoredFile:
        """Raises SlackError."""
        file = self.files.get(str(file_id))
        if file is None or not file.received:
            raise SlackError("file_not_found")
        return file

    def shown(self, message: Message) -> Json:
        """As control and the page show it."""
        return sandbox_view(message, self.names(), self.file_views(message))

    def file_views(self, message: Message) -> list[Json]:
        return [file_view(self.files[id], self.base) for id in message.files]

    # What changes.

    def commit(self) -> None:
        self._state.commit()

    def put_message(self, message: Message) -> None:
        """A new message or a change of one; ephemeral ones live in this run only."""
        channel = self.channels[message.channel_id]
        if message.ts not in channel.messages:
            channel.add(message)
        if message.ephemeral_to is None:
            self._state.put("message", f"{message.channel_id} {message.ts}", asdict(message))

        def may_see(user_id: str) -> bool:
            if message.ephemeral_to is not None:
                return user_id == message.ephemeral_to
            return user_id in channel.members

        def frame() -> Json:
            return {"kind": "message", "channel": channel.id, "message": self.shown(message)}

        self.watchers.tell(frame, may_see)

    def put_channel(self, channel: Channel) -> None:
        self._state.put("channel", channel.id, _without_messages(channel))
        self.channels[channel.id] = channel

    def put_member(self, member: Member) -> None:
        self._state.put("member", member.id, asdict(member))
        self.members[member.id] = member
        self.watchers.changed()

    def put_group(self, group: UserGroup) -> None:
        self._state.put("group", group.id, asdict(group))
        self.groups[group.id] = group
        self.watchers.changed()

    def put_file(self, file: StoredFile) -> None:
        self._state.put("file", file.id, asdict(file))
        self.files[file.id] = file

    def drop_file(self, file: StoredFile) -> None:
        self._state.drop("file", file.id)
        del self.files[file.id]

    def put_home(self, view: View) -> None:
        self._state.put("home", view.user_id, asdict(view))
        self.homes[view.user_id] = view

    # What was.

    def _recover(self) -> None:
        self.members = {id: Member(**told) for id, told in self._state.all("member")}
        self.groups = {id: UserGroup(**told) for id, told in self._state.all("group")}
        self.files = {id: StoredFile(**told) for id, told in self._state.all("file")}
        self.homes = {id: View(**told) for id, told in self._state.all("home")}
        for id, told in self._state.all("channel"):
            self.channels[id] = Channel(**{**told, "kind": Kind(told["kind"])})
        for _, told in self._state.all("message"):
            self.channels[told["channel_id"]].add(Message(**told))

    def _seed(self) -> None:
        for member in seed_members():
            self.put_member(member)
        for group in seed_groups():
            group.date_create = group.date_update = self.now_s()
            self.put_group(group)
        for channel in seed_channels(self.now_s()):
            self.put_channel(channel)
        self.commit()


def _without_messages(channel: Channel) -> Json:
    """Messages are kept one by one."""
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "created": channel.created,
        "creator": channel.creator,
        "members": channel.members,
        "topic": channel.topic,
        "purpose": channel.purpose,
        "archived": channel.archived,
        "shared": channel.shared,
        "bookmarks": channel.bookmarks,
    }
