"""Alerts from elsewhere, drills and phones: what a monitor posts rings until somebody takes charge."""

import pytest

from tests.outside.demo import ALERTS, PAGER, Demo, wait_for

pytestmark = pytest.mark.long
INTAKE = "/api/v2/alerts"


def _alert(name: str, severity: str) -> list[dict[str, dict[str, str]]]:
    return [{"labels": {"alertname": name, "severity": severity}}]


def _id(demo: Demo, saying: str) -> str:
    """Of the open alert whose row says this."""

    def found() -> str:
        lines = demo.type("alerts").said.splitlines()
        return next((line.split()[0] for line in lines if saying in line), "")

    return wait_for(f"an alert that says {saying}", found)


def test_a_text_answered_with_ack_takes_charge(demo: Demo) -> None:
    assert demo.post(ALERTS, INTAKE, _alert("DiskFull", "critical")).status_code == 200
    alert = _id(demo, "DiskFull")
    pages = wait_for(
        "a text", lambda: [p for p in demo.pages("DiskFull") if "sms" in p["provider"]]
    )
    demo.post(PAGER, "/_sim/answer", {"id": pages[0]["id"], "reply": f"ACK {alert}"})
    wait_for("taken", lambda: "acknowledged" in demo.type("alert", "why", alert).said)


def test_a_drill_rings_like_a_real_alert_and_its_time_is_measured(demo: Demo) -> None:
    assert demo.type("drill", "3").code == 0
    calls = wait_for("a call", lambda: [p for p in demo.pages("DRILL") if "voice" in p["provider"]])
    demo.post(PAGER, "/_sim/answer", {"id": calls[0]["id"], "press": "4"})
    wait_for("measured", lambda: "1 taken charge of" in demo.type("drills").said)
    assert demo.status()["mode"] == "ACTIVE", "a drill acts on nothing"


@pytest.mark.parametrize(
    "posted",
    ["words", {}, [{"labels": {}}], [{"labels": {"alertname": 5}}], _alert("Odd", "purple")],
)
def test_what_is_no_alert_is_refused_with_the_reason(demo: Demo, posted: object) -> None:
    refused = demo.post(ALERTS, INTAKE, posted)
    assert refused.status_code == 400
    assert refused.text.strip()


def test_a_page_of_another_site_raises_nothing(demo: Demo) -> None:
    refused = demo.post(ALERTS, INTAKE, _alert("Foreign", "warning"), Origin="https://evil.example")
    assert refused.status_code in (400, 401, 403)
    assert "Foreign" not in demo.type("alerts").said


def test_an_emergency_holds_the_desk_and_waits_for_everybody(demo: Demo) -> None:
    assert demo.post(ALERTS, INTAKE, _alert("StolenKey", "emergency")).status_code == 200
    alert = _id(demo, "StolenKey")
    wait_for("held", lambda: demo.status()["mode"] == "HELD", seconds=5)
    for name in ("alice", "bob", "carol"):
        assert alert in demo.command(name, f"ack {alert}")
    assert "alice, bob, carol" in demo.type("alerts").said
    assert "cannot be snoozed" in demo.command("alice", f"snooze {alert} 15m")
    assert "checklist" in demo.type("alert", "checklist", alert).said
