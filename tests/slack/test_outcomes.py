"""What a kill came to and what still needs its message: read from the store, for cards."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.slack.card import CARD
from bot.slack.due import JOB
from core.flatten import Closed, Job, JobState, Leg, LegState
from core.orders import Fill, Kind, OrderSpec, OrderState, OrderType, Side
from core.requests import RequestState
from core.risk import CheckedOrder
from store.flattening import ask_flatten
from store.ledger import adopt_fills
from store.orders import move, record_intent
from store.outcomes import cancelled_since, closed_by
from store.requests import requests_without_final_post
from store.slack_posts import claim, jobs_without_final_post, lost, placed, read_post
from tests.bot.limits import LIMITS
from tests.bot.terminal import BTC, PRODUCT, Terminal

HOURS = timedelta(hours=3)


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """Trading, with its stop."""
    terminal.begin()
    terminal.trade(contracts=4)
    terminal.order("stop-1", Kind.STOP, 4)
    return terminal


def close(desk: Terminal, id: str, job: str, fills: list[tuple[int, str, str]]) -> None:
    """A close of a flatten, filled in parts: contracts, price, fee."""
    spec = OrderSpec(
        client_order_id=id,
        desk="main",
        product_id=BTC,
        kind=Kind.FLATTEN,
        side=Side.SELL,
        contracts=sum(contracts for contracts, _, _ in fills),
        order_type=OrderType.LIMIT_IOC,
        limit_price=Decimal(60_000),
        reason=f"flatten {job}",
    )

    def booked(store: Any, tx: Any) -> None:
        assert getattr(record_intent(tx, CheckedOrder(spec), LIMITS, desk.now), "spec", None)
        move(tx, store.log, id, OrderState.WORKING, desk.now, order_id=f"at-{id}")
        parts = [
            Fill(
                f"{id}-{n}",
                f"at-{id}",
                id,
                BTC,
                Side.SELL,
                contracts,
                Decimal(price),
                Decimal(fee),
                desk.now,
                maker=False,
            )
            for n, (contracts, price, fee) in enumerate(fills)
        ]
        adopt_fills(tx, "main", parts)

    desk.write(booked)


def job(id: str, desk: Terminal) -> Job:
    return Job(id, "main", JobState.RUNNING, "", "bob", desk.now, ())


def cancel(desk: Terminal, id: str) -> None:
    desk.write(lambda store, tx: move(tx, store.log, id, OrderState.CANCELLED, desk.now))


def test_what_was_closed_is_summed_at_its_average_price(desk: Terminal) -> None:
    cancel(desk, "stop-1")
    close(desk, "kill-1-P-0", "kill-1", [(1, "61000", "0.5"), (2, "60700", "1.0")])
    close(desk, "kill-1-P-1", "kill-1", [(1, "60600", "0.5")])

    found = desk.read(lambda c: closed_by(c, job("kill-1", desk)))

    assert found == [Closed(BTC, Side.SELL, 4, Decimal(60_750), Decimal("2.0"))]
    assert desk.read(lambda c: closed_by(c, job("kill-2", desk))) == []


def test_slippage_is_measured_from_the_mark_at_which_the_close_was_asked_for(
    desk: Terminal,
) -> None:
    cancel(desk, "stop-1")
    close(desk, "kill-1-P-0", "kill-1", [(1, "61000", "0.5"), (3, "60600", "1.0")])
    leg = Leg(BTC, LegState.FLAT, 4, 0, mark_price=Decimal(60_800))

    (found,) = desk.read(lambda c: closed_by(c, replace(job("kill-1", desk), legs=(leg,))))

    assert found.slippage_usd == 400 * PRODUCT.contract_size  # sold 100 below the mark


def test_only_what_worked_before_counts_as_cancelled_by_the_kill(desk: Terminal) -> None:
    asked_at = desk.now
    assert desk.read(lambda c: cancelled_since(c, "main", asked_at)) == 0
    desk.later(1)
    cancel(desk, "stop-1")
    desk.later(1)
    desk.order("stop-2", Kind.STOP, 4)
    cancel(desk, "stop-2")

    assert desk.read(lambda c: cancelled_since(c, "main", asked_at)) == 1
    assert desk.read(lambda c: cancelled_since(c, "asia", asked_at)) == 0
    desk.later(1)
    assert desk.read(lambda c: cancelled_since(c, "main", desk.now)) == 0


def waiting(desk: Terminal, since: Any) -> list[str]:
    found = desk.read(lambda c: requests_without_final_post(c, "main", CARD, since))
    return [request.id for request in found]


def jobs(desk: Terminal, since: Any) -> list[str]:
    found: list[str] = desk.read(lambda c: jobs_without_final_post(c, "main", JOB, since))
    return found


def stands(desk: Terminal, key: str, *, final: bool) -> None:
    def placing(_store: Any, tx: Any) -> None:
        claim(tx, key, "main", "C0DESK001", desk.now)
        placed(tx, key, "1.000001", "shown", final=final)

    desk.write(placing)


def test_a_request_needs_a_card_until_its_last_state_stands(desk: Terminal) -> None:
    desk.type("kill", "--id", "kill-1")
    before = desk.now - HOURS
    assert waiting(desk, before) == ["kill-1"]

    stands(desk, f"{CARD}kill-1", final=False)
    assert waiting(desk, before) == ["kill-1"]

    stands(desk, f"{CARD}kill-1", final=True)
    assert waiting(desk, before) == []


def test_an_old_request_gets_no_new_card_and_an_unfinished_card_is_finished(
    desk: Terminal,
) -> None:
    desk.type("kill", "--id", "kill-1")
    desk.later(HOURS.total_seconds())
    desk.type("status")
    assert desk.requests()[0].state is RequestState.EXPIRED
    assert waiting(desk, desk.now) == []

    stands(desk, f"{CARD}kill-1", final=False)

    assert waiting(desk, desk.now) == ["kill-1"]


def flatten(desk: Terminal, id: str) -> None:
    desk.write(
        lambda store, tx: ask_flatten(
            tx, store.log, id=id, desk="main", reason="", actor="shell:nina", now=desk.now
        )
    )


def test_a_flatten_that_a_request_asked_for_has_no_card_of_its_own(desk: Terminal) -> None:
    desk.type("kill", "--id", "kill-1")
    flatten(desk, "kill-1")

    assert jobs(desk, desk.now - HOURS) == []


def test_a_flatten_that_nobody_asked_in_slack_needs_a_card(desk: Terminal) -> None:
    flatten(desk, "switch-1")
    assert jobs(desk, desk.now - HOURS) == ["switch-1"]

    stands(desk, f"{JOB}switch-1", final=True)

    assert jobs(desk, desk.now - HOURS) == []


def test_an_unfinished_card_of_a_flatten_is_finished_however_old(desk: Terminal) -> None:
    flatten(desk, "switch-1")
    stands(desk, f"{JOB}switch-1", final=False)

    desk.later(HOURS.total_seconds())

    assert jobs(desk, desk.now) == ["switch-1"]


def test_a_post_is_claimed_once_and_forgotten_when_it_was_deleted(desk: Terminal) -> None:
    def claims() -> bool:
        store = desk.store()
        try:
            return store.write(lambda tx: claim(tx, "a", "main", "C0DESK001", desk.now))
        finally:
            store.close()

    assert claims()
    assert not claims()
    stands(desk, "a", final=True)
    desk.later(5)
    desk.write(lambda _store, tx: lost(tx, "a", desk.now))

    post = desk.read(lambda c: read_post(c, "a"))
    assert (post.ts, post.shown, post.claimed_at) == (None, "", desk.now)
    assert not claims()
