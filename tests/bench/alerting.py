"""Alerts as another system posts them, until a webhook has each: one by one, in storms, through outages."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from core.modes import Mode
from store.control import begin_desk
from store.store import open_store
from tests.bench.rows import row, wall
from tests.ports import free_ports

DESK = "main"
MANY = 10_000
PER_POST = 100
ONE_BY_ONE = 50
URGENT = 20
WITHIN_S = 120.0
READY_S = 30.0
OUTAGE_S = 10.0
BUSY_S = 3
PEOPLE = """
people:
  alice: {name: Alice Moreau, roles: [operator, approver]}
  bob: {name: Bob Tanaka, roles: [operator, approver]}
levels:
  "2": {steps: [{at: 0s, tell: {services: [webhook]}}]}
  "3": {steps: [{at: 0s, tell: {services: [webhook]}}]}
  "4": {steps: [{at: 0s, tell: {services: [webhook]}}]}
"""


@dataclass
class Receiver:
    """The far end of the webhook: when it first heard of each text, and how often it was asked."""

    heard: dict[str, float] = field(default_factory=dict)
    alerts: set[str] = field(default_factory=set)
    asked: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 204
    retry_after: str | None = None

    async def handle(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.news.set()
        told = await request.json()
        if self.status >= 300:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=self.status, headers=headers)
        self.alerts.update(told["alerts"])
        self.heard.setdefault(told["rule"].split("/")[1], time.perf_counter())
        return web.Response(status=204)

    async def until(self, condition: Callable[[], bool]) -> float:
        """When it was so."""
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self.news.clear()
                await self.news.wait()
        return time.perf_counter()


@dataclass(frozen=True)
class Bench:
    http: aiohttp.ClientSession
    receiver: Receiver

    async def post(self, *alerts: tuple[str, str, str]) -> None:
        """Of rule, instance and severity. Answered, they are on record."""
        body = [
            {"labels": {"alertname": rule, "instance": instance, "severity": severity}}
            for rule, instance, severity in alerts
        ]
        async with self.http.post("/api/v2/alerts", json=body) as reply:
            assert reply.status == 200, await reply.text()

    async def post_many(self, alerts: Sequence[tuple[str, str, str]]) -> None:
        for begin in range(0, len(alerts), PER_POST):
            await self.post(*alerts[begin : begin + PER_POST])

    async def heard(self, rule: str) -> float:
        """When the webhook heard of it."""
        await self.receiver.until(lambda: rule in self.receiver.heard)
        return self.receiver.heard[rule]

    async def heard_of(self, number: int) -> float:
        """When it had heard of so many alerts."""
        return await self.receiver.until(lambda: len(self.receiver.alerts) >= number)


def alerting(root: Path, say: Callable[[Sequence[str]], None]) -> None:
    """The alerts process as it is, on a store with synchronous=FULL. Each part is said as it ends."""
    root.mkdir()
    asyncio.run(_measure(root, say))


async def _measure(root: Path, say: Callable[[Sequence[str]], None]) -> None:
    for part in (_one_by_one, _grouped, _repeated, _each_its_own, _outage, _busy):
        receiver = Receiver()
        async with _far_end(receiver) as url:
            with _process(root / part.__name__, url) as (here, memory):
                async with aiohttp.ClientSession(here) as http:
                    await _until_healthy(http)
                    lines = await part(Bench(http, receiver))
                say([*lines, row("  and the most memory it took, MB", [memory()])])


async def _one_by_one(bench: Bench) -> list[str]:
    found = []
    for number in range(ONE_BY_ONE):
        began = time.perf_counter()
        await bench.post((f"r{number}", "", "critical"))
        found.append((await bench.heard(f"r{number}") - began) * 1000)
    return [row("alert posted to webhook heard, one at a time", found)]


async def _grouped(bench: Bench) -> list[str]:
    """Of a level that waits 5 s for others of its rule."""
    began = time.perf_counter()
    await bench.post_many([("same", f"h{n}", "intervention") for n in range(MANY)])
    ended = await bench.heard_of(MANY)
    return [
        row(f"{MANY} alerts of one rule, until all were heard of", [(ended - began) * 1000]),
        row("  in so many messages", [float(bench.receiver.asked)]),
    ]


async def _repeated(bench: Bench) -> list[str]:
    began = time.perf_counter()
    await bench.post_many([("again", "", "critical")] * MANY)
    await bench.post(("after", "", "emergency"))
    ended = await bench.heard("after")
    return [
        row(f"one alert {MANY} times, and a level 4 after it", [(ended - began) * 1000]),
        row("  in so many messages", [float(bench.receiver.asked)]),
    ]


async def _each_its_own(bench: Bench) -> list[str]:
    """Of many rules, each told by a message of its own; level 4 overtakes them."""
    began = time.perf_counter()
    storm = asyncio.create_task(bench.post_many([(f"r{n}", "", "critical") for n in range(MANY)]))
    urgent = []
    for number in range(URGENT):
        await asyncio.sleep(0.1)
        posted = time.perf_counter()
        await bench.post((f"u{number}", "", "emergency"))
        urgent.append((await bench.heard(f"u{number}") - posted) * 1000)
    await storm
    taken = time.perf_counter()
    ended = await bench.heard_of(MANY + URGENT)
    return [
        row(f"{MANY} alerts of as many rules, until all were on record", [(taken - began) * 1000]),
        row("  until each was heard of by its own message", [(ended - began) * 1000]),
        row("  level 4 posted to heard meanwhile", urgent),
    ]


async def _outage(bench: Bench) -> list[str]:
    bench.receiver.status = 503
    await bench.post(*((f"r{number}", "", "critical") for number in range(10)))
    await asyncio.sleep(OUTAGE_S)
    bench.receiver.status, attempts = 204, bench.receiver.asked
    back = time.perf_counter()
    found = [(await bench.heard(f"r{number}") - back) * 1000 for number in range(10)]
    return [
        row(f"webhook back after {OUTAGE_S:.0f} s of 503, until heard", found),
        row("  attempts during the outage", [float(attempts)]),
    ]


async def _busy(bench: Bench) -> list[str]:
    bench.receiver.status, bench.receiver.retry_after = 429, str(BUSY_S)
    await bench.post(("busy", "", "critical"))
    asked = await bench.receiver.until(lambda: bench.receiver.asked > 0)
    bench.receiver.status = 204
    late = await bench.heard("busy") - asked - BUSY_S
    return [row(f"429 with Retry-After: {BUSY_S}, heard so much later than that", [late * 1000])]


@asynccontextmanager
async def _far_end(receiver: Receiver) -> AsyncIterator[str]:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


@contextmanager
def _process(home: Path, webhook: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """The alerts process; where it listens, and its memory in MB."""
    store = open_store(home, wall())
    store.write(lambda tx: begin_desk(tx, store.log, DESK, Mode.ACTIVE, "bench", wall()))
    store.close()
    (home / "escalation.yaml").write_text(PEOPLE)
    port = free_ports()
    environment = {
        **{name: value for name, value in os.environ.items() if "PROXY" not in name.upper()},
        "PERPS_ALERTS_PORT": str(port),
        "PERPS_WEBHOOK_URL": webhook,
        "PERPS_WEBHOOK_SECRET": "bench",
    }
    command = [sys.executable, "-m", "alerts", "run", f"--home={home}"]
    with (home / "alerts.said").open("w") as said:
        process = subprocess.Popen(command, env=environment, stderr=said, stdout=said)
    try:
        yield f"http://127.0.0.1:{port}", lambda: _peak_mb(process.pid)
    finally:
        process.terminate()
        process.wait(READY_S)


async def _until_healthy(http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            with suppress(aiohttp.ClientConnectorError):
                async with http.get("/healthz") as reply:
                    if reply.status == 200:
                        return
            await asyncio.sleep(0.05)


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = [line for line in lines if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024
