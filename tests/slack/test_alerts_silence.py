"""The desk's channel hears from the bot that alerts are silent: once for each silence, and its end."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.slack.alerts_silence import ALERTS, AlertsSilence
from core.modes import Mode
from store.control import begin_desk
from store.heartbeats import beat
from store.store import Store, open_store
from tests.store.desk import DESK, NOW, later


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "home", NOW)
    opened.write(lambda tx: begin_desk(tx, opened.log, DESK, Mode.ACTIVE, "test", NOW))
    yield opened
    opened.close()


def beats(store: Store, at: datetime) -> None:
    store.write(lambda tx: beat(tx, DESK, ALERTS, 1, "keeps alerts", at))


def test_one_message_for_each_silence_and_one_when_it_is_over(store: Store) -> None:
    said: list[tuple[str, str]] = []

    def announce(key: str, _desk: str, answer: Answer) -> None:
        said.append((key, answer.title))

    watch = AlertsSilence(store, announce, NOW)
    watch.look(later(minutes=10))
    assert said == [], "alerts have never run: nobody waits for them"
    beats(store, NOW)
    for seconds in (59, 60, 65, 600):
        watch.look(later(seconds=seconds))
    beats(store, later(seconds=605))
    watch.look(later(seconds=606))
    watch.look(later(seconds=611))
    at = f"{NOW:%Y%m%dT%H%M%S}"
    assert said == [
        (f"alerts-page:{DESK}:{at}", f"{DESK}: ALERTS ARE SILENT"),
        (f"alerts-end:{DESK}:{at}", f"{DESK}: alerts are back"),
    ]
    watch.look(later(seconds=700))
    assert len({key for key, _ in said}) == 3, "another silence is another message"
