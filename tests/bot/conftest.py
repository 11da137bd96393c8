"""A terminal for each test; `trading` has a desk beside it that holds a position."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.orders import Kind
from tests.bot.shell import Shell
from tests.bot.terminal import Terminal

MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where there is such a place: a disk's every fsync would be most of a test's time."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


@pytest.fixture
def trading(terminal: Terminal) -> Terminal:
    """Four contracts long, three of them protected by a resting stop."""
    terminal.begin()
    terminal.trade(contracts=4)
    terminal.order("stop-1", Kind.STOP, 3)
    return terminal


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """The program itself, where no home is named and none lies around."""
    monkeypatch.delenv("PERPS_HOME", raising=False)
    monkeypatch.delenv("PERPS_DESK", raising=False)
    monkeypatch.chdir(tmp_path)
    made = Shell(tmp_path / "home", capsys)
    yield made
    made.close()


@pytest.fixture
def desk(shell: Shell) -> Shell:
    """A desk that trades: one position with its stop, one with none."""
    shell.begin()
    shell.trade_both()
    return shell
