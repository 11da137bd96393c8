"""PagerDuty's Events API v2 and its webhooks, as their documentation has them."""

from typing import Any

import pytest

from tests.sandbox.pager.paged_app import PagedApp
from tests.sandbox.pager.pager_process import PagerProcess, wait_until

PAYLOAD = {"summary": "it is on fire", "source": "desk", "severity": "critical"}


def incident(pager: PagerProcess, key: str) -> dict[str, Any]:
    return next(page for page in pager.pages() if page["dedup_key"] == key)


def test_one_incident_for_each_key(pager: PagerProcess, number: str) -> None:
    reply = pager.trigger(number)
    assert reply.status_code == 202
    assert reply.json() == {"status": "success", "message": "Event processed", "dedup_key": number}
    pager.trigger(number, "it still is")
    page = incident(pager, number)
    assert (page["state"], page["text"], page["detail"]["events"]) == (
        "ringing",
        "it is on fire",
        2,
    )
    pager.event(event_action="acknowledge", dedup_key=number)
    assert incident(pager, number)["state"] == "acknowledged"
    pager.event(event_action="resolve", dedup_key=number)
    assert incident(pager, number)["state"] == "resolved"
    pager.trigger(number)
    found = [page for page in pager.pages() if page["dedup_key"] == number]
    assert [page["state"] for page in found] == ["resolved", "ringing"]


def test_a_key_is_made_where_none_is_given(pager: PagerProcess) -> None:
    key = pager.event(event_action="trigger", payload=PAYLOAD).json()["dedup_key"]
    assert incident(pager, key)["state"] == "ringing"


def test_what_nobody_knows_is_resolved_all_the_same(pager: PagerProcess) -> None:
    assert pager.event(event_action="resolve", dedup_key="never heard of").status_code == 202


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"routing_key": "", "event_action": "trigger"}, "'routing_key' is missing or blank"),
        ({"routing_key": "short", "event_action": "trigger"}, "Length of 'routing_key'"),
        ({"routing_key": "0" * 32, "event_action": "trigger"}, "Invalid routing key"),
        ({"event_action": "shout"}, "'event_action' must be one of"),
        ({"event_action": "resolve"}, "'dedup_key' is missing or blank"),
        ({"event_action": "trigger", "payload": None}, "'payload' is missing"),
        ({"event_action": "trigger", "payload": {**PAYLOAD, "severity": "bad"}}, "severity"),
        ({"event_action": "trigger", "payload": {**PAYLOAD, "summary": " "}}, "payload.summary"),
        ({"event_action": "trigger", "dedup_key": "k" * 256}, "'dedup_key'"),
    ],
)
def test_events_that_are_refused(pager: PagerProcess, event: dict[str, Any], told: str) -> None:
    reply = pager.event(**{"payload": PAYLOAD, **event})
    said = reply.json()
    assert (reply.status_code, said["status"]) == (400, "invalid event")
    assert told in said["errors"][0]


def test_what_is_no_json_or_too_much(pager: PagerProcess) -> None:
    assert pager.raw("POST", "/v2/enqueue", data="{").json()["errors"] == ["JSON parse error"]
    assert pager.raw("POST", "/v2/enqueue", data="x" * 600_000).status_code == 413


def test_each_turn_is_told_and_signed(pager: PagerProcess, app: PagedApp, number: str) -> None:
    pager.tell("/_sim/hooks", pagerduty_url=f"{app.url}/pagerduty")
    pager.trigger(number)
    page = incident(pager, number)
    pager.answer(page["id"], acknowledge=True, **{"as": "bob"})
    pager.event(event_action="resolve", dedup_key=number)
    told = app.waits_for("/pagerduty", 3)
    assert all(one.is_pagerdutys(pager.known["pagerduty"]["webhook_secret"]) for one in told)
    events = [one.json["event"] for one in told]
    kinds = ["incident.triggered", "incident.acknowledged", "incident.resolved"]
    assert [event["event_type"] for event in events] == kinds
    assert events[1]["agent"]["summary"] == "bob" and events[2]["agent"] is None
    data = events[1]["data"]
    assert (data["id"], data["incident_key"], data["status"]) == (
        page["id"],
        number,
        "acknowledged",
    )


def test_a_webhook_that_fails_comes_again(pager: PagerProcess, app: PagedApp, number: str) -> None:
    pager.tell("/_sim/hooks", pagerduty_url=f"{app.url}/pagerduty")
    app.says["/pagerduty"] = (500, "")
    pager.trigger(number)
    app.waits_for("/pagerduty")
    app.says["/pagerduty"] = (200, "")
    first, second = app.waits_for("/pagerduty", 2)
    assert first.json["event"]["id"] == second.json["event"]["id"]


def test_keys_of_its_calls(pager: PagerProcess, number: str) -> None:
    pager.trigger(number)
    page = incident(pager, number)
    assert "4 acknowledges" in pager.refused("/_sim/answer", id=page["id"], press="5")
    assert pager.answer(page["id"], press="4")["page"]["state"] == "acknowledged"
    assert "already" in pager.refused("/_sim/answer", id=page["id"], press="4")
    assert pager.answer(page["id"], press="6")["page"]["state"] == "resolved"


def test_too_many_events(tmp_path_factory: pytest.TempPathFactory) -> None:
    limited = PagerProcess(tmp_path_factory.mktemp("limited"), "--manual-clock")
    codes = [limited.trigger(f"key {at}").status_code for at in range(130)]
    assert codes == [202] * 120 + [429] * 10
    assert limited.trigger("more").json()["status"] == "throttle exceeded"
    first, second = (limited.call("+15550000001", "<Response/>")["queue_time"] for _ in range(2))
    assert (first, second) == ("0", "1000")
    wait_until(lambda: limited.pages("+15550000001")[0]["state"] == "ringing")
    assert limited.pages("+15550000001")[1]["state"] == "queued"
    assert limited.stop() == 0
