"""The optional extra, against a library that is as it is documented: an object, `add`, `notify`."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.adapters.apprise import ViaApprise, is_installed
from alerts.delivery.adapter import Sending
from tests.alerts.adapters.service import LETTER

LIBRARY = """
import threading

SENT = []
ANSWERS = threading.Event()
ANSWERS.set()


class Apprise:
    def __init__(self):
        self.urls = []

    def add(self, url):
        self.urls.append(url)
        return "://" in url

    def notify(self, title, body):
        ANSWERS.wait()
        SENT.append((self.urls, title, body))
        return "down" not in self.urls[0]
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "apprise.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    assert is_installed()
    yield __import__("apprise")
    del sys.modules["apprise"]


def send(url: str) -> Sending:
    letter = replace(LETTER, to="DAVE_APPRISE_URL")
    return asyncio.run(ViaApprise({"DAVE_APPRISE_URL": url}).send(letter))


def test_each_message_is_an_object_of_its_own_with_title_and_text(library: object) -> None:
    assert send("tgram://token/chat").answer.status == 200
    assert send("tgram://token/chat").answer.status == 200
    sent = library.SENT  # type: ignore[attr-defined]
    assert sent == [(["tgram://token/chat"], LETTER.title, LETTER.text)] * 2


def test_what_is_not_taken_is_tried_again_and_what_is_not_understood_is_not(
    library: object,
) -> None:
    assert send("tgram://down").answer.status == 503
    assert send("nonsense").answer.status == 400


def test_a_variable_that_is_not_set_is_named(library: object) -> None:
    letter = replace(LETTER, to="DAVE_APPRISE_URL")
    sending = asyncio.run(ViaApprise({}).send(letter))
    assert (sending.answer.status, "DAVE_APPRISE_URL" in sending.answer.error) == (400, True)


def test_services_that_do_not_answer_keep_no_thread_from_the_store(library: object) -> None:
    async def while_many_wait() -> int:
        adapter = ViaApprise({"+15550100": "tgram://token/chat"})
        sending = [asyncio.create_task(adapter.send(LETTER)) for _ in range(40)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(1):
                return await asyncio.to_thread(int, "7")
        finally:
            library.ANSWERS.set()  # type: ignore[attr-defined]
            await asyncio.gather(*sending)

    library.ANSWERS.clear()  # type: ignore[attr-defined]
    assert asyncio.run(while_many_wait()) == 7
