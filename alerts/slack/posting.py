"""A message in Slack, put there once and edited: claimed first, and looked up when a reply is lost."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from alerts.slack.blocks import Message
from store.slack_posts import Post, claim, lost, placed, read_post
from store.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

EVENT = "perps_post"
EARLIER = timedelta(seconds=120)
"""How much earlier than our claim Slack's clock may say that the message came in."""
PAGES, PAGE = 5, 200
OURS_ALONE = frozenset(
    {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "no_text"}
    | {"edit_window_closed", "cant_update_message", "thread_not_found", "message_not_found"}
)
"""Refusals of one message; any other would meet every message."""
NO_ANSWER = (SlackApiError, ClientError, TimeoutError, OSError)


class NotNow(Exception):
    """Slack takes nothing at the moment; `again_s` says when to try again."""

    def __init__(self, why: str, again_s: float) -> None:
        super().__init__(why)
        self.again_s = again_s


class Refused(Exception):
    """Slack does not take this message; others may pass."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel (its id), or the thread below a message there."""

    channel: str
    thread_ts: str | None = None
    broadcast: bool = False


class Posting:
    """One message at a time: whoever holds it is the only one who posts for alerts."""

    def __init__(self, slack: AsyncWebClient, store: Store, clock: Callable[[], datetime]) -> None:
        self._slack = slack
        self._store = store
        self._clock = clock

    async def put(
        self, key: str, desk: str, place: Place, message: Message, shown: str = ""
    ) -> str:
        """Make what stands there under `key` be `message`; its ts. Raises NotNow, Refused."""
        post = await _aside(lambda: self._claimed(key, desk, place.channel))
        try:
            if post is not None and post.ts is None:
                post = await self._looked_up(post, place)
            if post is None or post.ts is None:
                return await self._send(key, place, message, shown or message.digest)
            if post.shown != (shown or message.digest):
                return await self._edit(post, message)
        except SlackApiError as error:
            raise _told(error) from error
        except NO_ANSWER as error:
            raise NotNow(f"Slack does not answer ({type(error).__name__})", 1.0) from error
        return post.ts

    def _claimed(self, key: str, desk: str, channel: str) -> Post | None:
        """None: nobody announced it before, so it cannot have been sent."""
        now = self._clock()
        if self._store.write(lambda tx: claim(tx, key, desk, channel, now)):
            return None
        return self._store.read(lambda connection: read_post(connection, key))

    async def _looked_up(self, post: Post, place: Place) -> Post:
        """The message whose reply was lost, if Slack did take it."""
        oldest = f"{(post.claimed_at - EARLIER).timestamp():.6f}"
        asked: dict[str, Any] = {"channel": post.channel, "oldest": oldest, "limit": PAGE}
        asked["include_all_metadata"] = True
        cursor: str | None = None
        for _ in range(PAGES):
            if place.thread_ts is not None:
                reply = await self._slack.conversations_replies(
                    ts=place.thread_ts, cursor=cursor, **asked
                )
            else:
                reply = await self._slack.conversations_history(cursor=cursor, **asked)
            for message in reply.get("messages") or []:
                if _key(message) == post.key:
                    await self._note(post.key, message["ts"], "")
                    return Post(
                        post.key, post.desk, post.channel, message["ts"], "", False, post.claimed_at
                    )
            cursor = (reply.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return post

    async def _send(self, key: str, place: Place, message: Message, shown: str) -> str:
        reply = await self._slack.chat_postMessage(
            channel=place.channel,
            thread_ts=place.thread_ts,
            reply_broadcast=place.broadcast or None,
            text=message.text,
            blocks=list(message.blocks),
            metadata={"event_type": EVENT, "event_payload": {"id": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        ts = str(reply["ts"])
        await self._note(key, ts, shown)
        return ts

    async def _edit(self, post: Post, message: Message) -> str:
        assert post.ts is not None, "only what stands in Slack is edited"
        try:
            await self._slack.chat_update(
                channel=post.channel, ts=post.ts, text=message.text, blocks=list(message.blocks)
            )
        except SlackApiError as error:
            if error.response.get("error") != "message_not_found":
                raise
            log.warning("message %s was deleted in Slack; it is posted anew", post.key)
            now = self._clock()
            await _aside(lambda: self._store.write(lambda tx: lost(tx, post.key, now)))
            return await self._send(post.key, Place(post.channel), message, message.digest)
        await self._note(post.key, post.ts, message.digest)
        return post.ts

    async def _note(self, key: str, ts: str, shown: str) -> None:
        await _aside(lambda: self._store.write(lambda tx: placed(tx, key, ts, shown, final=False)))


async def _aside(work: Callable[[], T]) -> T:
    """The store is not asked on the event loop."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


def _key(message: Any) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT:
        return None
    found = (metadata.get("event_payload") or {}).get("id")
    return found if isinstance(found, str) else None


def _told(error: SlackApiError) -> NotNow | Refused:
    if error.response.status_code == 429:
        return NotNow("Slack asks to wait", float(error.response.headers.get("Retry-After", 1)))
    said = str(error.response.get("error"))
    if said in OURS_ALONE:
        return Refused(f"Slack refuses this message: {said}")
    return NotNow(f"Slack refuses: {said}", 5.0)
