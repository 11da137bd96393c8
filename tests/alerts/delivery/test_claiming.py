"""What is claimed is what waits: looked at without the store's lock, and marked under it."""

from core.alerting.alert import Destination
from core.alerting.levels import Level
from core.oncall.contacts import Means
from store.alerting.answered import level_told, told_with
from store.alerting.claiming import Outlook, claim, look
from store.alerting.facts import raise_alert
from store.alerting.messages import Job
from store.store import Transaction
from tests.alerts.delivery.test_engine import Post, post
from tests.alerts.night import DESK

__all__ = ["post"]


def seen(post: Post, most: int = 32) -> Outlook:
    return post.night.store.read(lambda c: look(c, post.night.now, most))


def claimed(post: Post, outlook: Outlook, slots: int = 32) -> list[Job]:
    return post.night.store.write(lambda tx: claim(tx, outlook, post.night.now, slots, 0))


def storm(post: Post, number: int, rule: str = "drift_{}") -> None:
    def transaction(tx: Transaction) -> None:
        for n in range(number):
            raise_alert(
                tx, DESK, rule.format(n), Level.CRITICAL, "", post.night.now, symbol=f"s{n}"
            )

    post.night.store.write(transaction)
    while post.night.tick() == post.night.now:
        pass


def test_what_was_withdrawn_after_the_look_is_not_claimed(post: Post) -> None:
    post.night.fires()
    outlook = seen(post)
    post.night.acks("alice")
    keys = [item.key for job in claimed(post, outlook) for item in job.items]
    assert not [key for key in keys if ":alice:" in key]


def test_what_is_claimed_is_claimed_once(post: Post) -> None:
    post.night.fires()
    outlook = seen(post)
    assert claimed(post, outlook)
    assert not claimed(post, outlook)
    assert not seen(post).jobs


def test_an_answer_may_overtake_our_record_of_the_sending(post: Post) -> None:
    """The phone was quicker than our commit: what was sent together is taken together all the same."""
    storm(post, 3, rule="stale")
    [job] = [job for job in claimed(post, seen(post)) if job.to == Destination("alice", Means.SMS)]
    first, *others = [item.alert.id for item in job.items]
    told = post.night.store.read(lambda c: told_with(c, first, "alice", Means.SMS))
    assert (told[0], sorted(told[1:])) == (first, sorted(others))
    level = post.night.store.read(lambda c: level_told(c, first, "alice", Means.SMS))
    assert level is Level.CRITICAL


def test_a_few_rows_bring_along_all_that_share_their_message(post: Post) -> None:
    storm(post, 150)
    storm(post, 90, rule="one_rule")
    jobs = {(job.to.person, job.to.by): job for job in seen(post, most=500).jobs}
    few = seen(post, most=1).jobs
    assert few, "something is always looked at"
    for job in few:
        if job.to.person:
            assert len(job.items) == len(jobs[job.to.person, job.to.by].items)


def test_a_look_says_whether_there_is_more(post: Post) -> None:
    storm(post, 20)
    assert not seen(post, most=5).all_seen
    assert seen(post, most=500).all_seen
