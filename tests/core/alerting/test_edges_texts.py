"""Edge cases 43 to 49 of the specification: texts, repeated clicks, and what comes back from a phone."""

from datetime import timedelta

import pytest

from core.alerting.events import Acked
from core.alerting.machine import advance
from core.alerting.receipts import UNREACHED, Receipt, Reply, receipt, reply
from core.alerting.wording import LENGTHS, fit
from core.oncall.contacts import Contact, Means
from tests.core.alerting.bench import ALICE, L3, PLAN, T0, Bench

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("by", Means)
def test_44_no_text_is_longer_than_its_means_takes(by: Means) -> None:
    for sign in ("x", "&", "<", "é"):
        shown = fit(sign * 30_000, by)
        assert len(shown) <= LENGTHS[by]
        assert shown.endswith("...")
    if by in (Means.CHANNEL, Means.DM):
        assert not fit("&" * 9000, by).removesuffix("...").endswith(("&", "&a", "&am", "&amp"))
    assert fit("short", by) == "short"
    assert fit("x" * LENGTHS[by], by) == "x" * LENGTHS[by]


def test_45_what_a_text_contains_commands_nobody() -> None:
    assert "<!channel>" not in fit("loss <!channel> & <@U1>", Means.CHANNEL)
    assert fit("a\nb\r\n  c", Means.SMS) == "a b c"
    assert "\x00" not in fit("a\x00b\x1b[31m", Means.EMAIL)


def test_46_the_same_click_again_changes_nothing() -> None:
    bench = Bench(L3)
    click = Acked("alice", L3)
    bench.does(click)
    first = bench.alert
    assert advance(first, click, PLAN, T0 + 300 * SECOND).alert == first


def test_47_reports_that_arrive_out_of_order_do_not_go_back() -> None:
    assert receipt(Receipt.DELIVERED, Receipt.SENT) is Receipt.DELIVERED
    assert receipt(Receipt.QUEUED, Receipt.DELIVERED) is Receipt.DELIVERED
    assert receipt(Receipt.ACKNOWLEDGED, Receipt.UNDELIVERED) is Receipt.ACKNOWLEDGED
    assert receipt(Receipt.UNDELIVERED, Receipt.ACKNOWLEDGED) is Receipt.ACKNOWLEDGED


def test_48_a_phone_that_answers_stop_is_used_no_more() -> None:
    assert reply("  STOP ") is Reply.STOP
    for word in ("Stopall", "UNSUBSCRIBE", "cancel", "End", "quit", "OPTOUT", "revoke"):
        assert reply(word) is Reply.STOP, word
    left = ALICE.without(Means.SMS)
    assert Means.SMS not in left.by((Means.SMS, Means.VOICE)) and left.can_be_paged
    assert Contact("a", (Means.SMS,)).without(Means.SMS).by((Means.SMS,)) == ()


def test_49_a_voicemail_that_picks_up_has_not_acknowledged() -> None:
    assert reply("") is Reply.UNKNOWN
    assert reply("please leave a message") is Reply.UNKNOWN
    assert reply("4") is Reply.ACKNOWLEDGE
    heard_by_nobody = receipt(Receipt.SENT, Receipt.ANSWERED_BY_NOBODY)
    assert heard_by_nobody in UNREACHED
