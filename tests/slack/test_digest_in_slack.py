"""The day's digest in its channel: once, with its table, its files below it and the record's seal."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.digests import Digests, InSlack, market_table
from alerts.slack.posting import Posting
from bot.__main__ import clock
from core.alerting.digest import DigestTime
from core.books import Books
from core.modes import Mode
from core.positions import ZERO, Position
from store.control import begin_desk
from store.events import latest
from store.reports.history import sample
from store.store import Store, open_store
from tests.slack.component import web
from tests.slack.workspace_process import DESK_ID, WorkspaceProcess, wait_until
from tests.store.desk import BTC_PRICE, BTC_PRODUCT, CASH, DESK, NOW, later, mark, see_the_exchange

WHEN = DigestTime(ZoneInfo("UTC"), time(11, 56))
SLOW_S = 20.0
FILES = {"digest.md", "digest.json", "equity.png"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A desk that began two days ago and has held three contracts since."""
    opened = open_store(tmp_path / "home", NOW)
    began = later(days=-2)
    opened.write(lambda tx: begin_desk(tx, opened.log, DESK, Mode.ACTIVE, "test", began))
    opened.write(see_the_exchange)
    position = Position(BTC_PRODUCT.product_id, BTC_PRODUCT.contract_size, 3, 3 * BTC_PRICE)
    for minute in range(3):
        at = later(hours=-6, minutes=minute)
        books = Books(CASH, ZERO, ZERO, ZERO, ZERO, ZERO)
        opened.write(
            lambda tx, at=at, b=books: sample(tx, DESK, b, [mark(at=at)], [position], at)  # type: ignore[misc]
        )
    yield opened
    opened.close()


async def in_slack(store: Store, workspace: WorkspaceProcess, now: datetime) -> None:
    """An alerts process looks twice, and another one that begins then looks again."""
    async with web(workspace, SLOW_S) as slack:

        async def channel() -> str:
            return DESK_ID

        for _ in range(2):
            place = InSlack(slack, Posting(slack, store, clock), channel)
            digests = Digests(store, place, lambda: WHEN, lambda: now)
            await digests.tick()
            await digests.tick()


def named(workspace: WorkspaceProcess, ts: str) -> set[str]:
    """The files below a message."""
    below = [m for m in workspace.messages() if m["thread_ts"] == ts]
    return {file["name"] for message in below for file in message["files"]}


def test_it_is_posted_once_with_its_table_and_its_files(
    store: Store, workspace: WorkspaceProcess
) -> None:
    asyncio.run(in_slack(store, workspace, NOW))
    [posted] = [m for m in workspace.messages() if "digest of 2026-03-02" in m["text"]]
    assert "posted late" not in posted["text"]
    for part in ("Realised", "Against the exchange", "Record: event", BTC_PRODUCT.product_id):
        assert part in posted["text"], part
    wait_until(lambda: named(workspace, posted["ts"]) == FILES, "its files to be shared")
    newest = store.read(lambda c: latest(c, DESK, 1))[0]
    assert newest.kind == "digest_posted"


def test_without_slack_it_lies_in_the_home_and_the_record_says_so(store: Store) -> None:
    digests = Digests(store, None, lambda: WHEN, lambda: NOW + timedelta(hours=1))
    asyncio.run(digests.tick())
    newest = store.read(lambda c: latest(c, DESK, 1))[0]
    assert newest.kind == "digest_kept"
    assert "no Slack is set up" in newest.body["why"]
    assert (store.home.reports / f"{DESK}-2026-03-02" / "equity.png").exists()


def test_of_many_markets_the_first_are_shown_and_the_others_counted() -> None:
    assert market_table([]) == ""
    shown = market_table([{"market": f"M{n}", "net": "+1"} for n in range(15)])
    assert (shown.count("\n"), "and 3 more" in shown, "M11" in shown) == (13, True, True)
