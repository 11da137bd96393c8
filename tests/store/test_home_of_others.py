"""A directory that is not ours is not made ours: bad input changes nothing."""

import stat
from pathlib import Path

import pytest

from store.home import HomeRefused, open_home


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """Somebody else's directory, with something of theirs in it, that others may read."""
    directory = tmp_path / "shared"
    directory.mkdir()
    (directory / "theirs").write_text("theirs")
    directory.chmod(0o755)
    return directory


def test_a_mistyped_home_does_not_close_a_directory_to_its_other_users(others: Path) -> None:
    """`--home /tmp`, typed by root, would lock everybody else out of /tmp."""
    with pytest.raises(HomeRefused):
        open_home(others)
    assert mode_of(others) == 0o755
    assert [path.name for path in others.iterdir()] == ["theirs"]


def test_an_empty_directory_that_was_made_for_us_becomes_ours(tmp_path: Path) -> None:
    """As a mounted volume is, on its first day."""
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume").chmod(0o755)
    home = open_home(tmp_path / "volume")
    assert mode_of(home.root) == 0o700
