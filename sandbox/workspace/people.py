"""Members and user groups: who they are at the first start, and how Slack describes them."""

from dataclasses import dataclass, field

from sandbox.workspace.call import Json

TEAM_ID, TEAM_NAME, TEAM_DOMAIN = "T0PERPS01", "Perps desk", "perps-desk"
OTHER_TEAM_ID = "T0OTHER01"
APP_ID, APP_NAME = "A0PERPS01", "Perps Desk"
BOT_ID, BOT_USER_ID = "B0PERPS01", "U0PERPS01"
SLACKBOT = "USLACKBOT"


@dataclass(slots=True)
class Member:
    id: str
    name: str
    real_name: str
    color: str
    team_id: str = TEAM_ID
    is_bot: bool = False
    is_guest: bool = False
    deleted: bool = False
    updated: int = 0

    @property
    def is_foreign(self) -> bool:
        return self.team_id != TEAM_ID

    @property
    def is_person(self) -> bool:
        return not self.is_bot and self.id != SLACKBOT

    @property
    def email(self) -> str | None:
        if not self.is_person:
            return None
        return f"{self.name}@{'other' if self.is_foreign else 'perps'}.example"


@dataclass(slots=True)
class UserGroup:
    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    description: str = ""
    channels: list[str] = field(default_factory=list)
    date_create: int = 0
    date_update: int = 0
    updated_by: str = "U0ALICE01"
    date_delete: int = 0


def seed_members() -> list[Member]:
    return [
        Member("U0ALICE01", "alice", "Alice Moreau", "9f69e7"),
        Member("U0BOB0001", "bob", "Bob Tanaka", "4bbe2e"),
        Member("U0CAROL01", "carol", "Carol Okafor", "e7392d"),
        Member("U0DAVE001", "dave", "Dave Lindqvist", "3c989f"),
        Member("U0EVE0001", "eve", "Eve Marchetti", "674b1b", team_id=OTHER_TEAM_ID),
        Member(BOT_USER_ID, "perps", APP_NAME, "5b89d5", is_bot=True),
        Member(SLACKBOT, "slackbot", "Slackbot", "757575"),
    ]


def seed_groups() -> list[UserGroup]:
    alice, bob, carol = "U0ALICE01", "U0BOB0001", "U0CAROL01"
    return [
        UserGroup("S0TRADERS", "perps-traders", "Perps traders", [alice, bob]),
        UserGroup("S0APPROVE", "perps-approvers", "Perps approvers", [alice, bob, carol]),
        UserGroup("S0ONCALL1", "oncall", "On call", [alice]),
    ]


def user_view(member: Member, with_email: bool) -> Json:
    view: Json = {
        "id": member.id,
        "team_id": member.team_id,
        "name": member.name,
        "deleted": member.deleted,
        "color": member.color,
        "real_name": member.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": _profile(member, with_email),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": member.is_guest,
        "is_ultra_restricted": False,
        "is_bot": member.is_bot,
        "is_app_user": False,
        "updated": member.updated,
        "is_email_confirmed": not member.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }
    if member.is_foreign:
        view["is_stranger"] = True
    return view


def _profile(member: Member, with_email: bool) -> Json:
    first, _, last = member.real_name.partition(" ")
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": member.real_name,
        "real_name_normalized": member.real_name,
        "display_name": member.name,
        "display_name_normalized": member.name,
        "fields": None,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "",
        "first_name": first,
        "last_name": last,
        "team": member.team_id,
    }
    if member.is_bot:
        profile |= {"api_app_id": APP_ID, "bot_id": BOT_ID, "always_active": True}
    elif with_email and member.email is not None:
        profile["email"] = member.email
    return profile


def bot_profile() -> Json:
    return {
        "id": BOT_ID,
        "app_id": APP_ID,
        "user_id": BOT_USER_ID,
        "name": APP_NAME,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": TEAM_ID,
    }


def member_view(member: Member) -> Json:
    """For the page."""
    return {
        "id": member.id,
        "name": member.name,
        "real_name": member.real_name,
        "is_bot": not member.is_person,
        "is_guest": member.is_guest,
        "is_foreign": member.is_foreign,
        "deleted": member.deleted,
        "color": f"#{member.color}",
    }


def group_view(group: UserGroup, with_users: bool, with_count: bool) -> Json:
    view: Json = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": False,
        "date_create": group.date_create,
        "date_update": group.date_update,
        "date_delete": group.date_delete,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": group.updated_by,
        "updated_by": group.updated_by,
        "deleted_by": None,
        "prefs": {"channels": list(group.channels), "groups": []},
        "user_count": len(group.users),
        "channel_count": len(group.channels),
    }
    if with_users:
        view["users"] = list(group.users)
    if not with_count:
        del view["user_count"], view["channel_count"]
    return view
