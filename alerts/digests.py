"""Posts each desk's daily digest at its local time: once, whatever restarts in between."""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from alerts.slack.blocks import Message, context, foreign, header, section
from alerts.slack.posting import NO_ANSWER, NotNow, Place, Posting, Refused
from core.alerting import digest as rules
from core.alerting.digest import DigestTime
from store.control import desks
from store.reports.digests import Unposted, decide, head_of_record, kept, posted, unposted
from store.sqlite import StoreFailed
from store.store import Store, Transaction

log = logging.getLogger(__name__)

LOOK_S = 5.0
DRAWN_WITHIN_S = 60.0
MARKETS_SHOWN = 12
"""So many fit into one block."""


class NotDrawn(Exception):
    """The files of a digest could not be written; the message is the last thing that was said."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A digest's files, and what its message says."""

    head: str
    lines: Sequence[str]
    markets: Sequence[Mapping[str, str]]
    files: Sequence[Path]


@dataclass(frozen=True, slots=True)
class InSlack:
    """Where digests are posted."""

    slack: AsyncWebClient
    posting: Posting
    channel: Callable[[], Awaitable[str]]


class Digests:
    """Decides, draws and posts; without Slack they stay in the home. `run` goes on until cancelled."""

    def __init__(
        self,
        store: Store,
        place: InSlack | None,
        when: Callable[[], DigestTime | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._place = place
        self._when = when
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
        if self._place is None:
            await self._keep(digest, drawn)
        else:
            await self._send(digest, drawn, self._place)

    async def _keep(self, digest: Unposted, drawn: Drawn) -> None:
        why = f"no Slack is set up; it lies in {drawn.files[0].parent}"
        log.warning("the digest of %s, %s: %s", digest.desk, digest.day, why)
        await asyncio.to_thread(
            self._store.write,
            lambda tx: kept(tx, self._store.log, digest, why, self._clock()),
        )

    async def _send(self, digest: Unposted, drawn: Drawn, place: InSlack) -> None:
        seal = await asyncio.to_thread(self._store.read, lambda c: head_of_record(c, digest.desk))
        channel = await place.channel()
        message = digest_message(digest, drawn, seal)
        try:
            ts = await place.posting.put(digest.key, digest.desk, Place(channel), message)
        except Refused as why:
            raise NotDrawn(f"its message is refused: {why}") from why
        now = self._clock()
        await asyncio.to_thread(
            self._store.write, lambda tx: posted(tx, self._store.log, digest, now)
        )
        await _share(place.slack, channel, ts, drawn)


async def _share(slack: AsyncWebClient, channel: str, ts: str, drawn: Drawn) -> None:
    """The picture and the files, in the thread; without them the digest still stands."""
    files = [{"file": str(f), "filename": f.name, "title": f.name} for f in drawn.files]
    try:
        await slack.files_upload_v2(channel=channel, thread_ts=ts, file_uploads=files)
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
    files = [Path(file) for file in told["files"]]
    return Drawn(told["head"], told["lines"], told["figures"]["markets"], files)


def digest_message(digest: Unposted, drawn: Drawn, seal: str) -> Message:
    """Head, lines, and the head of the record, by which nothing can be changed later unseen."""
    late = "" if digest.posting is rules.Posting.POST else " (posted late)"
    head = f"P&L digest of {digest.day}{late}"
    lines = [f"*{foreign(drawn.head)}*", *(foreign(line) for line in drawn.lines)]
    table = market_table(drawn.markets)
    blocks = [header(head), section("\n".join(lines))]
    if table:
        lines.append(table)
        blocks.append(section(table))
    blocks.append(context(f"Record: {seal}"))
    return Message("\n".join([head, *lines, f"Record: {seal}"]), blocks)


def market_table(markets: Sequence[Mapping[str, str]]) -> str:
    """One line for each market, in columns; of very many the first, and how many more there are."""
    if not markets:
        return ""
    rows = [list(markets[0]), *(list(market.values()) for market in markets[:MARKETS_SHOWN])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    if len(markets) > MARKETS_SHOWN:
        lines.append(f"and {len(markets) - MARKETS_SHOWN} more: see the file")
    return "```" + foreign("\n".join(lines)) + "```"
