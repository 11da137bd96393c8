"""Who may post alerts: this machine, or whoever has the token; behind a proxy only the token counts."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import text

from alerts.answer_links import answer_links
from alerts.intake.alertmanager import read_alerts, take
from alerts.intake.server import Access, Intake
from core.alerting.effects import Said
from core.alerting.levels import Level
from store.events import event_key
from store.store import Transaction
from tests.alerts.night import DESK, MIDNIGHT, Night

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
    status, _ = await answered(night, access, "/api/v2/alerts", DOWN, given)
    return status


async def answered(
    night: Night, access: Access, path: str, body: object = None, given: str = ""
) -> tuple[int, str]:
    clock, woken = (lambda: night.now), (lambda: None)
    at_once = lambda _tx, _number, _now: woken  # noqa: E731
    intake = Intake(night.store, access, clock, at_once, woken, lambda: None, lambda: True)
    runner = web.AppRunner(intake.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    try:
        async with (
            asyncio.timeout(10),
            aiohttp.ClientSession() as http,
            http.post(url, json=body, headers={"Authorization": given}) as reply,
        ):
            return reply.status, (await reply.text()).strip()
    finally:
        await runner.cleanup()


def test_a_push_about_a_lower_level_does_not_take_the_higher_one(night: Night) -> None:
    def all_sent(tx: Transaction) -> None:
        tx.execute(text("UPDATE outbox SET outcome = 'sent', ended_at = since"))

    public = "https://desk.example"
    links = answer_links(public, event_key(night.store.home.secrets))
    assert links is not None
    path = links.to_acknowledge("a1", "alice").removeprefix(public)
    night.fires(level=Level.CRITICAL)
    night.store.write(all_sent)
    night.fires(level=Level.EMERGENCY)
    access = replace(OPEN, public_url=public)
    status, said = asyncio.run(answered(night, access, path))
    assert (status, said) == (200, f"a1: {Said.RAISED_SINCE}")
    assert not night.alert().acks
    night.store.write(all_sent)
    asyncio.run(answered(night, access, path))
    assert [ack.person for ack in night.alert().acks] == ["alice"]


def test_nobody_else_ends_what_the_desk_says_of_itself() -> None:
    over = {"labels": {"alertname": "desk_killed"}, "endsAt": MIDNIGHT.isoformat()}
    [posted] = read_alerts([over], ["main"], MIDNIGHT)
    assert (posted.rule, posted.level) == ("posted_desk_killed", None)


def test_what_is_posted_no_more_is_over_when_it_was_said_to_be(night: Night) -> None:
    """As Prometheus posts: each time with an end that lies a few minutes ahead."""

    def posts(minutes: int | None) -> None:
        ahead = {} if minutes is None else {"endsAt": later(night, minutes).isoformat()}
        told = [{"labels": {"alertname": "NodeDown", "severity": "critical"}} | ahead]
        now = night.now
        night.store.write(lambda tx: take(tx, read_alerts(told, [DESK], now), now))

    posts(4)
    night.tick()
    night.now = later(night, 3)
    posts(4)
    night.restart()
    night.now = later(night, 3)
    night.tick()
    assert not night.alert().cleared, "it was posted again"
    night.now = later(night, 2)
    night.tick()
    assert night.alert().cleared

    posts(4)
    posts(None)
    night.now = later(night, 30)
    night.tick()
    assert not night.alert().cleared, "the latest post names no end"


def later(night: Night, minutes: int) -> datetime:
    return night.now + timedelta(minutes=minutes)


def test_alerts_that_differ_late_in_long_labels_are_two() -> None:
    """An end of one is no end of the other."""
    labels = {"alertname": "PodDown", "cluster": "c" * 60, "namespace": "n" * 60}
    told = [{"labels": labels | {"pod": name}} for name in ("a", "b")]
    first, second = read_alerts(told, ["main"], MIDNIGHT)
    assert first.symbol != second.symbol
    assert max(len(first.symbol), len(second.symbol)) <= 120
