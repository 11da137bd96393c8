"""A home with one desk that trades, and whatever was opened is closed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.modes import Mode
from store.control import begin_desk
from store.store import Store, open_store
from tests.store.desk import DESK, NOW, see_the_exchange

Reopen = Callable[[], Store]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Opens the home's store as another start of a process would; all are closed in the end."""
    opened: list[Store] = []

    def open_again() -> Store:
        opened.append(open_store(tmp_path / "home", NOW))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Reopen) -> Store:
    """The store of a desk that is ACTIVE and has seen the exchange."""
    opened = reopen()
    opened.write(lambda tx: begin_desk(tx, opened.log, DESK, Mode.ACTIVE, "test", NOW))
    opened.write(see_the_exchange)
    opened.brake(DESK).follow_row()
    return opened
