"""Bolt's listeners: acknowledge at once, then do what was asked and show the answer to whoever asked."""

import logging
import re
from collections.abc import Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.answer import Answer
from bot.slack.alert_clicks import ALERT_ACTIONS, said_by_click, said_by_ticking
from bot.slack.board import Board
from bot.slack.card import CONFIRM, OBJECT
from bot.slack.connections import ENVELOPE
from bot.slack.conversation import Conversation, Pressed, Said, once
from bot.slack.directory import Directory
from bot.slack.home_tab import HomeTab
from bot.slack.message import Message, message, section
from bot.slack.mrkdwn import escape
from bot.slack.replies import NO_ANSWER, error_of
from bot.slack.shown import answer_message

log = logging.getLogger(__name__)

Body = dict[str, Any]
New = Callable[[], str]


class Listeners:
    """What reaches the app, handed to the conversation; and its answers, handed back."""

    def __init__(
        self,
        conversation: Conversation,
        board: Board,
        home: HomeTab,
        directory: Directory,
        slack: AsyncWebClient,
        us: str,
        new_id: New,
    ) -> None:
        self._conversation = conversation
        self._board = board
        self._home = home
        self._directory = directory
        self._slack = slack
        self._us = us
        self._new_id = new_id

    def register(self, app: AsyncApp, command: str) -> None:
        app.command(command)(self._on_command)
        app.action(CONFIRM)(self._on_card)
        app.action(OBJECT)(self._on_card)
        app.action(HomeTab.ACTIONS)(self._on_home_button)
        app.action(ALERT_ACTIONS)(self._on_alert)
        app.event("app_home_opened")(self._on_home_opened)
        app.event("app_mention")(self._on_mention)
        app.event("message")(self._on_direct_message)
        for change in ("user_change", "subteam_updated", "subteam_members_changed"):
            app.event(change)(self._on_people_changed)
        app.error(self._on_error)

    async def _on_command(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        await ack()
        said = Said(
            once(_delivery(body)),
            body["user_id"],
            body.get("team_id") or "",
            body.get("channel_id") or "",
            body.get("text") or "",
        )
        answer = await self._conversation.say(said)
        self._board.wake()
        await self._tell(respond, said.channel, said.account, answer_message(answer))
        await self._share(said, answer, None)

    async def _on_card(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        await ack()
        container, action = body["container"], body["actions"][0]
        pressed = Pressed(
            once(_delivery(body)),
            body["user"]["id"],
            _team(body),
            container.get("channel_id") or "",
            container.get("message_ts") or "",
            action["action_id"],
            str(action.get("value") or ""),
            ours=(body.get("message") or {}).get("user") == self._us,
        )
        answer = await self._conversation.press(pressed)
        self._board.wake()
        await self._tell(respond, pressed.channel, pressed.account, answer_message(answer))

    async def _on_alert(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """A button below an alert says what it would be if it were typed."""
        await ack()
        action = body["actions"][0]
        if action["type"] == "checkboxes":
            text = said_by_ticking([str(one["value"]) for one in action["selected_options"]])
        else:
            text = said_by_click(action["action_id"], str(action.get("value") or ""))
        ours = (body.get("message") or {}).get("user") == self._us
        if text is None or not ours:
            text = "alerts"  # a button that is not ours does nothing but show how things stand
        channel = body["container"].get("channel_id") or ""
        account = body["user"]["id"]
        said = Said(once(_delivery(body)), account, _team(body), channel, text)
        answer = await self._conversation.say(said)
        self._board.wake()
        await self._tell(respond, channel, account, answer_message(answer))

    async def _on_home_opened(self, event: Body, body: Body) -> None:
        if event.get("tab", "home") == "home":
            await self._home.opened(event["user"], body.get("team_id") or "")

    async def _on_home_button(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        action = body["actions"][0]["action_id"]
        text = HomeTab.SAYS[action]
        account, team = body["user"]["id"], _team(body)
        answer: Answer | None = None
        if text:
            said = Said(once(_delivery(body)), account, team, "home", text)
            answer = await self._conversation.say(said)
            self._board.wake()
        await self._home.opened(account, team, answer)

    async def _on_mention(self, event: Body, body: Body) -> None:
        """In a thread no slash command works; naming the bot does, wherever it stands."""
        await self._said_to_us(event, body, re.sub(rf"<@{self._us}(\|[^>]*)?>", " ", event["text"]))

    async def _on_direct_message(self, event: Body, body: Body) -> None:
        if event.get("channel_type") == "im" and not event.get("subtype"):
            await self._said_to_us(event, body, event.get("text") or "")

    async def _said_to_us(self, event: Body, body: Body, text: str) -> None:
        if not event.get("user"):
            return  # another app; nobody whom escalation.yaml could name
        said = Said(
            once(str(body.get("event_id") or event["ts"])),
            event["user"],
            event.get("team") or body.get("team_id") or "",
            event["channel"],
            text.strip(),
        )
        answer = await self._conversation.say(said)
        self._board.wake()
        shown = answer_message(answer)
        await self._whisper(said.channel, said.account, shown, event.get("thread_ts"))
        await self._share(said, answer, event.get("thread_ts"))

    async def _on_people_changed(self) -> None:
        await self._directory.refresh()

    async def _tell(
        self, respond: AsyncRespond, channel: str, account: str, shown: Message
    ) -> None:
        """Through the command's own address, which works in any channel; else as an ephemeral message."""
        try:
            reply = await respond(
                text=shown.text,
                blocks=shown.blocks,
                response_type="ephemeral",
                replace_original=False,
            )
        except NO_ANSWER as error:
            log.warning("an answer may not have arrived: %s", type(error).__name__)
            return
        if reply.status_code != 200:
            log.warning("the command's address answered %s", reply.status_code)
            await self._whisper(channel, account, shown, None)

    async def _whisper(
        self, channel: str, account: str, shown: Message, thread_ts: str | None
    ) -> None:
        try:
            await self._slack.chat_postEphemeral(
                channel=channel,
                user=account,
                text=shown.text,
                blocks=list(shown.blocks),
                thread_ts=thread_ts,
            )
        except NO_ANSWER as error:
            said = error.response.get("error") if isinstance(error, SlackApiError) else error
            log.warning("an answer could not be shown: %s", said)

    async def _share(self, said: Said, answer: Answer, thread_ts: str | None) -> None:
        """An answer's files, for the whole channel; who asked was told where they lie already."""
        if not answer.files:
            return
        files = [
            {"file": str(file), "filename": file.name, "title": file.name} for file in answer.files
        ]
        try:
            await self._slack.files_upload_v2(
                channel=said.channel,
                file_uploads=files,
                initial_comment=escape(answer.title),
                thread_ts=thread_ts,
            )
        except NO_ANSWER as error:
            why = error_of(error)
            log.warning("files could not be shared: %s", why)
            text = (
                f"The files could not be shared here ({escape(why)}); they lie in the desk's home."
            )
            await self._whisper(
                said.channel, said.account, message(text, [section(text)]), thread_ts
            )

    async def _on_error(
        self, error: Exception, body: Body, respond: AsyncRespond | None
    ) -> BoltResponse:
        """Nothing is silent: an id for the person, the whole story under it in the log.

        The response acknowledges what failed before its acknowledgement had left.
        """
        id = self._new_id()
        log.error("trouble %s with %s", id, body.get("command") or body.get("type"), exc_info=error)
        if respond is not None and (body.get("response_url") or body.get("response_urls")):
            text = (
                f"🔴 Something went wrong here (id `{id}`, it is in the bot's log). Whether it was done "
                "is not known: look at `status`. On the desk's machine `perps-bot kill` works all the same."
            )
            await respond(text=text, response_type="ephemeral", replace_original=False)
        return BoltResponse(status=200, body="")


def _delivery(body: Body) -> str:
    """What Slack repeats when it delivers something again: the envelope, or over HTTP the trigger."""
    return str(body.get(ENVELOPE) or body.get("trigger_id") or body)


def _team(body: Body) -> str:
    """The team of whoever pressed: a guest from another one brings their own."""
    user, team = body.get("user") or {}, body.get("team") or {}
    return str(user.get("team_id") or team.get("id") or "")
