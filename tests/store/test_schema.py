"""The tables: exact money, exact times, strict types, and one way to come to them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import StaticPool

import store.alerting.outbox_schema
import store.alerting.schema
import store.reports.schema  # noqa: F401
from core.flatten import Job, JobState
from core.oncall.contacts import Means
from store import sqlite
from store.alerting.alerts import open_alerts, unshown, waiting_in
from store.alerting.answered import level_told
from store.alerting.delivery import job_of_sent
from store.books_schema import positions
from store.columns import Moment, Money, MoneyIsNotANumberInSQL, from_us, metadata, to_us
from store.commands import waiting
from store.flattening import open_job
from store.home import open_home
from store.ledger import booked_since, latest_fills
from store.migrations import MIGRATIONS, StoreFromTheFuture, migrate
from store.orders import live_orders, order_by_exchange_id, reservations
from store.outcomes import cancelled_since, closed_by
from store.reports.incidents import open_incidents
from store.requests import open_requests
from store.schema import migrations, used_codes
from store.store import Store, open_store
from tests.store.desk import DESK, NOW

MEMORY = create_engine("sqlite://", module=sqlite.LIBRARY, poolclass=StaticPool)
KEPT = Table(
    "kept",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("money", Money),
    Column("moment", Moment),
)
AMOUNTS = some.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**24), max_value=10**24
)
MOMENTS = some.datetimes(timezones=some.just(UTC))


def through_the_store(**values: object) -> Any:
    """What comes back of values that were written."""
    with MEMORY.begin() as tx:
        KEPT.drop(tx, checkfirst=True)
        KEPT.create(tx)
        tx.execute(insert(KEPT).values(**values))
        return tx.execute(select(KEPT)).one()


@given(AMOUNTS)
def test_money_comes_back_exactly(amount: Decimal) -> None:
    back = through_the_store(money=amount).money
    assert isinstance(back, Decimal)
    assert back == amount


@given(MOMENTS)
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    back = through_the_store(moment=moment).moment
    assert back == moment
    assert back.tzinfo is UTC


@given(MOMENTS, some.integers(-23, 23))
def test_a_moment_is_the_same_instant_whatever_zone_it_was_given_in(
    moment: datetime, hours: int
) -> None:
    elsewhere = timezone(timedelta(hours=hours))
    try:
        there = moment.astimezone(elsewhere)
    except OverflowError:
        return
    assert to_us(there) == to_us(moment)
    assert from_us(to_us(there)) == moment


def test_nothing_is_kept_as_nothing() -> None:
    back = through_the_store(money=None, moment=None)
    assert (back.money, back.moment) == (None, None)


@pytest.mark.parametrize(
    "value", [0.1, 1, "1.5", True, Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN")]
)
def test_money_that_is_not_a_finite_decimal_is_refused(value: object) -> None:
    with pytest.raises(StatementError, match="finite Decimal"):
        through_the_store(money=value)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(StatementError, match="naive"):
        through_the_store(moment=datetime(2026, 1, 1))  # noqa: DTZ001 (that is the point)


@pytest.mark.parametrize(
    "make",
    [
        lambda column: column + Decimal(1),
        lambda column: column - Decimal(1),
        lambda column: column * 2,
        lambda column: column / 2,
        lambda column: -column,
        lambda column: column < Decimal(1),
        lambda column: column >= Decimal(1),
        lambda column: Decimal(1) > column,
        lambda column: column == Decimal(1),
        lambda column: column != Decimal(1),
        lambda column: column.between(Decimal(1), Decimal(2)),
        lambda column: column.in_([Decimal(1)]),
        lambda column: column.desc(),
        lambda column: column.like("1%"),
    ],
)
def test_sql_may_neither_compute_with_money_nor_compare_it(
    make: Callable[[Any], object],
) -> None:
    with pytest.raises(MoneyIsNotANumberInSQL):
        make(positions.c.cost)


@pytest.mark.parametrize(
    "make",
    [
        lambda column: Decimal(1) + column,
        lambda column: 1 - column,
        lambda column: 2 * column,
        lambda column: 2 / column,
    ],
)
def test_sql_may_not_compute_with_money_that_stands_on_the_right_either(
    make: Callable[[Any], object],
) -> None:
    with pytest.raises(MoneyIsNotANumberInSQL):
        make(positions.c.cost)


def test_a_sum_that_sql_made_of_money_is_refused_rather_than_inexact() -> None:
    with MEMORY.begin() as tx:
        KEPT.drop(tx, checkfirst=True)
        KEPT.create(tx)
        for amount in ("0.1", "0.2"):
            tx.execute(insert(KEPT).values(money=Decimal(amount)))
        with pytest.raises(TypeError):
            tx.scalar(select(func.sum(KEPT.c.money)))


def test_whether_there_is_money_may_be_asked() -> None:
    assert "IS NULL" in str(select(positions).where(positions.c.cost.is_(None)))


def tables(connection: Connection) -> list[tuple[str, str, str]]:
    """What stands in the schema: an added column comes behind the constraints, so words are sorted."""
    rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master ORDER BY name"))
    return [(row.type, row.name, _parts(row.sql or "")) for row in rows]


def _parts(sql: str) -> str:
    """Columns, constraints and options in the order of the alphabet, without needless quotes."""
    words = " ".join(sql.replace('"', "").split())
    return " | ".join(
        sorted(part.strip() for part in re.split(r",|\((?!\w+\))|\)(?= STRICT)", words))
    )


def test_a_migrated_store_equals_one_that_is_made_afresh(store: Store, tmp_path: Path) -> None:
    fresh = sqlite.writing_engine(tmp_path / "fresh.db", wait_s=1)
    with fresh.begin() as tx:
        metadata.create_all(tx)
        expected = tables(tx)
    fresh.dispose()
    assert len(expected) > len(metadata.tables)
    assert store.read(tables) == expected


def test_every_table_is_strict(store: Store) -> None:
    rows = store.read(lambda c: c.execute(text("PRAGMA table_list")).all())
    ours = {row.name: row.strict for row in rows if not row.name.startswith("sqlite_")}
    assert ours == dict.fromkeys(metadata.tables, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO used_codes VALUES ('alice', 'soon')",
        "INSERT INTO used_codes VALUES ('alice', 1.5)",
        "INSERT INTO used_codes VALUES (x'00', 1)",
        "INSERT INTO used_codes VALUES ('alice', NULL)",
        "INSERT INTO books VALUES ('main', NULL, '0', '0', 0, '0')",
        "UPDATE control SET effective = 'HELD'",
        "UPDATE control SET epoch = NULL",
        "INSERT INTO flatten_legs VALUES ('no such job', 'BTC', 'flat', 1, 0, '', 0, NULL)",
    ],
)
def test_a_value_of_the_wrong_type_is_refused_whoever_writes_it(
    store: Store, statement: str
) -> None:
    with pytest.raises(sqlite.StoreFailed, match=r"constraint failed|cannot store"):
        store.write(lambda tx: tx.execute(text(statement)))


def test_a_store_of_the_first_version_is_carried_over_with_its_rows(tmp_path: Path) -> None:
    home = open_home(tmp_path / "old")
    engine = sqlite.writing_engine(home.database, wait_s=1)
    with engine.begin() as tx:
        MIGRATIONS[0](tx)
        tx.execute(insert(migrations).values(number=1, name=MIGRATIONS[0].__name__, at=NOW))
        tx.execute(text("INSERT INTO used_codes VALUES ('alice', 12)"))
    engine.dispose()
    opened = open_store(home.root, NOW)
    try:
        assert opened.read(lambda c: c.execute(select(used_codes)).one()) == ("alice", 12)
        assert {"slack_posts", "limits_in_force"} <= {name for _, name, _ in opened.read(tables)}
        assert (home.backups / "before-migration-002.db").exists()
    finally:
        opened.close()


def engines_of(store: Store) -> tuple[Any, Any]:
    path = store.home.database
    return sqlite.reading_engine(path), sqlite.writing_engine(path, wait_s=1)


def test_migrating_again_does_nothing(store: Store) -> None:
    before = store.read(tables), store.read(lambda c: c.execute(select(migrations)).all())
    reading, writing = engines_of(store)
    assert migrate(reading, writing, store.home.backups, NOW + timedelta(days=1)) == 0
    reading.dispose()
    writing.dispose()
    after = store.read(tables), store.read(lambda c: c.execute(select(migrations)).all())
    assert after == before


def test_each_migration_is_on_record_once(store: Store) -> None:
    rows = store.read(lambda c: c.execute(select(migrations)).all())
    assert [(row.number, row.name) for row in rows] == [
        (number, migration.__name__) for number, migration in enumerate(MIGRATIONS, start=1)
    ]


def test_a_store_that_is_up_to_date_opens_while_somebody_else_writes(store: Store) -> None:
    with sqlite.writing_engine(store.home.database, wait_s=1).begin():
        open_store(store.home.root, NOW).close()


def test_a_store_of_a_later_version_is_left_alone(store: Store) -> None:
    future = len(MIGRATIONS) + 1
    row = {"number": future, "name": "from the future", "at": NOW}
    store.write(lambda tx: tx.execute(insert(migrations).values(row)))
    with pytest.raises(StoreFromTheFuture, match=str(future)):
        open_store(store.home.root, NOW)


CLOSING = Job("kill-1", DESK, JobState.RUNNING, "", "bob", NOW, ())


def plan(store: Store, read: Callable[[Connection], object]) -> str:
    """How SQLite goes about the statement that `read` executes."""
    ran: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
        ran.append((sql, values))

    with store.reading() as connection:
        event.listen(connection, "before_cursor_execute", note)
        read(connection)
        event.remove(connection, "before_cursor_execute", note)
        [(sql, values)] = ran
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
    return "; ".join(row.detail for row in rows)


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda c: open_requests(c, DESK), "ix_requests_open"),
        (lambda c: waiting(c, DESK), "ix_commands_waiting"),
        (lambda c: open_job(c, DESK), "ix_flatten_jobs_open"),
        (lambda c: order_by_exchange_id(c, "any"), "ix_orders_order_id"),
        (lambda c: latest_fills(c, DESK, 1), "ix_fills_at"),
        (lambda c: booked_since(c, DESK, NOW), "ix_fills_at"),
        (lambda c: closed_by(c, CLOSING), "ix_fills_at"),
        (lambda c: cancelled_since(c, DESK, NOW), "ix_orders_updated_at"),
        (lambda c: open_alerts(c, DESK), "ux_alerts_open"),
        (lambda c: waiting_in(c, [(DESK, "rule")], 1), "ix_alerts_first"),
        (lambda c: unshown(c, 1), "ix_alerts_to_show"),
        (lambda c: open_incidents(c, DESK), "ix_incidents_open"),
        (lambda c: job_of_sent(c, "SM1"), "ix_outbox_provider"),
        (lambda c: level_told(c, "k7m2q", "alice", Means.SMS), "ix_outbox_alert"),
    ],
)
def test_what_is_asked_all_day_is_found_by_its_index(
    store: Store, read: Callable[[Connection], object], index: str
) -> None:
    assert f"USING INDEX {index}" in plan(store, read)


@pytest.mark.parametrize("read", [lambda c: live_orders(c, DESK), lambda c: reservations(c, DESK)])
def test_live_orders_are_found_by_their_own_index(
    store: Store, read: Callable[[Connection], object]
) -> None:
    assert "USING INDEX ix_orders_live" in plan(store, read)
