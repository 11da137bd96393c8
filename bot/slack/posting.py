"""A message in Slack, put there exactly once and edited: a lost reply is looked up, not sent again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.directory import NO_ANSWER
from bot.slack.message import Message
from bot.slack.threads import Threads
from store.slack_posts import Post, claim, lost, placed, read_post
from store.store import Store

log = logging.getLogger(__name__)

EVENT = "perps_post"
EARLIER = timedelta(seconds=120)
"""How much earlier than our claim Slack's clock may say that the message came in."""
PAGES = 5
PAGE = 200


class NotNow(Exception):
    """Slack did not take it; `again_s` says when to try again."""

    def __init__(self, why: str, again_s: float) -> None:
        super().__init__(why)
        self.again_s = again_s


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: a channel (its id), or the thread below a message there."""

    channel: str
    thread_ts: str | None = None
    broadcast: bool = False


class Posting:
    """One message at a time; whoever calls it is the only one who posts."""

    def __init__(
        self, slack: AsyncWebClient, store: Store, clock: Callable[[], datetime], threads: Threads
    ) -> None:
        self._slack = slack
        self._store = store
        self._clock = clock
        self._threads = threads

    async def put(
        self, key: str, desk: str, place: Place, message: Message, *, final: bool = False
    ) -> str:
        """Make what stands there under `key` be `message`; its ts. Raises NotNow."""
        post = await self._threads.short(self._claimed, key, desk, place.channel)
        try:
            if post is not None and post.ts is None:
                post = await self._found(post, place)
            if post is None or post.ts is None:
                return await self._send(key, place, message, final=final)
            if post.shown != message.digest or post.final != final:
                return await self._edit(post, message, final=final)
        except SlackApiError as error:
            raise _not_now(error) from error
        except NO_ANSWER as error:
            raise NotNow(f"Slack does not answer ({type(error).__name__})", 1.0) from error
        return post.ts

    def _claimed(self, key: str, desk: str, channel: str) -> Post | None:
        """None: nobody announced it before, so it cannot have been sent."""
        now = self._clock()
        if self._store.write(lambda tx: claim(tx, key, desk, channel, now)):
            return None
        return self._store.read(lambda connection: read_post(connection, key))

    async def _found(self, post: Post, place: Place) -> Post:
        """The message whose reply was lost, if Slack did take it."""
        oldest = f"{(post.claimed_at - EARLIER).timestamp():.6f}"
        cursor: str | None = None
        for _ in range(PAGES):
            reply = await self._page(post.channel, place.thread_ts, oldest, cursor)
            for message in reply["messages"]:
                if _key(message) == post.key:
                    await self._note(post.key, message["ts"], "", final=False)
                    return Post(
                        post.key, post.desk, post.channel, message["ts"], "", False, post.claimed_at
                    )
            cursor = (reply.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return post

    async def _page(
        self, channel: str, thread_ts: str | None, oldest: str, cursor: str | None
    ) -> Any:
        asked: dict[str, Any] = {"channel": channel, "oldest": oldest, "limit": PAGE}
        asked |= {"include_all_metadata": True, "cursor": cursor}
        if thread_ts is not None:
            return await self._slack.conversations_replies(ts=thread_ts, **asked)
        return await self._slack.conversations_history(**asked)

    async def _send(self, key: str, place: Place, message: Message, *, final: bool) -> str:
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
        await self._note(key, ts, message.digest, final=final)
        return ts

    async def _edit(self, post: Post, message: Message, *, final: bool) -> str:
        assert post.ts is not None, "only what stands in Slack is edited"
        if post.shown != message.digest:
            try:
                await self._slack.chat_update(
                    channel=post.channel,
                    ts=post.ts,
                    text=message.text,
                    blocks=list(message.blocks),
                )
            except SlackApiError as error:
                if error.response.get("error") != "message_not_found":
                    raise
                log.warning("message %s was deleted in Slack; it is posted anew", post.key)
                now = self._clock()
                await self._threads.short(self._store.write, lambda tx: lost(tx, post.key, now))
                return await self._send(post.key, Place(post.channel), message, final=final)
        await self._note(post.key, post.ts, message.digest, final=final)
        return post.ts

    async def _note(self, key: str, ts: str, shown: str, *, final: bool) -> None:
        await self._threads.short(
            self._store.write, lambda tx: placed(tx, key, ts, shown, final=final)
        )


def _key(message: Any) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT:
        return None
    found = (metadata.get("event_payload") or {}).get("id")
    return found if isinstance(found, str) else None


def _not_now(error: SlackApiError) -> NotNow:
    if error.response.status_code == 429:
        return NotNow("Slack asks to wait", float(error.response.headers.get("Retry-After", 1)))
    return NotNow(f"Slack refuses: {error.response.get('error')}", 15.0)
