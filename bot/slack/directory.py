"""Who is who in the workspace: asked on events, every minute, and anew where the act needs it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.admission import Member, Stranger, admit
from bot.slack.replies import NO_ANSWER, content, error_of, is_passing
from core.people import Person
from store.escalation.file import Escalation

log = logging.getLogger(__name__)

ASK_S = 2.0
HASTY_ASK_S = 1.0


class Trust(Enum):
    """How fresh the knowledge about an account has to be."""

    LAST_KNOWN = "whatever is known; the brake and a look never wait for Slack"
    ASK_FIRST = "asked anew, but what was last known will do when Slack is silent: for tightening"
    MUST_ASK = "asked anew, and nobody is let through when Slack is silent: for loosening"


class Directory:
    """Accounts and user groups. One per process."""

    def __init__(self, slack: AsyncWebClient, escalation: Callable[[], Escalation]) -> None:
        self._slack = slack
        self._escalation = escalation
        self._members: dict[str, Member] = {}
        self._groups: Mapping[str, frozenset[str]] = {}

    async def person(self, user_id: str, team_said: str, trust: Trust) -> Person | Stranger:
        """The person behind an account at this moment, or why it is nobody."""
        member = self._members.get(user_id)
        if member is None or trust is not Trust.LAST_KNOWN:
            wait_s = ASK_S if trust is Trust.MUST_ASK else HASTY_ASK_S
            asked = await self._ask(user_id, wait_s)
            if asked is Stranger.SLACK_SILENT and trust is not Trust.MUST_ASK:
                asked = member or self._vouched_for(user_id, team_said)
            if isinstance(asked, Stranger):
                return asked
            member = asked
        return admit(member, team_said, self._escalation())

    def _vouched_for(self, user_id: str, team_said: str) -> Member | Stranger:
        """Slack delivered it with account and team: somebody whom the file names is taken at that word."""
        if all(person.slack != user_id for person in self._escalation().people.values()):
            return Stranger.SLACK_SILENT
        return Member(
            user_id, team_said, user_id, bot=False, deactivated=False, guest=False, stranger=False
        )

    async def refresh(self) -> None:
        """Everybody who is named or has spoken. Silence leaves what was known."""
        named = {p.slack for p in self._escalation().people.values() if p.slack}
        await self._ask_groups(ASK_S)
        known = named | self._members.keys()
        found = await asyncio.gather(*(self._ask_account(id, ASK_S) for id in known))
        fresh = {member.id: member for member in found if isinstance(member, Member)}
        members = self._members | fresh
        self._members = {id: self._with_groups(member) for id, member in members.items()}

    async def _ask(self, user_id: str, wait_s: float) -> Member | Stranger:
        """Account and groups at once; neither waits for the other."""
        groups, member = await asyncio.gather(
            self._ask_groups(wait_s), self._ask_account(user_id, wait_s)
        )
        if isinstance(member, Member):
            member = self._members[user_id] = self._with_groups(member)
        return member if groups else Stranger.SLACK_SILENT

    async def _ask_account(self, user_id: str, wait_s: float) -> Member | Stranger:
        try:
            async with asyncio.timeout(wait_s):
                reply = await self._slack.users_info(user=user_id)
            return member_of(content(reply, "user", dict))
        except NO_ANSWER as error:
            if error_of(error) in ("user_not_found", "user_not_visible"):
                self._members.pop(user_id, None)
                return Stranger.NOT_NAMED
            log.warning("who is %s: %s", user_id, error_of(error))
            return Stranger.SLACK_SILENT

    async def _ask_groups(self, wait_s: float) -> bool:
        """Groups are asked for only where roles come from them. False when Slack does not say."""
        workspace = self._escalation().workspace
        if workspace is None or not workspace.group_roles:
            self._groups = {}
            return True
        try:
            async with asyncio.timeout(wait_s):
                reply = await self._slack.usergroups_list(include_users=True)
            self._groups = _groups_of(content(reply, "usergroups", list))
        except NO_ANSWER as error:
            log.warning("user groups: %s", error_of(error))
            if not isinstance(error, SlackApiError) or is_passing(error):
                return False
            self._groups = {}  # a plan or a scope without them; who is named acts by name
        return True

    def _with_groups(self, member: Member) -> Member:
        return replace(member, groups=self._groups.get(member.id, frozenset()))


def _groups_of(told: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """By account: the ids and handles of the groups it is in."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for group in told:
        for user_id in group.get("users") or []:
            found[user_id] |= {str(group.get("id")), str(group.get("handle"))}
    return {user_id: frozenset(names) for user_id, names in found.items()}


def member_of(user: Mapping[str, Any]) -> Member:
    id = content(user, "id", str)
    return Member(
        id=id,
        team=user.get("team_id") or "",
        full_name=user.get("real_name") or user.get("name") or id,
        bot=bool(user.get("is_bot")) or id == "USLACKBOT",
        deactivated=bool(user.get("deleted")),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        stranger=bool(user.get("is_stranger")),
    )
