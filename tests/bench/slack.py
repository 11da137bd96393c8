"""The desk in Slack, measured from the envelope: two hundred commands at once, and a kill."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.beside import SHIPPED_PEOPLE
from core.modes import Mode
from store.control import begin_desk, set_mode
from store.page import GatePage, PageUnreadable
from store.store import Store, open_store
from tests.bench.rows import row, wall

AT_ONCE = 200
KILLS = 30
CALLS = 300
READY_S = 30.0
DESK = "main"


@contextmanager
def running(*arguments: str) -> Iterator[list[str]]:
    """One process; the words of the line that says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()
    finally:
        process.terminate()
        process.wait(READY_S)
        process.stdout.close()


def in_slack(root: Path) -> list[str]:
    """Workspace, bot and store as real processes and files; no trader: nothing here needs one."""
    home = root / "slack-home"
    store = open_store(home, wall())
    store.write(lambda tx: begin_desk(tx, store.log, DESK, Mode.ACTIVE, "bench", wall()))
    store.brake(DESK).follow_row()
    (home / "escalation.yaml").write_text(SHIPPED_PEOPLE.read_text())
    workspace = ("sandbox", "workspace", f"--home={home}", "--port=0", "--no-rate-limits")
    try:
        with running(*workspace) as said, running("bot", "slack", "run", f"--home={home}"):
            return asyncio.run(_measure(said[2], home, store))
    finally:
        store.close()


async def _measure(url: str, home: Path, store: Store) -> list[str]:
    token = json.loads((home / "sandbox" / "slack" / "slack.json").read_text())["bot_token"]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as http:
        await _until_listening(http)
        calls = await _calls(http, token)
        acknowledged = await _commands_at_once(http)
        closed = [await _kill(http, store) for _ in range(KILLS)]
    return [
        row("the workspace's own overhead, one Web API call", calls),
        row(f"command envelope to acknowledgement, {AT_ONCE} at once", acknowledged),
        row("kill command envelope to gate closed", closed),
    ]


async def _until_listening(http: aiohttp.ClientSession) -> None:
    deadline = time.monotonic() + READY_S
    while not (await _say(http, "/perps status"))["ok"]:
        assert time.monotonic() < deadline, "the bot did not connect"
        await asyncio.sleep(0.1)


async def _say(http: aiohttp.ClientSession, text: str) -> dict[str, Any]:
    order = {"user": "alice", "channel": "perps-desk", "text": text}
    async with http.post("/_sim/command", json=order) as reply:
        found: dict[str, Any] = await reply.json()
        return found


async def _calls(http: aiohttp.ClientSession, token: str) -> list[float]:
    found = []
    for _ in range(CALLS):
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {token}"}
        async with http.post("/api/auth.test", headers=headers) as reply:
            await reply.read()
        found.append((time.perf_counter() - began) * 1000)
    return found


async def _commands_at_once(http: aiohttp.ClientSession) -> list[float]:
    began = time.monotonic_ns()
    await asyncio.gather(*(_say(http, "/perps status") for _ in range(AT_ONCE)))
    return [
        (one["acked_monotonic_ns"] - one["sent_monotonic_ns"]) / 1e6
        for one in await _envelopes(http, began)
    ]


async def _envelopes(http: aiohttp.ClientSession, since_ns: int) -> list[dict[str, Any]]:
    async with http.get(f"/_sim/envelopes?since_ns={since_ns}&limit=1000") as reply:
        found = (await reply.json())["envelopes"]
    return [one for one in found if one["type"] == "slash_commands"]


async def _kill(http: aiohttp.ClientSession, store: Store) -> float:
    """Milliseconds from the envelope's sending until no sender would be let through."""
    await asyncio.to_thread(
        store.brake(DESK).loosen,
        lambda tx: set_mode(
            tx, store.log, DESK, Mode.ACTIVE, reason="next", actor="bench", now=wall()
        ),
    )
    page = GatePage(store.home.page(DESK))
    began = time.monotonic_ns()
    watching = asyncio.create_task(asyncio.to_thread(_closed_at, page))
    await _say(http, "/perps kill bench")
    closed_at = await watching
    page.close()
    [envelope] = await _envelopes(http, began)
    return float(closed_at - envelope["sent_monotonic_ns"]) / 1e6


def _closed_at(page: GatePage) -> int:
    deadline = time.monotonic() + READY_S
    while not _is_closed(page):
        assert time.monotonic() < deadline, "the kill never closed the gate"
        time.sleep(0.0001)
    return time.monotonic_ns()


def _is_closed(page: GatePage) -> bool:
    """As a sender sees it: a page that is just being written lets nobody through."""
    try:
        return page.read().mode is Mode.HELD
    except PageUnreadable:
        return True
