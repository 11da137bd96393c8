"""The board ends when it is told to, also when something wakes it at that very moment."""

import asyncio
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.__main__ import clock
from bot.slack.approved_people import ApprovedPeople
from bot.slack.board import Board
from bot.slack.due import Ought
from bot.slack.posting import Posting
from bot.slack.threads import Threads
from store.people_file import PeopleFile
from tests.slack.component import within
from tests.slack.home import Home

TURNS = range(6)
"""Of the event loop, between being woken and being cancelled: the wake is then half way."""


@pytest.mark.parametrize("turns", TURNS)
def test_a_wake_never_takes_the_place_of_the_end(tmp_path: Path, turns: int) -> None:
    home, threads = Home(tmp_path / "home"), Threads()
    home.begin()
    store = home.own_store()
    people = ApprovedPeople(PeopleFile(home.home / "escalation.yaml"), store, lambda kind: kind)
    ought = Ought(store, people, lambda: 0, "/perps", clock())
    board = Board(ought, Posting(AsyncWebClient(), store, clock, threads), threads, clock)

    async def end_while_woken() -> bool:
        serving = asyncio.create_task(board.serve())
        await within(lambda: board.outbox.trouble)  # its first look is done: it waits
        await asyncio.sleep(0)
        board.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        serving.cancel()
        ended, _ = await asyncio.wait([serving], timeout=2)
        return bool(ended)

    try:
        assert asyncio.run(end_while_woken())
    finally:
        threads.close()
        home.close()
