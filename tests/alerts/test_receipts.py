"""What is reported of a message later: a phone that nobody answered is no phone that was reached."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.delivery.adapter import Sending
from core.alerting.alert import Alert
from core.alerting.delivery import Answer
from core.alerting.receipts import Receipt
from core.oncall.contacts import Contact, Means
from store.alerting.receipts import note_receipt
from store.alerting.stopped import start_contact, stop_contact
from tests.alerts.delivery.providers import Provider
from tests.alerts.delivery.test_engine import REACHED, Post
from tests.alerts.night import Night

ONLY_A_PHONE = replace(
    REACHED, contacts=tuple(Contact(one.person, (Means.SMS,)) for one in REACHED.contacts)
)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    night = Night(tmp_path / "home")
    night.agrees(ONLY_A_PHONE)
    night.at("03:00")
    found = Post(night)
    found.sms = Provider(Sending(Answer(201), "SM1"))
    night.fires()
    found.settled()
    yield found
    night.close()


def reports(post: Post, found: Receipt, says: str = "undelivered 30003") -> Receipt | None:
    night = post.night
    known = night.store.write(
        lambda tx: note_receipt(tx, night.store.log, "SM1", found, says, night.now)
    )
    night.tick()
    return known


def test_a_text_that_was_not_delivered_goes_another_way_and_that_is_an_alert(post: Post) -> None:
    assert post.outcomes()["alice sms"] == "sent"
    before = len(post.channel.got)
    assert reports(post, Receipt.UNDELIVERED) is Receipt.UNDELIVERED
    assert "undelivered 30003" in post.outcomes()["alice sms"]
    post.settled()
    assert "delivery_failed" in {alert.identity.rule for alert in post.night.open()}
    post.night.at("03:01")
    post.settled()
    assert len(post.channel.got) > before, "where others read it"


def test_a_call_that_a_voicemail_answered_reached_nobody_unless_a_key_was_pressed(
    post: Post,
) -> None:
    assert reports(post, Receipt.ACKNOWLEDGED) is Receipt.ACKNOWLEDGED
    assert reports(post, Receipt.ANSWERED_BY_NOBODY, "completed") is Receipt.ACKNOWLEDGED
    assert post.outcomes()["alice sms"] == "sent"


def test_reports_come_in_any_order_and_an_older_one_changes_nothing(post: Post) -> None:
    assert reports(post, Receipt.DELIVERED) is Receipt.DELIVERED
    assert reports(post, Receipt.SENT) is Receipt.DELIVERED
    assert reports(post, Receipt.UNDELIVERED) is Receipt.DELIVERED
    assert post.outcomes()["alice sms"] == "sent"


def test_the_same_report_twice_tells_nobody_twice(post: Post) -> None:
    reports(post, Receipt.UNDELIVERED)
    post.settled()
    told = len(post.channel.got) + len(post.local.got)
    reports(post, Receipt.UNDELIVERED)
    post.settled()
    assert len(post.channel.got) + len(post.local.got) == told


def test_what_is_none_of_ours_is_no_error(post: Post) -> None:
    night = post.night
    for id in ("", "SM-of-somebody-else"):
        assert (
            night.store.write(
                lambda tx, id=id: note_receipt(  # type: ignore[misc]
                    tx, night.store.log, id, Receipt.UNDELIVERED, "failed", night.now
                )
            )
            is None
        )


def called(night: Night) -> Alert:
    [found] = [alert for alert in night.open() if alert.identity.rule == "nobody_on_call"]
    return found


def test_a_phone_that_said_stop_is_left_alone_until_it_says_start(post: Post) -> None:
    night, number = post.night, "SMS-alice"
    night.acks("alice")
    night.store.write(lambda tx: stop_contact(tx, "alice", number, night.now))
    night.tick()
    assert "contact_stopped" in {alert.identity.rule for alert in night.open()}

    texts = len(post.sms.got)
    night.fires("cash_off")
    post.settled()
    assert [letter.person for letter in post.sms.got[texts:]] == ["ben", "carol"]
    assert "nobody_on_call" in {alert.identity.rule for alert in night.open()}

    night.at("03:05")
    assert not called(night).cleared, "as long as nobody else has the duty"
    assert night.store.write(lambda tx: start_contact(tx, "alice", number, night.now))
    assert not night.store.write(lambda tx: start_contact(tx, "alice", number, night.now))
    night.at("03:06")
    assert called(night).cleared
    texts = len(post.sms.got)
    night.fires("unknown_order")
    post.settled()
    assert "alice" in [letter.person for letter in post.sms.got[texts:]]
