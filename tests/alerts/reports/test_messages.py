"""An incident's report says who was told, by which means, and who took charge how soon."""

from datetime import timedelta
from pathlib import Path

from core.alerting.levels import Level
from core.reports.facts import Taken
from core.reports.incident_figures import figures
from core.reports.incident_report import markdown
from store.reports.facts import read_facts
from store.reports.incidents import open_incident, read_incident
from tests.alerts.night import DESK, Night


def test_the_pages_of_a_night_and_who_took_them(tmp_path: Path) -> None:
    night = Night(tmp_path / "home")
    night.at("02:00").fires("read_failed", Level.INTERVENTION)  # before the window: not part of it
    night.acks("carol")
    night.at("03:00").fires(symbol="BIP", text="3 here, 5 there")
    night.at("03:02")
    night.acks("ben", "a2")
    night.store.write(
        lambda tx: open_incident(
            tx, night.store.log, id="inc-1", desk=DESK, title="drift", by="ben", now=night.now
        )
    )

    since, until = night.now - timedelta(minutes=30), night.now
    facts = night.store.read(lambda c: read_facts(c, DESK, since, until, night.now))
    incident = night.store.read(lambda c: read_incident(c, "inc-1"))
    text = markdown(incident, facts, night.now)
    shown = figures(incident, facts, night.now)
    night.close()

    asked = text.split("## Who was told\n")[1].split("## Who took charge\n")
    assert "| 2026-03-02 03:00:00 | 3 | position_drift BIP | alice | voice |" in asked[0]
    assert "| 2026-03-02 03:02:00 | 3 | position_drift BIP | ben | voice |" in asked[0]
    assert "read_failed" not in asked[0]
    assert "| 2026-03-02 03:02:00 | ben | position_drift BIP | 120 s |" in asked[1]
    assert facts.taken == [Taken(until, "a2", "position_drift", "BIP", "ben", timedelta(minutes=2))]
    assert [one["after_s"] for one in shown["taken"]] == [120]
    assert {one["person"] for one in shown["told"]} == {"", "alice", "ben"}
