"""A flatten as durable rows: one at a time, moved only where its tables lead, on record."""

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import Table, select, update

from core.flatten import JOB_TRANSITIONS, LEG_TRANSITIONS, Job, JobState, Leg, LegState
from store import books_schema, schema
from store.events import latest
from store.flattening import (
    add_leg,
    ask_flatten,
    latest_job,
    move_job,
    move_leg,
    open_job,
    read_job,
)
from store.store import Store
from tests.store.conftest import Reopen
from tests.store.desk import BTC, DESK, ETH, ETH_PRICE, ETH_PRODUCT, NOW, hold, later


@pytest.fixture
def job(store: Store) -> Job:
    hold(store, 3)
    hold(store, -2, ETH_PRODUCT, ETH_PRICE)
    return ask(store, "j1")


def ask(store: Store, id: str, *product_ids: str) -> Job:
    return store.write(
        lambda tx: ask_flatten(
            tx,
            store.log,
            id=id,
            desk=DESK,
            reason="kill",
            actor="bob",
            now=NOW,
            product_ids=product_ids,
        )
    )


def everything(store: Store) -> list[object]:
    tables = (books_schema.flatten_jobs, books_schema.flatten_legs, schema.events)
    return [store.read(lambda c, t=t: c.execute(select(t)).all()) for t in tables]  # type: ignore[misc]


def stand(store: Store, table: Table, state: str) -> None:
    """Bring the rows to where a story would have brought them."""
    store.write(lambda tx: tx.execute(update(table).values(state=state)))


def test_a_flatten_has_a_leg_for_everything_that_is_held(store: Store, job: Job) -> None:
    assert {(leg.product_id, leg.contracts) for leg in job.legs} == {(BTC, 3), (ETH, -2)}
    assert {leg.state for leg in job.legs} == {LegState.CANCELLING}
    assert store.read(lambda c: open_job(c, DESK)) == job


def held_both(store: Store) -> None:
    hold(store, 3)
    hold(store, -2, ETH_PRODUCT, ETH_PRICE)


def products_of(job: Job | None) -> set[str]:
    assert job is not None
    return {leg.product_id for leg in job.legs}


def test_a_close_means_only_the_positions_it_names(store: Store) -> None:
    held_both(store)
    job = ask(store, "c1", BTC)
    assert products_of(job) == {BTC}
    assert (job.means(BTC), job.means(ETH)) == (True, False)
    assert store.read(lambda c: open_job(c, DESK)) == job


def test_a_kill_widens_the_close_that_runs(store: Store) -> None:
    held_both(store)
    ask(store, "c1", BTC)
    assert ask(store, "k1").id == "c1"
    now = store.read(lambda c: open_job(c, DESK))
    assert products_of(now) == {BTC, ETH}
    assert now is not None
    assert now.product_ids == ()


def test_two_closes_become_one_job(store: Store) -> None:
    held_both(store)
    ask(store, "c1", BTC)
    both = ask(store, "c2", ETH)
    assert (both.id, products_of(both), both.product_ids) == ("c1", {BTC, ETH}, (BTC, ETH))


def test_a_close_never_narrows_a_kill(store: Store, job: Job) -> None:
    before = everything(store)
    assert ask(store, "c1", BTC) == job
    assert everything(store) == before


def test_one_flatten_at_a_time(store: Store, job: Job) -> None:
    before = everything(store)
    assert ask(store, "j2") == job
    assert everything(store) == before


def test_after_it_has_ended_another_can_be_asked_for(store: Store, job: Job) -> None:
    for state in (JobState.RUNNING, JobState.FLAT_VERIFIED):
        running = store.read(lambda c: read_job(c, "j1"))
        assert running is not None
        store.write(lambda tx, j=running, to=state: move_job(tx, store.log, j, to, "", NOW))  # type: ignore[misc]
    assert store.read(lambda c: open_job(c, DESK)) is None
    assert ask(store, "j2").id == "j2"


@pytest.mark.parametrize(("state", "to"), list(product(JobState, JobState)))
def test_a_flatten_moves_only_where_its_table_leads(
    store: Store, job: Job, state: JobState, to: JobState
) -> None:
    standing = replace(job, state=state)
    stand(store, books_schema.flatten_jobs, state)
    before = everything(store)
    if to in JOB_TRANSITIONS[state]:
        store.write(lambda tx: move_job(tx, store.log, standing, to, "so", NOW))
        moved = store.read(lambda c: read_job(c, "j1"))
        assert moved is not None
        assert (moved.state, moved.outcome) == (to, "so")
    else:
        with pytest.raises(ValueError, match="cannot become"):
            store.write(lambda tx: move_job(tx, store.log, standing, to, "so", NOW))
        assert everything(store) == before


@pytest.mark.parametrize(("state", "to"), list(product(LegState, LegState)))
def test_a_leg_moves_only_where_its_table_leads(
    store: Store, job: Job, state: LegState, to: LegState
) -> None:
    leg = replace(job.legs[0], state=state)
    stand(store, books_schema.flatten_legs, state)
    before = everything(store)
    after = replace(leg, state=to, attempt=1, detail="so")
    if to is state or to in LEG_TRANSITIONS[state]:
        store.write(lambda tx: move_leg(tx, store.log, job, leg, after, NOW))
        moved = store.read(lambda c: read_job(c, "j1"))
        assert moved is not None
        assert after in moved.legs
    else:
        with pytest.raises(ValueError, match="cannot become"):
            store.write(lambda tx: move_leg(tx, store.log, job, leg, after, NOW))
        assert everything(store) == before


def test_of_two_who_move_one_flatten_only_one_succeeds(store: Store, job: Job) -> None:
    """The loop runs it; if it does not, the guard does: both may believe it is theirs."""
    running = replace(job, state=JobState.RUNNING)
    store.write(lambda tx: move_job(tx, store.log, job, JobState.RUNNING, "", NOW))
    store.write(lambda tx: move_job(tx, store.log, running, JobState.RESIDUAL, "one", NOW))
    with pytest.raises(ValueError, match="not running any more"):
        store.write(lambda tx: move_job(tx, store.log, running, JobState.FLAT_VERIFIED, "", NOW))


def test_a_flatten_in_the_middle_survives_a_restart(store: Store, job: Job, reopen: Reopen) -> None:
    store.write(lambda tx: move_job(tx, store.log, job, JobState.RUNNING, "", NOW))
    leg = job.legs[0]
    closing = replace(leg, state=LegState.CLOSING, attempt=2)
    store.write(lambda tx: move_leg(tx, store.log, job, leg, closing, NOW))
    before = store.read(lambda c: open_job(c, DESK))
    store.close()
    again = reopen()
    assert again.read(lambda c: open_job(c, DESK)) == before
    assert again.read(lambda c: latest_job(c, DESK)) == before


def test_a_position_that_opens_late_gets_a_leg_of_its_own(store: Store, job: Job) -> None:
    late = Leg("SOL", LegState.CANCELLING, 1, 0)
    store.write(lambda tx: add_leg(tx, "j1", late, later(seconds=1)))
    moved = store.read(lambda c: open_job(c, DESK))
    assert moved is not None
    assert late in moved.legs


def test_every_move_is_on_record_and_a_repeat_is_not(store: Store, job: Job) -> None:
    leg = job.legs[0]
    closing = replace(leg, state=LegState.CLOSING)
    store.write(lambda tx: move_leg(tx, store.log, job, leg, closing, NOW))
    store.write(lambda tx: move_leg(tx, store.log, job, closing, closing, NOW))
    store.write(lambda tx: move_job(tx, store.log, job, JobState.RUNNING, "", NOW))
    kinds = [event.kind for event in store.read(lambda c: latest(c, DESK, 100))]
    assert kinds[-3:] == ["flatten_asked", "flatten_leg", "flatten"]
