"""users.*, usergroups.* and dnd.info: who is who, and who belongs to which group."""

import re
from collections.abc import Sequence

from sandbox.workspace.api.place import page_of
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.events import Events
from sandbox.workspace.people import BOT_USER_ID, Member, UserGroup, group_view, user_view
from sandbox.workspace.scopes import Scopes
from sandbox.workspace.team import Team

_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


class Users:
    def __init__(self, team: Team, scopes: Scopes) -> None:
        self._team = team
        self._scopes = scopes

    def info(self, call: Call) -> Json:
        return {"ok": True, "user": self._view(self._named(call, "user"))}

    def list(self, call: Call) -> Json:
        """A guest from another team is met in channels, and not listed here."""
        found = [member for member in self._team.members.values() if not member.is_foreign]
        page, cursor = page_of(call, found, 1_000)
        return {
            "ok": True,
            "members": [self._view(member) for member in page],
            "cache_ts": self._team.now_s(),
            "response_metadata": {"next_cursor": cursor},
        }

    def look_up_by_email(self, call: Call) -> Json:
        wanted = call.text("email").lower()
        for member in self._team.members.values():
            if member.email == wanted and not member.deleted and not member.is_foreign:
                return {"ok": True, "user": self._view(member)}
        raise SlackError("users_not_found")

    def presence(self, call: Call) -> Json:
        self._named(call, "user")
        return {"ok": True, "presence": "active"}

    def dnd_info(self, call: Call) -> Json:
        if call.has("user"):
            self._named(call, "user")
        times = {"next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
        return {"ok": True, "dnd_enabled": False, **times, "snooze_enabled": False}

    def _named(self, call: Call, name: str) -> Member:
        member = self._team.members.get(call.text(name))
        if member is None:
            raise SlackError("user_not_found")
        return member

    def _view(self, member: Member) -> Json:
        return user_view(member, self._scopes.has("users:read.email"))


class UserGroups:
    def __init__(self, team: Team, events: Events) -> None:
        self._team = team
        self._events = events

    def list(self, call: Call) -> Json:
        found = [
            group_view(group, call.flag("include_users"), call.flag("include_count"))
            for group in self._team.groups.values()
            if call.flag("include_disabled") or not group.date_delete
        ]
        return {"ok": True, "usergroups": found}

    def create(self, call: Call) -> Json:
        name = call.text("name")
        if any(group.name == name for group in self._team.groups.values()):
            raise SlackError("name_already_exists")
        handle = call.text("handle") or re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-")
        self._check_handle(handle, None)
        now = self._team.now_s()
        group = UserGroup(self._team.ids.new("S"), handle, name)
        group.description, group.channels = call.text("description"), call.names("channels")
        group.date_create = group.date_update = now
        group.updated_by = BOT_USER_ID
        self._team.put_group(group)
        self._events.group_created(group)
        return self._reply(call, group)

    def update(self, call: Call) -> Json:
        group = self._named(call)
        if call.has("handle"):
            self._check_handle(call.text("handle"), group)
            group.handle = call.text("handle")
        if call.has("name"):
            group.name = call.text("name")
        if call.has("description"):
            group.description = call.text("description")
        if "channels" in call.args:
            group.channels = call.names("channels")
        self._changed(group, users_before=group.users)
        return self._reply(call, group)

    def enable(self, call: Call) -> Json:
        group = self._named(call)
        group.date_delete = 0
        self._changed(group, users_before=group.users)
        return self._reply(call, group)

    def disable(self, call: Call) -> Json:
        group = self._named(call)
        group.date_delete = self._team.now_s()
        self._changed(group, users_before=group.users)
        return self._reply(call, group)

    def users(self, call: Call) -> Json:
        group = self._named(call)
        if group.date_delete and not call.flag("include_disabled"):
            raise SlackError("no_such_subteam")
        return {"ok": True, "users": [*group.users]}

    def update_users(self, call: Call) -> Json:
        """The whole list at once; it cannot be emptied."""
        group, users = self._named(call), call.names("users")
        if not users:
            raise SlackError("no_users_provided")
        for user in users:
            member = self._team.members.get(user)
            if member is None or member.deleted or member.is_bot:
                raise SlackError("invalid_users")
        before, group.users = group.users, [*dict.fromkeys(users)]
        self._changed(group, users_before=before)
        return self._reply(call, group)

    def _changed(self, group: UserGroup, users_before: Sequence[str]) -> None:
        group.updated_by = BOT_USER_ID
        group.date_update = self._team.now_s()
        self._team.put_group(group)
        self._events.group_changed(group, users_before)

    def _named(self, call: Call) -> UserGroup:
        group = self._team.groups.get(call.text("usergroup"))
        if group is None:
            raise SlackError("no_such_subteam")
        return group

    def _check_handle(self, handle: str, own: UserGroup | None) -> None:
        if _HANDLE.fullmatch(handle) is None:
            raise SlackError("bad_handle")
        taken = [group.handle for group in self._team.groups.values() if group is not own]
        taken += [member.name for member in self._team.members.values()]
        if handle in taken:
            raise SlackError("handle_already_exists")

    def _reply(self, call: Call, group: UserGroup) -> Json:
        view = group_view(group, with_users=True, with_count=call.flag("include_count"))
        return {"ok": True, "usergroup": view}
