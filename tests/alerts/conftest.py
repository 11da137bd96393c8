"""A night for each story; homes lie in memory, where a disk's every fsync would be most of the time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.night import Night
from tests.bot.conftest import tmp_path as tmp_path


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    found = Night(tmp_path / "home")
    yield found
    found.close()
