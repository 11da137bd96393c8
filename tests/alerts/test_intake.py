"""Who may post alerts: this machine, or whoever has the token; behind a proxy only the token counts."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from alerts.intake.alertmanager import read_alerts
from alerts.intake.server import Access, Intake
from tests.alerts.night import MIDNIGHT, Night

OPEN = Access(token=None, twilio_token=None, pagerduty_secret=None, public_url=None)
LOCKED = replace(OPEN, token="t0p")
DOWN = [{"labels": {"alertname": "NodeDown", "severity": "critical"}}]


@pytest.mark.parametrize(
    ("access", "given", "status"),
    [
        (OPEN, "", 200),
        (replace(OPEN, public_url="http://127.0.0.1:8971"), "", 200),
        (replace(OPEN, public_url="https://desk.example"), "", 401),
        (LOCKED, "", 401),
        (LOCKED, "Bearer other", 401),
        (LOCKED, "Bearer t0p", 200),
    ],
)
def test_who_may_post(night: Night, access: Access, given: str, status: int) -> None:
    assert asyncio.run(posted(night, access, given)) == status
    night.tick()
    rules = [alert.identity.rule for alert in night.open()]
    assert rules == (["NodeDown"] if status == 200 else [])


async def posted(night: Night, access: Access, given: str) -> int:
    clock, woken = (lambda: night.now), (lambda: None)
    at_once = lambda _tx, _number, _now: woken  # noqa: E731
    intake = Intake(night.store, access, clock, at_once, woken, lambda: None, lambda: True)
    runner = web.AppRunner(intake.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v2/alerts"
    try:
        async with (
            asyncio.timeout(10),
            aiohttp.ClientSession() as http,
            http.post(url, json=DOWN, headers={"Authorization": given}) as reply,
        ):
            return reply.status
    finally:
        await runner.cleanup()


def test_alerts_that_differ_late_in_long_labels_are_two() -> None:
    """An end of one is no end of the other."""
    labels = {"alertname": "PodDown", "cluster": "c" * 60, "namespace": "n" * 60}
    told = [{"labels": labels | {"pod": name}} for name in ("a", "b")]
    first, second = read_alerts(told, ["main"], MIDNIGHT)
    assert first.symbol != second.symbol
    assert max(len(first.symbol), len(second.symbol)) <= 120
