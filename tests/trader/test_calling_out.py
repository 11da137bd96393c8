"""The guard calls people itself while alerts are silent: over HTTP, against the sandbox's pager."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from store.events import events_of_kinds
from store.heartbeats import beat
from store.store import Store
from tests.sandbox.pager.pager_process import PagerProcess
from tests.store.conftest import reopen as reopen
from tests.store.conftest import store as store
from tests.store.desk import DESK
from trader.calling_out import ALERTS, CallingOut
from trader.lines_out import LineOut, PagerDutyLine, WebhookLine, lines_out
from trader.settings import Settings


@pytest.fixture(scope="module")
def pager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagerProcess]:
    found = PagerProcess(tmp_path_factory.mktemp("pager") / "home", "--no-rate-limits")
    yield found
    found.stop()


@dataclass(slots=True)
class Silence:
    """A guard that has listened for a while, and an alerts process that beats when told to."""

    store: Store
    calling: CallingOut
    now: datetime

    def beats(self) -> None:
        self.store.write(lambda tx: beat(tx, DESK, ALERTS, 1, "keeps alerts", self.now))

    def look(self, after_s: float) -> None:
        self.now += timedelta(seconds=after_s)
        self.calling.look(self.now)

    def said(self) -> list[Any]:
        found = self.store.read(
            lambda c: events_of_kinds(c, DESK, {"guard_called"}, self.now - timedelta(days=1))
        )
        return [(event.body["says"], event.body["by"]) for event in found]


def silence(store: Store, *lines: LineOut) -> Silence:
    now = datetime.now(UTC)  # noqa: TID251 (the pager checks how old a signature is)
    calling = CallingOut(store, DESK, lines, lambda: now - timedelta(minutes=5))
    return Silence(store, calling, now)


def both_ways(store: Store, pager: PagerProcess) -> Silence:
    known = pager.known
    return silence(
        store,
        PagerDutyLine(pager.url, known["pagerduty"]["routing_key"]),
        WebhookLine(f"{pager.url}/webhook/desk", known["webhook"]["secret"]),
    )


def flushed(store: Store) -> None:
    store.write(lambda _tx: None)  # what was handed in before it is written


def test_silence_pages_once_and_is_called_off_when_alerts_are_back(
    store: Store, pager: PagerProcess
) -> None:
    there = both_ways(store, pager)
    there.beats()
    there.look(59)
    assert pager.pages() == []
    there.look(1)
    there.look(1)
    [incident, hook] = sorted(pager.pages(), key=lambda page: page["provider"])
    assert incident["state"] == "ringing"
    assert "takes no entries until they are back" in str(incident)
    assert hook["detail"]["signature"] == "right"
    there.beats()
    there.look(1)
    assert pager.page(incident["id"])["state"] == "resolved"
    flushed(store)
    taken = "pagerduty: taken, webhook: taken"
    assert there.said() == [("alerts are silent", taken), ("alerts are back", taken)]


def test_what_a_guard_before_it_has_opened_is_called_off_as_well(
    store: Store, pager: PagerProcess
) -> None:
    line = PagerDutyLine(pager.url, pager.known["pagerduty"]["routing_key"])
    before = silence(store, line)
    before.beats()
    before.look(61)
    flushed(store)
    [incident] = [page for page in pager.pages() if page["state"] == "ringing"]

    later = before.now + timedelta(seconds=1)
    after = Silence(store, CallingOut(store, DESK, [line], lambda: later), later)
    after.look(1)
    assert len([page for page in pager.pages() if page["state"] == "ringing"]) == 1, "paged once"
    after.beats()
    after.look(1)
    assert pager.page(incident["id"])["state"] == "resolved"


def test_what_a_guard_before_it_has_opened_stays_while_no_beat_can_be_read(
    store: Store, pager: PagerProcess
) -> None:
    line = PagerDutyLine(pager.url, pager.known["pagerduty"]["routing_key"])
    before = silence(store, line)
    before.beats()
    before.look(61)
    flushed(store)

    later = before.now + timedelta(seconds=1)
    after = Silence(store, CallingOut(store, DESK, [line], lambda: later), later)
    store.write(lambda tx: tx.execute(text("ALTER TABLE heartbeats RENAME TO unreadable")))
    after.look(1)
    assert [page["state"] for page in pager.pages()][-1] == "ringing"


def test_where_nothing_is_set_up_it_says_that_nobody_was_called(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    there = silence(store)
    there.beats()
    there.look(61)
    there.look(60)  # it would not help to say it every half minute
    flushed(store)
    assert "nobody was called" in caplog.text
    assert len(there.said()) == 1


def test_a_way_that_takes_nothing_is_tried_again(store: Store, pager: PagerProcess) -> None:
    there = silence(store, PagerDutyLine(pager.url, "f" * 32), PagerDutyLine("http://[::1]:9", "x"))
    there.beats()
    for after_s in (61, 29, 1):
        there.look(after_s)
    flushed(store)
    assert len(there.said()) == 2


def test_a_page_is_called_off_wherever_it_was_taken(store: Store, pager: PagerProcess) -> None:
    """PagerDuty is down when alerts are back: its incident is not left open for that."""
    there = both_ways(store, pager)
    there.beats()
    there.look(61)
    [incident] = [page for page in pager.pages() if page["provider"] == "pagerduty"][-1:]
    pager.fault("status", "/v2/enqueue", args={"code": 503}, count=1)
    there.beats()
    there.look(1)
    assert pager.page(incident["id"])["state"] == "ringing"
    there.beats()
    there.look(30)
    assert pager.page(incident["id"])["state"] == "resolved"
    flushed(store)
    assert [says for says, _ in there.said()].count("alerts are back") == 2
    assert len([by for _, by in there.said() if "webhook" in by]) == 2, "it was told there already"


def test_what_is_set_up_for_alerts_is_set_up_for_the_guard() -> None:
    settings = {"PAGERDUTY_ROUTING_KEY": "k", "PERPS_WEBHOOK_URL": "http://x", "_env_file": None}
    assert [line.name for line in lines_out(Settings(**settings))] == ["pagerduty"]  # type: ignore[arg-type]
    settings["PERPS_WEBHOOK_SECRET"] = "s3cr3t"
    found = Settings(**settings)  # type: ignore[arg-type]
    assert [line.name for line in lines_out(found)] == ["pagerduty", "webhook"]
    assert "s3cr3t" not in repr(found)
