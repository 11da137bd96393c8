"""Our place in the workspace: who the bot is there, and which channel is the desk's."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.replies import NO_ANSWER, content

log = logging.getLogger(__name__)

RETRY_S = 5.0
REFUSED_TOKEN = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
    | {"no_permission", "not_allowed_token_type", "missing_scope", "org_login_required"}
)
"""Trying again brings nothing."""
PAGES = 50


class WrongWorkspace(Exception):
    """The token is not one with which the bot can work for this desk; the message says what to do."""


async def who_we_are(slack: AsyncWebClient, team: str, token: str) -> AuthorizeResult:
    """Asked once: asking at every command would delay its acknowledgement. Raises WrongWorkspace."""
    while True:
        try:
            told = await slack.auth_test()
            team_id, user_id = content(told, "team_id", str), content(told, "user_id", str)
            break
        except NO_ANSWER as error:
            if isinstance(error, SlackApiError) and error.response.get("error") in REFUSED_TOKEN:
                raise WrongWorkspace(
                    f"Slack refuses the bot token ({error.response.get('error')}): install the app "
                    "anew and copy its token into SLACK_BOT_TOKEN"
                ) from error
            log.warning("Slack does not say who we are, asking again: %s", error)
            await asyncio.sleep(RETRY_S)
    if team_id != team:
        raise WrongWorkspace(
            f"the bot token belongs to team {team_id} ({told.get('team')}), escalation.yaml "
            f"names {team}: put the right one into `slack: team:`"
        )
    return AuthorizeResult(
        enterprise_id=told.get("enterprise_id"),
        team_id=team_id,
        bot_user_id=user_id,
        bot_id=told.get("bot_id"),
        bot_token=token,
    )


async def find_channel(slack: AsyncWebClient, name_or_id: str) -> str | None:
    """The channel's id, joined so that its history can be read; None when there is none."""
    channel = await look_up(slack, name_or_id)
    if channel is None:
        return None
    if not channel.get("is_member"):
        try:
            await slack.conversations_join(channel=channel["id"])
        except SlackApiError as error:
            log.warning(
                "the bot cannot join #%s (%s): invite it there, or a lost reply cannot be looked up",
                name_or_id,
                error.response.get("error"),
            )
    return str(channel["id"])


async def look_up(slack: AsyncWebClient, name_or_id: str) -> Mapping[str, Any] | None:
    cursor: str | None = None
    for _ in range(PAGES):
        reply = await slack.conversations_list(
            types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor
        )
        for channel in content(reply, "channels", list):
            if name_or_id in (channel.get("id"), channel.get("name")):
                found: Mapping[str, Any] = channel
                return found
        cursor = (reply.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    return None
