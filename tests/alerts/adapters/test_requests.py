"""What each provider is asked, beside what its documentation asks for."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import aiohttp

from alerts.adapters.mail import mail
from alerts.adapters.ntfy import Ntfy
from alerts.adapters.pagerduty import OWN_MAX, PagerDuty
from alerts.adapters.twilio import TwilioAccount, TwilioSms, TwilioVoice
from alerts.adapters.webhook import Webhook
from alerts.delivery.adapter import Adapter, Part
from core.alerting.levels import Level
from tests.alerts.adapters.service import LETTER, Asked, Make, Service, looked_up, sent
from tests.alerts.night import MIDNIGHT

ROUTING_KEY = "R" * 32


def account(url: str, public_url: str | None = None) -> TwilioAccount:
    return TwilioAccount(url, "AC123", "secret", "+15550199", public_url)


def ntfy(session: aiohttp.ClientSession, url: str) -> Adapter:
    return Ntfy(session, url, "tk_1")


def pagerduty(session: aiohttp.ClientSession, url: str) -> Adapter:
    return PagerDuty(session, url, ROUTING_KEY)


def webhook(session: aiohttp.ClientSession, url: str) -> Adapter:
    return Webhook(session, f"{url}/hook", "s3cret", lambda: MIDNIGHT)


def sms(session: aiohttp.ClientSession, url: str) -> Adapter:
    return TwilioSms(session, account(url, "https://desk.example"))


def voice(session: aiohttp.ClientSession, url: str) -> Adapter:
    return TwilioVoice(session, account(url, "https://desk.example"))


def asked(make: Make, service: Service | None = None, **changes: object) -> Asked:
    found = service or Service()
    asyncio.run(sent(found, make, replace(LETTER, **changes)))  # type: ignore[arg-type]
    [one] = found.asked
    return one


def test_ntfy_is_given_topic_title_priority_and_an_id_that_replaces() -> None:
    one = asked(ntfy, to="desk-alice")
    body = json.loads(one.body)
    assert (one.method, one.path, one.headers["Authorization"]) == ("POST", "/", "Bearer tk_1")
    assert (body["topic"], body["priority"]) == ("desk-alice", 5)
    assert body["title"] == LETTER.title
    assert body["sequence_id"] == "k7m2q-3-page-alice-sms"
    assert json.loads(asked(ntfy, level=Level.WARNING).body)["priority"] == 2


def test_pagerduty_is_triggered_and_resolved_under_the_alerts_own_key() -> None:
    one = asked(pagerduty)
    body = json.loads(one.body)
    assert one.path == "/v2/enqueue"
    assert (body["routing_key"], body["event_action"]) == (ROUTING_KEY, "trigger")
    assert body["dedup_key"] == "k7m2q"
    assert body["payload"]["severity"] == "critical"
    assert body["payload"]["source"] == "main"
    assert len(body["payload"]["summary"]) <= 1024
    [part] = LETTER.parts
    closing = json.loads(asked(pagerduty, parts=(replace(part, closes=True),)).body)
    assert closing == {
        "routing_key": ROUTING_KEY,
        "event_action": "resolve",
        "dedup_key": "k7m2q",
    }


def test_a_webhook_is_signed_over_time_and_body() -> None:
    one = asked(webhook)
    assert one.headers["Idempotency-Key"] == LETTER.key
    at = int(MIDNIGHT.timestamp())
    mac = hmac.new(b"s3cret", f"{at}.".encode() + one.body, hashlib.sha256).hexdigest()
    assert one.headers["X-Signature"] == f"t={at},v1={mac}"
    assert json.loads(one.body)["state"] == "firing"


def test_twilio_sends_a_text_with_a_callback() -> None:
    one = asked(sms)
    form = {name: values[0] for name, values in parse_qs(one.body.decode()).items()}
    assert one.path == "/2010-04-01/Accounts/AC123/Messages.json"
    given = base64.b64decode(one.headers["Authorization"].removeprefix("Basic ")).decode()
    assert given == "AC123:secret"
    assert form == {
        "To": "+15550100",
        "From": "+15550199",
        "Body": LETTER.text,
        "StatusCallback": "https://desk.example/twilio/status",
    }


def test_twilio_calls_and_takes_a_key() -> None:
    form = parse_qs(asked(voice, text="positions <differ> & more").body.decode())
    [twiml] = form["Twiml"]
    assert "positions &lt;differ&gt; &amp; more" in twiml
    assert 'action="https://desk.example/twilio/key?alert=k7m2q&amp;person=alice"' in twiml
    assert 'numDigits="1"' in twiml


def test_a_lost_text_is_found_by_number_and_words() -> None:
    there = listed({"body": "another"}, {"body": LETTER.text})
    assert asyncio.run(looked_up(there, sms)) is True
    assert there.asked[0].query["To"] == "+15550100"
    assert asyncio.run(looked_up(listed({"body": "another"}), sms)) is False


def test_an_earlier_text_of_the_same_words_is_not_the_lost_one() -> None:
    earlier = {"body": LETTER.text, "date_created": "Sun, 01 Mar 2026 23:58:00 +0000"}
    assert asyncio.run(looked_up(listed(earlier), sms)) is False


def listed(*messages: dict[str, str]) -> Service:
    """Made when ours was, unless they say otherwise."""
    made = {"date_created": "Mon, 02 Mar 2026 00:00:00 +0000"}
    return Service(json={"messages": [made | message for message in messages]})


def test_a_mail_has_the_same_id_when_it_is_sent_again() -> None:
    first, second = mail(LETTER, "desk@example.com"), mail(LETTER, "desk@example.com")
    assert first["Message-ID"] == second["Message-ID"]
    assert first["References"] == mail(replace(LETTER, key="other"), "x@example.com")["References"]
    assert first["Subject"] == LETTER.title


def incidents(*parts: Part) -> list[tuple[str, str]]:
    """What PagerDuty is asked to do with which incident."""
    return [(event["event_action"], event["dedup_key"]) for event in told_together(*parts)]


def told_together(*parts: Part) -> list[dict[str, Any]]:
    service = Service(status=202, json={"status": "success"})
    ids = tuple(part.alert_id for part in parts)
    asyncio.run(sent(service, pagerduty, replace(LETTER, alert_ids=ids, parts=parts)))
    return sorted((json.loads(one.body) for one in service.asked), key=lambda e: e["dedup_key"])


def test_pagerduty_is_told_the_end_of_each_alert_that_ended() -> None:
    first, second = (replace(part, closes=True) for part in parts(2))
    assert incidents(first, second) == [("resolve", "a000"), ("resolve", "a001")]


def test_each_alert_that_is_told_of_has_its_own_incident_in_pagerduty() -> None:
    first, second = told_together(*parts(2))
    assert (first["dedup_key"], second["dedup_key"]) == ("a000", "a001")
    assert (first["payload"]["summary"], second["payload"]["component"]) == (
        "main: 0: text 0",
        "main/rule/1",
    )


def test_a_storm_told_with_its_ends_closes_no_incident_that_goes_on() -> None:
    first, second = parts(2)
    assert incidents(first, replace(second, closes=True)) == [
        ("trigger", "a000"),
        ("resolve", "a001"),
    ]


def test_a_storm_opens_no_more_incidents_than_people_can_look_at() -> None:
    told = told_together(*parts(25))
    assert len(told) == OWN_MAX
    said = told[0]["payload"]["summary"]
    assert "and 5 more that have no incident of their own" in said


def test_an_incident_that_is_not_taken_is_no_success_of_its_message() -> None:
    refusing = Service(status=429, json={"status": "throttle exceeded"})
    sending = asyncio.run(sent(refusing, pagerduty, replace(LETTER, parts=parts(3))))
    assert sending.answer.status == 429


def parts(count: int) -> tuple[Part, ...]:
    return tuple(
        Part(f"a{n:03}", f"main/rule/{n}", Level.CRITICAL, False, f"main: {n}", f"text {n}")
        for n in range(count)
    )
