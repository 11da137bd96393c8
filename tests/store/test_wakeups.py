"""Wake-ups are hints: heard by who listens, and nobody who sends one waits or fails."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.wakeups import FENCE, LOOK, Listener, nudge
from tests.store.child import child

LISTEN = """
import sys
from pathlib import Path
from store.wakeups import Listener
listener = Listener(Path(sys.argv[1]))
print("listening", flush=True)
print(sorted(listener.wait(20)), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.loop.sock"


@pytest.fixture
def listener(path: Path) -> Iterator[Listener]:
    opened = Listener(path)
    yield opened
    opened.close()


def test_a_nudge_to_nobody_says_so(path: Path) -> None:
    assert nudge(path) is False


def test_a_nudge_to_a_listener_is_heard(path: Path, listener: Listener) -> None:
    assert nudge(path) is True
    assert listener.wait(5) == {LOOK}


def test_hints_that_came_together_are_heard_together_and_once(
    path: Path, listener: Listener
) -> None:
    assert [nudge(path), nudge(path, FENCE), nudge(path)] == [True] * 3
    assert listener.wait(5) == {LOOK, FENCE}
    assert listener.wait(0) == set()


def test_a_nudge_wakes_another_process_at_once(path: Path) -> None:
    with child(LISTEN, path) as other:
        assert other.hears() == "listening"
        began = time.monotonic()
        assert nudge(path, FENCE)
        assert other.hears() == str([FENCE])
        assert time.monotonic() - began < 1


def test_without_a_nudge_waiting_ends_by_itself(listener: Listener) -> None:
    began = time.monotonic()
    assert listener.wait(0.05) == set()
    assert 0.05 <= time.monotonic() - began < 1


def test_a_nudge_to_a_process_that_was_killed_says_so(path: Path) -> None:
    with child(LISTEN, path) as other:
        assert other.hears() == "listening"
        other.kill()
        other.wait()
        assert path.exists(), "a killed process leaves its socket"
        assert nudge(path) is False


def test_a_nudge_never_waits_for_a_listener_that_does_not_listen(path: Path) -> None:
    with child(LISTEN, path) as other:
        assert other.hears() == "listening"
        other.pause()
        began = time.monotonic()
        outcomes = [nudge(path) for _ in range(2000)]
        assert time.monotonic() - began < 2
        assert outcomes[0] is True
        assert outcomes[-1] is False, "its queue was never full: this would prove nothing"


def test_the_next_start_listens_where_a_killed_one_did(path: Path) -> None:
    with child(LISTEN, path) as other:
        assert other.hears() == "listening"
        other.kill()
        other.wait()
    again = Listener(path)
    assert nudge(path)
    assert again.wait(5) == {LOOK}
    again.close()
    assert not path.exists()


def test_a_path_of_any_length_works(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 6)
    deep.mkdir(parents=True)
    path = deep / "main.loop.sock"
    assert len(str(path)) > 108
    assert nudge(path) is False
    listener = Listener(path)
    assert nudge(path) is True
    assert listener.wait(5) == {LOOK}
    listener.close()


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_nudge_to_something_else_of_that_name_says_so(path: Path, kind: str) -> None:
    path.touch() if kind == "file" else path.mkdir()
    assert nudge(path) is False


def test_a_nudge_into_a_directory_that_is_gone_says_so(tmp_path: Path) -> None:
    assert nudge(tmp_path / "gone" / "main.loop.sock") is False
