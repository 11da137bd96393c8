"""Posts each desk's daily digest at its local time: once, whatever restarts in between."""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from alerts.slack.blocks import Message, context, foreign, header, section
from alerts.slack.posting import NO_ANSWER, NotNow, Place, Posting, Refused
from core.alerting import digest as rules
from core.alerting.digest import DigestTime
from store.control import desks
from store.reports.digests import Unposted, decide, head_of_record, posted, unposted
from store.sqlite import StoreFailed
from store.store import Store, Transaction

log = logging.getLogger(__name__)

LOOK_S = 5.0
DRAWN_WITHIN_S = 60.0


class NotDrawn(Exception):
    """The files of a digest could not be written; the message is the last thing that was said."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A digest's files, and what its message says."""

    head: str
    lines: Sequence[str]
    files: Sequence[Path]


class Digests:
    """Decides, draws and posts. `run` goes on until it is cancelled."""

    def __init__(
        self,
        store: Store,
        slack: AsyncWebClient,
        posting: Posting,
        when: Callable[[], DigestTime | None],
        channel: Callable[[], Awaitable[str]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._slack = slack
        self._posting = posting
        self._when = when
        self._channel = channel
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.tick()
            except (NotNow, NotDrawn, *StoreFailed) as why:
                log.warning("a digest waits: %s", why)
            await asyncio.sleep(LOOK_S)

    async def tick(self) -> None:
        """Raises NotNow when Slack takes nothing, NotDrawn, StoreFailed; it is tried again."""
        when = self._when()
        if when is None:
            return
        now = self._clock()
        await asyncio.to_thread(self._store.write, lambda tx: self._decide(tx, when, now))
        for digest in await asyncio.to_thread(self._store.read, unposted):
            await self._post(digest, when)

    def _decide(self, tx: Transaction, when: DigestTime, now: datetime) -> None:
        for desk in desks(tx):
            decide(tx, self._store.log, desk, when, now)

    async def _post(self, digest: Unposted, when: DigestTime) -> None:
        until = when.due_at(digest.day)
        drawn = await draw(self._store.home.root, digest, until - rules.DAY, until)
        seal = await asyncio.to_thread(self._store.read, lambda c: head_of_record(c, digest.desk))
        channel = await self._channel()
        message = digest_message(digest, drawn, seal)
        try:
            ts = await self._posting.put(digest.key, digest.desk, Place(channel), message)
        except Refused as why:
            raise NotDrawn(f"its message is refused: {why}") from why
        now = self._clock()
        await asyncio.to_thread(
            self._store.write, lambda tx: posted(tx, self._store.log, digest, now)
        )
        await self._share(channel, ts, drawn)

    async def _share(self, channel: str, ts: str, drawn: Drawn) -> None:
        """The picture and the files, in the thread; without them the digest still stands."""
        files = [{"file": str(f), "filename": f.name, "title": f.name} for f in drawn.files]
        try:
            await self._slack.files_upload_v2(channel=channel, thread_ts=ts, file_uploads=files)
        except NO_ANSWER as error:
            log.warning("the digest's files are not in Slack, they lie in the home: %s", error)


async def draw(home: Path, digest: Unposted, since: datetime, until: datetime) -> Drawn:
    """Drawn by a process of its own: pictures are slow, and alerts must not wait. Raises NotDrawn."""
    asked = [digest.desk, f"--since={since.isoformat()}", f"--until={until.isoformat()}"]
    arguments = ["-m", "alerts.reports", f"--home={home}", "daily", *asked, f"--name={digest.day}"]
    drawing = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DRAWN_WITHIN_S):
            said, trouble = await drawing.communicate()
    except TimeoutError as late:
        drawing.kill()
        await drawing.wait()
        raise NotDrawn("its files took too long") from late
    if drawing.returncode:
        raise NotDrawn(trouble.decode(errors="replace").strip()[-300:] or "it said nothing")
    told = json.loads(said)
    return Drawn(told["head"], told["lines"], [Path(file) for file in told["files"]])


def digest_message(digest: Unposted, drawn: Drawn, seal: str) -> Message:
    """Head, lines, and the head of the record, by which nothing can be changed later unseen."""
    late = "" if digest.posting is rules.Posting.POST else " (posted late)"
    head = f"P&L digest of {digest.day}{late}"
    lines = [f"*{foreign(drawn.head)}*", *(foreign(line) for line in drawn.lines)]
    blocks = [header(head), section("\n".join(lines)), context(f"Record: {seal}")]
    return Message("\n".join([head, *lines, f"Record: {seal}"]), blocks)
