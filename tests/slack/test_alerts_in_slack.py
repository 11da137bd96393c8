"""Alerts in Slack: raised in one process, shown by another, answered through a third; all of them real."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.__main__ import clock
from core.alerting.levels import Level
from core.modes import Mode
from core.requests import Action
from store.alerting.alerts import open_alerts
from store.alerting.facts import raise_alert
from store.wakeups import nudge
from tests.slack.alerts_process import AlertsProcess
from tests.slack.reading import buttons
from tests.slack.workspace_process import wait_until
from tests.slack.world import World, a_world, memory

CHANNEL = "perps-alerts"


class Alarmed:
    """A world with the alerts process in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alerts = AlertsProcess(world.home.home, world.environment)

    def raise_(self, desk: str, rule: str, level: Level, text: str = "", symbol: str = "") -> None:
        store = self.world.home.own_store()
        store.write(lambda tx: raise_alert(tx, desk, rule, level, text, clock(), symbol=symbol))
        nudge(store.home.alerts_socket)

    def messages(self, desk: str, saying: str = "") -> list[Any]:
        """Alert messages of a desk, threads and cards left aside."""
        return [
            message
            for message in self.world.workspace.said_by_bot(f" {desk}: level", CHANNEL)
            if message["blocks"][0]["type"] == "header" and saying in message["text"]
        ]

    def message(self, desk: str, saying: str = "") -> Any:
        wait_until(lambda: self.messages(desk, saying), f"an alert of {desk} saying {saying!r}")
        return self.messages(desk, saying)[-1]


@pytest.fixture(scope="module")
def alarmed() -> Iterator[Alarmed]:
    with memory() as place, a_world(place) as world:
        found = Alarmed(world)
        yield found
        assert found.alerts.stop() == 0


def test_an_alert_is_shown_acknowledged_and_edited_in_place(alarmed: Alarmed) -> None:
    world = alarmed.world
    desk = world.desk()

    alarmed.raise_(desk, "daily_loss", Level.CRITICAL, "$1,020 of $1,000")

    shown = alarmed.message(desk, "daily_loss")
    assert "$1,020 of $1,000" in shown["text"]
    assert "act now: reduce or kill" in shown["text"]
    assert "Issue: Excessive Losses" in shown["text"]
    assert list(buttons(shown["blocks"])) == [
        f"alert_{what}"
        for what in ("ack", "escalate", "snooze", "resolve", "runbook", "kill", "close")
    ]
    assert world.workspace.click("bob", shown, "alert_ack", channel=CHANNEL)["ok"]
    after = alarmed.message(desk, "*Acknowledged* by bob")
    assert after["ts"] == shown["ts"]
    wait_until(lambda: "you have it" in _thread(world, shown), "its thread to tell it")
    assert "bob has it" in _typed(world, "alice", f"status --desk {desk}", "open alert")


def test_level_four_holds_the_desk_asks_for_a_kill_and_brings_its_checklist(
    alarmed: Alarmed,
) -> None:
    world = alarmed.world
    desk = world.desk()

    alarmed.raise_(desk, "key_compromise", Level.EMERGENCY, "an order by another hand")

    world.wait_mode(desk, Mode.HELD)
    card = world.card(desk, "kill asked by alerts")
    assert world.home.request(desk).action is Action.KILL
    shown = alarmed.message(desk, "☑ Hold")
    assert "☐ Keys: revoke them now" in shown["text"]
    options = [f"{_id(shown)}|keys"]
    assert world.workspace.click("carol", shown, "alert_checklist", value=options, channel=CHANNEL)[
        "ok"
    ]
    assert "(carol)" in alarmed.message(desk, "☑ Keys")["text"]
    assert world.confirm("bob", card)["ok"], "one person's yes is the second voice"
    world.wait_mode(desk, Mode.KILLED)


def test_a_message_whose_reply_was_lost_is_not_posted_twice(alarmed: Alarmed) -> None:
    desk = alarmed.world.desk()
    alarmed.world.workspace.api_fault("drop_after", "chat.postMessage")

    alarmed.raise_(desk, "position_drift", Level.CRITICAL)

    alarmed.message(desk, "position_drift")
    wait_until(lambda: len(alarmed.messages(desk)) == 1)
    alarmed.world.workspace.click("bob", alarmed.message(desk), "alert_resolve", channel=CHANNEL)
    assert "*Resolved*" in alarmed.message(desk, "*Resolved*")["text"]
    assert len(alarmed.messages(desk)) == 1


def test_killed_between_raise_and_message_the_next_one_shows_it(alarmed: Alarmed) -> None:
    desk = alarmed.world.desk()
    alarmed.alerts.kill()
    alarmed.raise_(desk, "unknown_order", Level.CRITICAL, "o-1")
    alarmed.alerts = AlertsProcess(alarmed.world.home.home, alarmed.world.environment)
    assert "o-1" in alarmed.message(desk, "unknown_order")["text"]


def test_a_storm_is_counted_and_none_of_it_is_lost(alarmed: Alarmed) -> None:
    world = alarmed.world
    desk = world.desk()
    for number in range(30):
        alarmed.raise_(desk, "position_size", Level.CRITICAL, "over", f"S{number}")
    wait_until(lambda: _storm(world, desk), "a storm message")
    assert len(alarmed.messages(desk)) <= 11
    assert len(world.home.read(lambda c: open_alerts(c, desk))) == 30


def _thread(world: World, shown: Any) -> str:
    replies = [m for m in world.workspace.messages(CHANNEL) if m["thread_ts"] == shown["ts"]]
    return "\n".join(m["text"] for m in replies if m["ts"] != shown["ts"])


def _storm(world: World, desk: str) -> list[Any]:
    return [m for m in world.workspace.said_by_bot("more alerts", CHANNEL) if desk in m["text"]]


def _id(message: Any) -> str:
    [block] = [b for b in message["blocks"] if b.get("block_id") == "alert"]
    value: str = block["elements"][0]["value"]
    return value.partition("|")[0]


def _typed(world: World, user: str, text: str, saying: str) -> str:
    world.workspace.command(user, text)
    return world.wait_told(user, saying)
