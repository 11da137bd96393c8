"""Each provider's answers, as what is done about them: nothing is sent merely for want of an error."""

import asyncio

import pytest

from alerts.adapters.mail import Mail, MailServer
from core.alerting.delivery import Failure, Ruling, verdict
from tests.alerts.adapters.service import LETTER, Make, Service, sent
from tests.alerts.adapters.test_requests import ntfy, pagerduty, sms, voice, webhook
from tests.alerts.night import MIDNIGHT

ALL: list[tuple[Make, Service]] = [
    (ntfy, Service(json={"id": "x1"})),
    (pagerduty, Service(202, json={"status": "success", "message": "ok", "dedup_key": "k7m2q"})),
    (webhook, Service(204)),
    (sms, Service(201, json={"sid": "SM1", "status": "queued", "error_code": None})),
    (voice, Service(201, json={"sid": "CA1", "status": "queued"})),
]
NAMES = ["ntfy", "pagerduty", "webhook", "sms", "voice"]


def ruling(make: Make, service: Service) -> Ruling:
    return verdict(asyncio.run(sent(service, make)).answer, MIDNIGHT).ruling


@pytest.mark.parametrize(("make", "service"), ALL, ids=NAMES)
def test_taken(make: Make, service: Service) -> None:
    assert ruling(make, service) is Ruling.SENT


@pytest.mark.parametrize("make", [make for make, _ in ALL], ids=NAMES)
@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        (lambda: Service(400, text="bad request"), Ruling.PERMANENT),
        (lambda: Service(404, text="<html>not here</html>"), Ruling.PERMANENT),
        (lambda: Service(302, headers={"Location": "/login"}), Ruling.PERMANENT),
        (lambda: Service(429, headers={"Retry-After": "30"}), Ruling.RETRY),
        (lambda: Service(500), Ruling.RETRY),
        (lambda: Service(503, text="<html>down</html>"), Ruling.RETRY),
        (lambda: Service(drops=True), Ruling.UNKNOWN),
    ],
    ids=["400", "404", "redirect", "429", "500", "503", "dropped"],
)
def test_not_taken(make: Make, service: object, wanted: Ruling) -> None:
    assert ruling(make, service()) is wanted  # type: ignore[operator]


@pytest.mark.parametrize(
    ("make", "service"),
    [
        (ntfy, Service(json={"no": "id"})),
        (pagerduty, Service(202, json={"status": "invalid event", "message": "no"})),
        (sms, Service(201, json={"sid": "SM1", "status": "failed", "error_code": 21610})),
    ],
    ids=["ntfy", "pagerduty", "sms"],
)
def test_a_good_status_with_a_bad_word_is_no_success(make: Make, service: Service) -> None:
    assert ruling(make, service) is Ruling.PERMANENT


def test_how_long_to_wait_is_handed_on() -> None:
    service = Service(429, headers={"Retry-After": "30"})
    answer = asyncio.run(sent(service, webhook)).answer
    assert verdict(answer, MIDNIGHT).wait_s == 30


def test_nobody_there_is_no_connection() -> None:
    mail = Mail(MailServer("127.0.0.1", 9, "desk@example.com", tls=False))
    answer = asyncio.run(mail.send(LETTER)).answer
    assert answer.failure is Failure.NO_CONNECTION
