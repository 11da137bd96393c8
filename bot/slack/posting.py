"""A message in Slack, put there exactly once and edited: a lost reply is looked up, not sent again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.message import Message
from bot.slack.replies import NO_ANSWER, content
from bot.slack.threads import Threads
from store.slack_posts import Post, claim, lost, placed, read_post
from store.store import Store

log = logging.getLogger(__name__)

EVENT = "perps_post"
EARLIER = timedelta(seconds=120)
"""How much earlier than our claim Slack's clock may say that the message came in."""
UNKNOWN_FOR = timedelta(seconds=30)
PAGES = 5
PAGE = 200


EVERYTHING = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
    | {"missing_scope", "not_in_channel", "channel_not_found", "is_archived", "fatal_error"}
    | {"internal_error", "service_unavailable", "ratelimited"}
)
"""Refusals that have nothing to do with the message: none would pass."""


class NotNow(Exception):
    """Slack takes nothing at the moment; `again_s` says when to try again."""

    def __init__(self, why: str, again_s: float) -> None:
        super().__init__(why)
        self.again_s = again_s


class Refused(Exception):
    """Slack takes this message never or not now; others may pass. `ts` is where it stands, if it does."""

    def __init__(self, why: str, ts: str | None) -> None:
        super().__init__(why)
        self.ts = ts


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
        """Make what stands there under `key` be `message`; its ts. Raises NotNow, Refused."""
        post = await self._threads.short(self._claimed, key, desk, place.channel)
        try:
            if post is not None and post.ts is None:
                post = await self._looked_up(post, place)
            if post is None or post.ts is None:
                return await self._send(key, place, message, final=final)
            if post.shown != message.digest or post.final != final:
                return await self._edit(post, message, final=final)
        except SlackApiError as error:
            raise _told(error, post.ts if post else None) from error
        except NO_ANSWER as error:
            raise NotNow(f"Slack does not answer ({type(error).__name__})", 1.0) from error
        return post.ts

    async def finish(self, key: str, ts: str) -> None:
        """Leave it as it stands, for good."""
        post = await self._threads.short(self._store.read, lambda c: read_post(c, key))
        await self._note(key, ts, post.shown if post else "", final=True)

    def _claimed(self, key: str, desk: str, channel: str) -> Post | None:
        """None: nobody announced it before, so it cannot have been sent."""
        now = self._clock()
        if self._store.write(lambda tx: claim(tx, key, desk, channel, now)):
            return None
        return self._store.read(lambda connection: read_post(connection, key))

    async def _looked_up(self, post: Post, place: Place) -> Post:
        """What became of it. Where Slack never tells, one card too many is better than none."""
        try:
            return await self._found(post, place)
        except SlackApiError as error:
            said = error.response.get("error")
            if error.response.status_code == 429 or error.response.status_code >= 500:
                raise
            if self._clock() - post.claimed_at < UNKNOWN_FOR:
                raise Refused(f"{said}: whether it was posted cannot be looked up", None) from error
            log.warning("%s is posted anew; its reply was lost, and %s", post.key, said)
            return post

    async def _found(self, post: Post, place: Place) -> Post:
        """The message whose reply was lost, if Slack did take it."""
        oldest = f"{(post.claimed_at - EARLIER).timestamp():.6f}"
        cursor: str | None = None
        for _ in range(PAGES):
            reply = await self._page(post.channel, place.thread_ts, oldest, cursor)
            for message in content(reply, "messages", list):
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
        ts = content(reply, "ts", str)
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


def _told(error: SlackApiError, ts: str | None) -> NotNow | Refused:
    if error.response.status_code == 429:
        return NotNow("Slack asks to wait", float(error.response.headers.get("Retry-After", 1)))
    said = str(error.response.get("error"))
    if said in EVERYTHING or error.response.status_code >= 500:
        return NotNow(f"Slack refuses: {said}", 15.0)
    return Refused(f"Slack refuses this message: {said}", ts)
