"""A phone rings, a key is pressed, the alert is taken: process and providers as they are, over HTTP."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from alerts.answer_links import answer_links
from core.alerting.alert import Alert, AlertState
from core.alerting.levels import Level
from core.alerting.receipts import Receipt
from core.modes import Mode
from store.alerting.alerts import open_alerts
from store.alerting.facts import raise_alert
from store.approved import follow_file
from store.control import begin_desk
from store.escalation.file import load_escalation
from store.events import event_key
from store.store import Store, Transaction, open_store
from store.wakeups import nudge
from tests.ports import free_ports
from tests.sandbox.pager.pager_process import PagerProcess

DESK = "main"
WITHIN_S = 10.0
PEOPLE = """
people:
  alice:
    name: Alice Moreau
    roles: [operator, approver]
    contacts: {push: perps-alice, sms: "+15550100001", voice: "+15550100001"}
  bob:
    name: Bob Tanaka
    roles: [operator, approver]
    contacts: {sms: "+15550100002", voice: "+15550100002"}
on_call:
  primary: {people: [alice]}
  backup: {people: [bob]}
  team_lead: {people: [bob]}
"""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (a real process is beside it)


class Phones:
    """A pager, the alerts process, and a desk whose trader raises things."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        (home / "escalation.yaml").write_text(PEOPLE)
        self.pager = PagerProcess(home, "--no-rate-limits")
        self.store: Store = open_store(home, now())
        self.store.write(lambda tx: begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "t", now()))
        self.store.write(self._follow_file)
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            **{name: value for name, value in os.environ.items() if "PROXY" not in name.upper()},
            "PERPS_ALERTS_PORT": str(self.port),
            "PERPS_PUBLIC_URL": self.url,
        }
        command = [sys.executable, "-m", "alerts", "run", f"--home={home}"]
        with (home / "alerts.said").open("w") as said:
            self.process = subprocess.Popen(command, env=environment, stderr=said)
        self.until(self._answers, "alerts to answer")
        self.pager.tell("/_sim/hooks", sms_url=f"{self.url}/twilio/sms", pagerduty_url="")

    def _follow_file(self, tx: Transaction) -> None:
        """As the bot does when it starts: it is then known who the desk's people are."""
        escalation = load_escalation(self.store.home.root / "escalation.yaml")
        follow_file(tx, self.store.log, escalation, now())

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return self.get("/healthz").status_code == 200
        except requests.ConnectionError:
            return False

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=5)

    def post(self, path: str, body: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=5)

    def fires(self, rule: str, level: Level, text: str) -> None:
        self.store.write(lambda tx: raise_alert(tx, DESK, rule, level, text, now()))
        nudge(self.store.home.alerts_socket)

    def open(self) -> list[Alert]:
        return self.store.read(lambda c: open_alerts(c, DESK))

    def alert(self, rule: str) -> Alert | None:
        return next((alert for alert in self.open() if alert.identity.rule == rule), None)

    def owner(self, rule: str) -> str | None:
        alert = self.alert(rule)
        taken = alert is not None and alert.state is AlertState.ACKNOWLEDGED
        return alert.owner if alert is not None and taken else None

    def page(self, provider: str, saying: str) -> dict[str, Any]:
        """The newest of this provider that says this, once it is there."""
        self.until(lambda: self.pages(provider, saying), f"a {provider} saying {saying!r}")
        return self.pages(provider, saying)[-1]

    def pages(self, provider: str, saying: str) -> list[dict[str, Any]]:
        return [
            page
            for page in self.pager.pages()
            if page["provider"] == provider and saying in str(page)
        ]

    def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < deadline, f"waited {WITHIN_S} s in vain for {what}"
            time.sleep(0.02)

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=15) == 0
        self.store.close()
        self.pager.stop()


@pytest.fixture(scope="module")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    found = Phones(tmp_path_factory.mktemp("phones") / "home")
    yield found
    found.close()


def test_alices_phone_rings_and_a_key_takes_the_alert(phones: Phones) -> None:
    phones.fires("position_drift", Level.CRITICAL, "3 here, 5 there")
    call = phones.page("twilio-voice", "3 here, 5 there")
    phones.pager.tell("/_sim/answer", id=call["id"], press="4")
    phones.until(lambda: phones.owner("position_drift") == "alice", "alice to have it")


def test_a_call_that_is_declined_is_known_to_have_reached_nobody(
    phones: Phones,
) -> None:
    phones.fires("cash_off", Level.CRITICAL, "12 USD off")
    call = phones.page("twilio-voice", "12 USD off")
    phones.pager.tell("/_sim/answer", id=call["id"], decline=True)

    def receipt() -> object:
        asked = "SELECT receipt FROM outbox WHERE provider_id = ?"
        return phones.store.read(lambda c: c.exec_driver_sql(asked, (call["id"],)).scalar())

    phones.until(lambda: receipt() == Receipt.UNDELIVERED, "the report of the call")
    assert phones.owner("cash_off") is None


def test_a_reply_to_the_text_takes_it(phones: Phones) -> None:
    phones.fires("unknown_order", Level.CRITICAL, "o-1")
    text = phones.page("twilio-sms", "o-1")
    alert = phones.alert("unknown_order")
    assert alert is not None
    phones.pager.tell("/_sim/answer", id=text["id"], reply=f"ACK {alert.id.upper()}")
    phones.until(lambda: phones.owner("unknown_order") == "alice", "alice to have it")


def test_another_systems_alert_is_taken_pages_and_ends(phones: Phones) -> None:
    labels = {"alertname": "NodeDown", "severity": "critical", "instance": "h1"}
    body = [{"labels": labels, "annotations": {"summary": "h1 is down"}}]
    assert phones.post("/api/v2/alerts", body).status_code == 200
    phones.page("twilio-sms", "h1 is down")
    alert = phones.alert("NodeDown")
    assert alert is not None
    assert alert.identity.symbol == "instance=h1"
    ended = [{"labels": labels, "endsAt": "2026-01-01T00:00:00Z"}]
    assert phones.post("/api/v2/alerts", ended).status_code == 200

    def cleared() -> bool:
        found = phones.alert("NodeDown")
        return found is not None and found.cleared

    phones.until(cleared, "it to be cleared")


def test_stop_is_told_to_the_desk_and_start_ends_it(phones: Phones) -> None:
    phones.fires("rejection_streak", Level.CRITICAL, "six in a row")
    text = phones.page("twilio-sms", "six in a row")
    phones.pager.tell("/_sim/answer", id=text["id"], reply="STOP")
    phones.until(lambda: phones.alert("contact_stopped"), "the desk to be told")
    phones.pager.tell("/_sim/answer", id=text["id"], reply="START")

    def cleared() -> bool:
        found = phones.alert("contact_stopped")
        return found is not None and found.cleared

    phones.until(cleared, "it to be over")


def test_the_button_of_a_push_message_takes_the_alert(phones: Phones) -> None:
    phones.fires("margin_step", Level.CRITICAL, "within 20 minutes")
    push = phones.page("ntfy", "within 20 minutes")
    forged = push["detail"]["actions"][0]["url"].replace("alice", "bob")
    assert requests.post(forged, timeout=5).status_code == 403
    assert phones.owner("margin_step") is None
    phones.pager.tell("/_sim/answer", id=push["id"], action="Acknowledge")
    phones.until(lambda: phones.owner("margin_step") == "alice", "alice to have it")


def test_one_answer_takes_all_that_its_message_told_of(phones: Phones) -> None:
    rule = "ext/together"

    def together(tx: Transaction) -> None:
        for symbol in ("BTC", "ETH", "SOL"):
            raise_alert(tx, DESK, rule, Level.CRITICAL, f"{symbol} at once", now(), symbol=symbol)

    def taken() -> bool:
        mine = [one for one in phones.open() if one.identity.rule == rule]
        return len(mine) == 3 and all(one.owner == "alice" for one in mine)

    phones.store.write(together)
    nudge(phones.store.home.alerts_socket)
    push = phones.page("ntfy", "BTC at once")
    phones.pager.tell("/_sim/answer", id=push["id"], action="Acknowledge all 3")
    phones.until(taken, "all three to be taken")


def test_a_link_of_somebody_who_has_left_takes_nothing(phones: Phones) -> None:
    phones.fires("ext/left", Level.INTERVENTION, "posted")
    phones.until(lambda: phones.alert("ext/left"), "the alert")
    alert = phones.alert("ext/left")
    links = answer_links(phones.url, event_key(phones.store.home.secrets))
    assert alert is not None and links is not None
    reply = requests.post(links.to_acknowledge(alert.id, "zoe"), timeout=5)
    assert (reply.status_code, "not among the people" in reply.text) == (403, True)


@pytest.mark.parametrize("signature", ["", "0" * 64, "\u00fc" * 64])
def test_a_link_with_another_signature_takes_nothing(phones: Phones, signature: str) -> None:
    forged = {"alert": "k7m2q", "person": "alice", "sig": signature}
    assert requests.post(f"{phones.url}/push/ack", params=forged, timeout=5).status_code == 403


@pytest.mark.parametrize(
    ("path", "header"),
    [("/pagerduty", "X-PagerDuty-Signature"), ("/twilio/sms", "X-Twilio-Signature")],
)
def test_a_signature_that_is_no_text_is_a_wrong_one(phones: Phones, path: str, header: str) -> None:
    for given in ("v1=\u00fc".encode(), b"v1=\xff"):
        found = requests.post(phones.url + path, headers={header: given}, timeout=5)
        assert found.status_code == 403


def acknowledged_there(phones: Phones, body: bytes) -> int:
    told = json.loads((phones.store.home.root / "sandbox" / "pager.json").read_text())
    secret = told["pagerduty"]["webhook_secret"].encode()
    signature = "v1=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    headers = {"X-PagerDuty-Signature": signature}
    return requests.post(
        f"{phones.url}/pagerduty", data=body, headers=headers, timeout=5
    ).status_code


@pytest.mark.parametrize(
    ("agent", "owner"), [("Bob Tanaka", "bob"), ("Eve Else", "Eve Else (PagerDuty)")]
)
def test_who_acknowledges_in_pagerduty_has_it_by_their_own_name(
    phones: Phones, agent: str, owner: str
) -> None:
    rule = f"ext/{owner}"
    phones.fires(rule, Level.INTERVENTION, "posted")
    phones.until(lambda: phones.alert(rule), "the alert")
    alert = phones.alert(rule)
    assert alert is not None
    event = {
        "event_type": "incident.acknowledged",
        "agent": {"summary": agent},
        "data": {"incident_key": alert.id},
    }
    assert acknowledged_there(phones, json.dumps({"event": event}).encode()) == 200
    phones.until(lambda: phones.owner(rule) == owner, f"{owner} to have it")


def test_alerts_told_together_ring_and_are_taken_each_by_itself_in_pagerduty(
    phones: Phones,
) -> None:
    rule = "ext/incidents"

    def together(tx: Transaction) -> None:
        for symbol in ("BTC", "ETH"):
            raise_alert(tx, DESK, rule, Level.CRITICAL, f"{symbol} is off", now(), symbol=symbol)

    def ringing() -> dict[str, str]:
        return {page["dedup_key"]: page["state"] for page in phones.pages("pagerduty", rule)}

    def owners() -> dict[str, str | None]:
        return {one.id: one.owner for one in phones.open() if one.identity.rule == rule}

    phones.store.write(together)
    nudge(phones.store.home.alerts_socket)
    phones.until(lambda: len(ringing()) == 2, "an incident for each")
    first, second = owners()
    assert ringing() == {first: "ringing", second: "ringing"}
    agent, data = {"summary": "Bob Tanaka"}, {"incident_key": first}
    event = {"event_type": "incident.acknowledged", "agent": agent, "data": data}
    assert acknowledged_there(phones, json.dumps({"event": event}).encode()) == 200
    phones.until(lambda: owners()[first] == "bob", "bob to have the first")
    assert owners()[second] is None


def test_what_pagerduty_acknowledges_by_itself_has_nobody_in_charge(phones: Phones) -> None:
    phones.fires("ext/nobody", Level.INTERVENTION, "posted")
    phones.until(lambda: phones.alert("ext/nobody"), "the alert")
    alert = phones.alert("ext/nobody")
    assert alert is not None
    data = {"incident_key": alert.id}
    event = {"event_type": "incident.acknowledged", "agent": None, "data": data}
    assert acknowledged_there(phones, json.dumps({"event": event}).encode()) == 200
    assert phones.owner("ext/nobody") is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"event": null}', b'{"event": {}}'])
def test_what_is_no_event_of_pagerduty_is_refused(phones: Phones, body: bytes) -> None:
    assert acknowledged_there(phones, body) == 400


@pytest.mark.parametrize(
    ("body", "saying"),
    [
        ({"not": "a list"}, "a list"),
        ([{"labels": {"severity": "critical"}}], "alertname"),
        ([{"labels": {"alertname": "X", "severity": "dire"}}], "dire"),
        ([{"labels": {"alertname": "X", "desk": "other"}}], "no desk 'other'"),
        ([{"labels": {"alertname": "X"}, "startsAt": "yesterday"}], "startsAt: 'yesterday' is no"),
    ],
)
def test_what_is_not_understood_is_refused_as_a_whole(
    phones: Phones, body: Any, saying: str
) -> None:
    reply = phones.post("/api/v2/alerts", body)
    assert (reply.status_code, saying in reply.text) == (400, True)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
def test_a_web_page_that_is_open_on_this_machine_can_post_nothing(
    phones: Phones, headers: dict[str, str]
) -> None:
    body = json.dumps([{"labels": {"alertname": "Emergency", "severity": "emergency"}}])
    told = {"Content-Type": "text/plain", **headers}
    url = f"{phones.url}/api/v2/alerts"
    assert requests.post(url, data=body, headers=told, timeout=5).status_code == 401
    assert phones.alert("Emergency") is None


def test_an_unsigned_key_press_takes_nothing(phones: Phones) -> None:
    reply = requests.post(
        f"{phones.url}/twilio/key?alert=x&person=alice", data={"Digits": "4"}, timeout=5
    )
    assert reply.status_code == 403


def test_a_key_pressed_by_somebody_who_has_left_takes_nothing(phones: Phones) -> None:
    phones.fires("ext/called", Level.INTERVENTION, "posted")
    phones.until(lambda: phones.alert("ext/called"), "the alert")
    alert = phones.alert("ext/called")
    assert alert is not None
    url = f"{phones.url}/twilio/key?alert={alert.id}&person=zoe"
    token = phones.pager.known["twilio"]["auth_token"]
    mac = hmac.new(token.encode(), f"{url}Digits4".encode(), hashlib.sha1).digest()
    signed = {"X-Twilio-Signature": base64.b64encode(mac).decode()}
    reply = requests.post(url, data={"Digits": "4"}, headers=signed, timeout=5)
    assert (reply.status_code, "not among the people" in reply.text) == (200, True)
    assert phones.owner("ext/called") is None


def test_monitors_read_health_and_figures(phones: Phones) -> None:
    assert phones.get("/healthz").text == "ok\n"
    assert "perps_alerts_settled_timestamp_seconds " in phones.get("/metrics").text
