"""One writer: each transaction whole or not at all, in order, and its end is known to its caller."""

import threading
from concurrent.futures import Future

import pytest
from sqlalchemy import Connection, insert, select

from store.schema import used_codes
from store.sqlite import StoreFailed
from store.store import Store
from store.writer import WriterClosed
from tests.store.conftest import Reopen

PATIENCE_S = 5.0


class Failing(Exception):
    """What a transaction raises here."""


def names(connection: Connection) -> list[str]:
    query = select(used_codes.c.person).order_by(used_codes.c.step)
    return list(connection.scalars(query))


def add(tx: Connection, name: str, step: int = 0) -> str:
    tx.execute(insert(used_codes).values(person=name, step=step))
    return name


def test_a_write_returns_what_its_transaction_returned_and_is_durable(
    store: Store, reopen: Reopen
) -> None:
    assert store.write(lambda tx: add(tx, "alice")) == "alice"
    assert reopen().read(names) == ["alice"]


def test_a_failing_transaction_leaves_nothing_and_raises_to_its_caller(store: Store) -> None:
    def transaction(tx: Connection) -> None:
        add(tx, "alice")
        raise Failing("after the first write")

    with pytest.raises(Failing, match="after the first write"):
        store.write(transaction)
    assert store.read(names) == []


def test_a_statement_that_fails_takes_the_whole_transaction_with_it(store: Store) -> None:
    def transaction(tx: Connection) -> None:
        add(tx, "alice")
        add(tx, "alice")

    with pytest.raises(StoreFailed, match="UNIQUE"):
        store.write(transaction)
    assert store.read(names) == []


def test_after_a_failure_the_next_write_goes_through(store: Store) -> None:
    def transaction(tx: Connection) -> None:
        add(tx, "alice")
        raise Failing

    failing, good = store.submit(transaction), store.submit(lambda tx: add(tx, "bob"))
    assert isinstance(failing.exception(PATIENCE_S), Failing)
    assert good.result(PATIENCE_S) == "bob"
    assert store.read(names) == ["bob"]


def test_writes_happen_in_the_order_they_were_submitted(store: Store) -> None:
    seen: list[int] = []

    def numbered(number: int) -> "Future[str]":
        def transaction(tx: Connection) -> str:
            seen.append(number)
            return add(tx, f"person-{number}", number)

        return store.submit(transaction)

    waiting = [numbered(number) for number in range(200)]
    assert [future.result(PATIENCE_S) for future in waiting] == [f"person-{n}" for n in range(200)]
    assert seen == list(range(200))
    assert store.read(names) == [f"person-{n}" for n in range(200)]


def test_every_write_runs_on_the_one_writer_thread(store: Store) -> None:
    threads = {store.write(lambda _tx: threading.get_ident()) for _ in range(5)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


def test_nothing_is_seen_by_readers_before_the_commit(store: Store) -> None:
    written, go_on = threading.Event(), threading.Event()

    def transaction(tx: Connection) -> None:
        add(tx, "alice")
        written.set()
        assert go_on.wait(PATIENCE_S)

    future = store.submit(transaction)
    assert written.wait(PATIENCE_S)
    assert store.read(names) == []
    go_on.set()
    future.result(PATIENCE_S)
    assert store.read(names) == ["alice"]


def test_closing_finishes_what_is_queued(store: Store, reopen: Reopen) -> None:
    go_on = threading.Event()
    store.submit(lambda _tx: go_on.wait(PATIENCE_S))
    queued = [store.submit(lambda tx, n=n: add(tx, f"person-{n}", n)) for n in range(20)]  # type: ignore[misc]
    threading.Timer(0.05, go_on.set).start()
    store.close()
    assert all(future.done() for future in queued)
    assert reopen().read(names) == [f"person-{n}" for n in range(20)]


def test_a_closed_writer_takes_nothing_more(store: Store, reopen: Reopen) -> None:
    store.close()
    with pytest.raises(WriterClosed):
        store.write(lambda tx: add(tx, "late"))
    with pytest.raises(WriterClosed):
        store.submit(lambda tx: add(tx, "late"))
    assert reopen().read(names) == []


def test_closing_twice_is_closing_once(store: Store) -> None:
    store.close()
    store.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_caller_who_no_longer_waits_does_not_end_the_writer(reopen: Reopen) -> None:
    store = reopen()
    go_on = threading.Event()
    store.submit(lambda _tx: go_on.wait(PATIENCE_S))
    given_up = store.submit(lambda tx: add(tx, "given up"))
    assert given_up.cancel()
    go_on.set()
    assert store.submit(lambda tx: add(tx, "next")).result(timeout=0.5) == "next"


def test_a_writer_of_another_process_is_waited_for(store: Store, reopen: Reopen) -> None:
    holding, go_on = threading.Event(), threading.Event()

    def transaction(tx: Connection) -> None:
        add(tx, "first")
        holding.set()
        assert go_on.wait(PATIENCE_S)

    first = store.submit(transaction)
    assert holding.wait(PATIENCE_S)
    second = reopen().submit(lambda tx: [*names(tx), add(tx, "second", 1)])
    with pytest.raises(TimeoutError):
        second.result(timeout=0.05)
    go_on.set()
    first.result(PATIENCE_S)
    assert second.result(PATIENCE_S) == ["first", "second"]
