"""Why people in Slack would not be answered, as the bot's monitors are told."""

from pathlib import Path

from bot.slack.connections import Health
from bot.slack.monitored import slack_gauges, trouble
from core.modes import Mode
from store.control import begin_desk
from store.heartbeats import beat
from store.store import open_store
from tests.store.desk import DESK, NOW, later

LIVE = Health(2, 2, 1.5, 30.0, 0, None)
CALLED = Health(0, 0, None, None, 0, None)


def test_it_is_well_only_while_it_beats_and_has_a_connection(tmp_path: Path) -> None:
    store = open_store(tmp_path / "home", NOW)
    store.write(lambda tx: begin_desk(tx, store.log, DESK, Mode.ACTIVE, "test", NOW))

    def told(health: Health, at_s: float = 0) -> str | None:
        return store.read(lambda c: trouble(c, health, later(seconds=at_s)))

    try:
        assert told(LIVE) == "it has not beaten yet"
        store.write(lambda tx: beat(tx, DESK, "bot", 1, "slack", NOW))
        assert told(LIVE) is None
        assert told(CALLED) is None
        assert told(Health(0, 2, None, None, 0, "Slack refuses")) == (
            "no connection to Slack: Slack refuses"
        )
        assert told(LIVE, 30) == "it has not beaten for 30 s"
    finally:
        store.close()


def test_latencies_are_left_out_until_there_are_some() -> None:
    named = {(one.name, one.labels.get("which")): one.value for one in slack_gauges(LIVE)}
    assert named["perps_slack_connections", None] == 2
    assert named["perps_slack_ack_ms", "worst"] == 30.0
    assert not any(one.name.endswith("_ms") for one in slack_gauges(CALLED))
