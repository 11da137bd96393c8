"""Each digest once: decided by whoever comes first, posted once, skipped ones on record."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from core.alerting.digest import DigestTime, Posting
from store.events import latest
from store.reports.digests import Unposted, decide, head_of_record, kept, posted, unposted
from store.store import Store
from tests.store.desk import DESK, NOW, later

TWO_IN_BERLIN = DigestTime(ZoneInfo("Europe/Berlin"), time(14))
"""13:00 UTC in winter; the desk began at NOW, 12:00 UTC on 2 March."""
TODAY = date(2026, 3, 2)


def decided(store: Store, at: float = 1.5) -> int:
    now = later(hours=at)
    return store.write(lambda tx: decide(tx, store.log, DESK, TWO_IN_BERLIN, now))


def kinds(store: Store) -> list[str]:
    return [e.kind for e in store.read(lambda c: latest(c, DESK, 50)) if "digest" in e.kind]


def test_a_day_is_decided_once_however_often_it_is_asked(store: Store) -> None:
    assert [decided(store), decided(store), decided(store, at=2)] == [1, 0, 0]
    (found,) = store.read(unposted)
    assert (found.day, found.posting) == (TODAY, Posting.POST_LATE)


def test_a_desk_that_began_after_its_hour_has_no_digest_that_day(store: Store) -> None:
    yesterday = DigestTime(ZoneInfo("Europe/Berlin"), time(12))
    assert store.write(lambda tx: decide(tx, store.log, DESK, yesterday, later(hours=1))) == 0
    assert store.write(lambda tx: decide(tx, store.log, DESK, yesterday, later(hours=24))) == 1


def test_one_that_nobody_will_post_is_on_record_with_the_reason(store: Store) -> None:
    decided(store)
    (found,) = store.read(unposted)
    store.write(lambda tx: kept(tx, store.log, found, "no Slack is set up", NOW))
    assert store.read(unposted) == []
    newest = store.read(lambda c: latest(c, DESK, 1))[0]
    assert (newest.kind, newest.body["why"]) == ("digest_kept", "no Slack is set up")


def test_once_posted_it_is_never_posted_again(store: Store) -> None:
    decided(store)
    (found,) = store.read(unposted)
    store.write(lambda tx: posted(tx, store.log, found, NOW))
    assert store.read(unposted) == []
    assert decided(store) == 0
    assert kinds(store) == ["digest_posted"]


def test_days_that_nobody_could_post_are_on_record_and_the_newest_is_posted(store: Store) -> None:
    decided(store)
    (first,) = store.read(unposted)
    store.write(lambda tx: posted(tx, store.log, first, NOW))
    assert decided(store, at=3 * 24 + 1.5) == 3
    assert store.read(unposted) == [Unposted(DESK, TODAY + timedelta(days=3), Posting.POST_LATE)]
    assert kinds(store) == ["digest_posted", "digest_skipped", "digest_skipped"]


def test_the_head_of_the_record_is_named(store: Store) -> None:
    newest = store.read(lambda c: latest(c, DESK, 1))[0]
    said = store.read(lambda c: head_of_record(c, DESK))
    assert said == f"event {newest.seq}, seal {newest.mac[:16]}"
