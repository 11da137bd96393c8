"""A direct message in Slack, with buttons; a lost answer is looked up by the message's metadata."""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from alerts.delivery.adapter import Letter, Sending
from alerts.slack.blocks import Block, actions, button, foreign, section
from alerts.slack.posting import EARLIER, EVENT, NO_ANSWER
from core.alerting.delivery import Answer


class SlackDm:
    """To one member, by their account."""

    def __init__(self, slack: AsyncWebClient) -> None:
        self._slack = slack

    async def send(self, letter: Letter) -> Sending:
        try:
            reply = await self._slack.chat_postMessage(
                channel=letter.to,
                text=f"{foreign(letter.title)}\n{letter.text}",
                blocks=_blocks(letter),
                metadata={"event_type": EVENT, "event_payload": {"id": letter.key}},
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackApiError as refused:
            said = refused.response
            after = said.headers.get("Retry-After")
            return Sending(Answer(said.status_code, str(said.get("error") or ""), after))
        return Sending(Answer(200), str(reply["ts"]))

    async def look_up(self, letter: Letter) -> bool | None:
        oldest = f"{(letter.begun_at - EARLIER).timestamp():.6f}"
        try:
            opened = await self._slack.conversations_open(users=letter.to)
            found: Any = await self._slack.conversations_history(
                channel=opened["channel"]["id"], oldest=oldest, include_all_metadata=True, limit=200
            )
        except NO_ANSWER:
            return None
        return any(_key(message) == letter.key for message in found.get("messages") or [])


def _blocks(letter: Letter) -> list[Block]:
    blocks = [section(f"*{foreign(letter.title)}*\n{letter.text}")]
    if letter.buttons:
        buttons = [
            button("alert_ack", "Acknowledge", letter.buttons, "primary"),
            button("alert_escalate", "Escalate", letter.buttons),
            button("alert_runbook", "Runbook", letter.buttons),
        ]
        blocks.append(actions("alert", buttons))
    return blocks


def _key(message: Any) -> object:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("id")
