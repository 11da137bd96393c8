"""Who is who in the workspace: asked on events, every minute, and anew where the act needs it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.admission import Member, Stranger, admit
from core.people import Person
from store.escalation import Escalation

log = logging.getLogger(__name__)

ASK_S = 2.0
HASTY_ASK_S = 1.0
NO_ANSWER = (SlackApiError, ClientError, TimeoutError, OSError)
"""How Slack fails to answer, as far as we are concerned."""


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
            wait_s = HASTY_ASK_S if trust is Trust.ASK_FIRST else ASK_S
            asked = await self._ask(user_id, wait_s)
            if asked is Stranger.SLACK_SILENT and trust is Trust.ASK_FIRST and member is not None:
                asked = member
            if isinstance(asked, Stranger):
                return asked
            member = asked
        return admit(member, team_said, self._escalation())

    async def refresh(self) -> None:
        """Everybody who is named or has spoken. Silence leaves what was known."""
        named = {p.slack for p in self._escalation().people.values() if p.slack}
        async with asyncio.TaskGroup() as asking:
            for user_id in named | self._members.keys():
                asking.create_task(self._ask(user_id, ASK_S, groups=False))
            asking.create_task(self._ask_groups(ASK_S))
        self._members = {id: self._with_groups(member) for id, member in self._members.items()}

    async def _ask(self, user_id: str, wait_s: float, *, groups: bool = True) -> Member | Stranger:
        if groups and not await self._ask_groups(wait_s):
            return Stranger.SLACK_SILENT
        try:
            reply = await asyncio.wait_for(self._slack.users_info(user=user_id), wait_s)
        except SlackApiError as error:
            if error.response.get("error") in ("user_not_found", "user_not_visible"):
                self._members.pop(user_id, None)
                return Stranger.NOT_NAMED
            log.warning("who is %s: %s", user_id, error.response.get("error"))
            return Stranger.SLACK_SILENT
        except NO_ANSWER as error:
            log.warning("who is %s: %s", user_id, type(error).__name__)
            return Stranger.SLACK_SILENT
        member = self._with_groups(member_of(reply["user"]))
        self._members[user_id] = member
        return member

    async def _ask_groups(self, wait_s: float) -> bool:
        """Groups are asked for only where roles come from them. False when Slack does not say."""
        workspace = self._escalation().workspace
        if workspace is None or not workspace.group_roles:
            self._groups = {}
            return True
        try:
            reply = await asyncio.wait_for(self._slack.usergroups_list(include_users=True), wait_s)
        except NO_ANSWER as error:
            log.warning("user groups: %s", error)
            return False
        found: defaultdict[str, set[str]] = defaultdict(set)
        for group in reply["usergroups"]:
            for user_id in group.get("users") or []:
                found[user_id] |= {group["id"], group["handle"]}
        self._groups = {user_id: frozenset(names) for user_id, names in found.items()}
        return True

    def _with_groups(self, member: Member) -> Member:
        return replace(member, groups=self._groups.get(member.id, frozenset()))


def member_of(user: Mapping[str, Any]) -> Member:
    return Member(
        id=user["id"],
        team=user.get("team_id") or "",
        full_name=user.get("real_name") or user.get("name") or user["id"],
        bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        deactivated=bool(user.get("deleted")),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        stranger=bool(user.get("is_stranger")),
    )
