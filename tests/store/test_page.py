"""The gate's page: what was set is read by every process, and damage reads as closed, never as looser."""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.gate import Page
from core.modes import Mode
from store.page import GatePage, PageUnreadable
from tests.store.child import child

WORD_AT, CHECK_AT = 8, 16
EPOCHS = some.integers(0, 2**56 - 1)
WORDS = some.integers(0, 2**64 - 1)

SET_AND_WAIT = """
import sys
from pathlib import Path
from core.modes import Mode
from store.page import GatePage
page = GatePage(Path(sys.argv[1]))
page.set_mode(Mode.HELD, 7)
print("set", flush=True)
sys.stdin.readline()
page.set_mode(Mode.KILLED, 8)
page.begin_boot(5)
page.arm(5)
print("set", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.page"


@pytest.fixture
def page(path: Path) -> Iterator[GatePage]:
    opened = GatePage(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def one_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatePage]:
    opened = GatePage(tmp_path_factory.mktemp("page") / "main.page")
    yield opened
    opened.close()


def damage(path: Path, at: int, mask: int) -> None:
    """Flip bits of one byte of the file, as a stray write would."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as raw:
        raw[at] ^= mask


def mode_or_closed(page: GatePage) -> Mode | None:
    try:
        return page.read().mode
    except PageUnreadable:
        return None


def test_a_new_page_is_closed_and_nothing_is_armed(page: GatePage) -> None:
    assert page.read() == Page(None, False, 0, 0, 0, 0)


def test_a_new_page_is_for_its_owner_only(page: GatePage, path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


@given(some.sampled_from(Mode), EPOCHS, WORDS.filter(bool), WORDS, WORDS)
def test_what_was_set_is_read(
    one_page: GatePage, mode: Mode, epoch: int, boot: int, lease: int, beat: int
) -> None:
    one_page.begin_boot(boot)
    one_page.set_mode(mode, epoch)
    one_page.renew_lease(lease)
    one_page.beat(beat)
    assert one_page.read() == Page(mode, False, epoch, boot, lease, beat)
    one_page.arm(boot)
    assert one_page.read() == Page(mode, True, epoch, boot, lease, beat)


def test_a_page_outlives_its_process(path: Path) -> None:
    first = GatePage(path)
    first.set_mode(Mode.HELD, 3)
    first.close()
    again = GatePage(path)
    assert (again.read().mode, again.read().epoch) == (Mode.HELD, 3)
    again.close()


def test_what_one_process_sets_another_sees_at_once(page: GatePage, path: Path) -> None:
    with child(SET_AND_WAIT, path) as other:
        assert other.hears() == "set"
        assert page.read() == Page(Mode.HELD, False, 7, 0, 0, 0)
        other.tell("go on")
        assert other.hears() == "set"
        assert page.read() == Page(Mode.KILLED, True, 8, 5, 0, 0)


def test_opening_a_page_changes_nothing_on_it(page: GatePage, path: Path) -> None:
    page.begin_boot(5)
    page.set_mode(Mode.REDUCE_ONLY, 9)
    page.arm(5)
    before = page.read()
    GatePage(path).close()
    assert page.read() == before


@pytest.mark.parametrize("at", range(WORD_AT, CHECK_AT + 8))
@pytest.mark.parametrize("mask", [0x01, 0x02, 0x03, 0x80, 0xFF])
@pytest.mark.parametrize("mode", list(Mode))
def test_a_damaged_mode_word_reads_as_closed(
    page: GatePage, path: Path, mode: Mode, at: int, mask: int
) -> None:
    page.set_mode(mode, 0x0102_0304)
    damage(path, at, mask)
    with pytest.raises(PageUnreadable):
        page.read()


@pytest.mark.parametrize("at", range(8))
def test_a_page_that_is_not_one_reads_as_closed(page: GatePage, path: Path, at: int) -> None:
    page.set_mode(Mode.ACTIVE, 1)
    damage(path, at, 0xFF)
    with pytest.raises(PageUnreadable):
        page.read()


@settings(max_examples=300)
@given(some.sampled_from(Mode), EPOCHS, some.binary(min_size=16, max_size=16))
def test_words_written_over_by_anything_never_read_as_looser_by_chance(
    one_page: GatePage, mode: Mode, epoch: int, noise: bytes
) -> None:
    one_page.set_mode(mode, epoch)
    one_page._words[1], one_page._words[2] = struct.unpack("QQ", noise)
    assert mode_or_closed(one_page) in (None, mode)


@given(some.integers(0, 255).filter(lambda mode: mode not in set(Mode)), EPOCHS)
def test_a_mode_that_does_not_exist_reads_as_closed(
    one_page: GatePage, mode: int, epoch: int
) -> None:
    one_page._set_word(epoch << 8 | mode)
    assert one_page.read().mode is None


@pytest.mark.parametrize("size", [0, 1, 8, 12, 16, 23])
def test_a_page_that_was_cut_short_reads_as_closed(path: Path, size: int) -> None:
    whole = GatePage(path)
    whole.set_mode(Mode.ACTIVE, 1)
    whole.close()
    with path.open("r+b") as file:
        file.truncate(size)
    cut = GatePage(path)
    assert mode_or_closed(cut) is None
    cut.close()


def test_closing_the_gate_keeps_the_epoch(page: GatePage) -> None:
    page.set_mode(Mode.ACTIVE, 4)
    page.close_gate(epoch=4)
    assert (page.read().mode, page.read().epoch) == (None, 4)


def test_a_new_boot_is_not_armed_whatever_was_before(page: GatePage) -> None:
    page.begin_boot(5)
    page.arm(5)
    page.beat(100)
    page.begin_boot(6)
    assert page.read() == Page(None, False, 0, 6, 0, 0)


def test_arming_counts_only_for_the_same_boot(page: GatePage) -> None:
    page.begin_boot(6)
    page.arm(5)
    assert not page.read().armed
    page.arm(6)
    assert page.read().armed


def test_without_a_boot_nothing_is_armed(page: GatePage) -> None:
    page.arm(0)
    assert not page.read().armed


def test_disarming_closes_for_the_same_boot(page: GatePage) -> None:
    page.begin_boot(6)
    page.arm(6)
    page.disarm()
    assert not page.read().armed


def test_a_new_boot_leaves_the_mode_as_it_stands(page: GatePage) -> None:
    page.set_mode(Mode.HELD, 3)
    page.begin_boot(6)
    assert (page.read().mode, page.read().epoch) == (Mode.HELD, 3)


def test_a_page_that_is_set_anew_is_whole_again(page: GatePage, path: Path) -> None:
    damage(path, 0, 0xFF)
    page.set_mode(Mode.ACTIVE, 5)
    assert page.read().mode is Mode.ACTIVE
