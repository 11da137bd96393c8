"""Room that is kept back on the disk: a disk that others have filled still takes the brake's record."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from store.home import Home
from store.reserve import SIZE_BYTES, give_up_reserve, keep_reserve

ON_A_DISK_THAT_FILLS = """
import errno, os, subprocess, sys
from pathlib import Path
from core.modes import Mode
from store.control import set_mode
from store.reserve import keep_reserve
from store.store import open_store
from store.control import begin_desk
from tests.store.desk import DESK, NOW
home = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs", str(home)], check=True)
store = open_store(home, NOW)
store.write(lambda tx: begin_desk(tx, store.log, DESK, Mode.ACTIVE, "test", NOW))
brake = store.brake(DESK)
assert keep_reserve(store.home)
if sys.argv[2] == "none":
    store.home.reserve.unlink()
with open(home / "somebody else's", "wb", 0) as hog:
    try:
        while True:
            hog.write(b"x" * 4096)
    except OSError as full:
        assert full.errno == errno.ENOSPC
def change(tx):
    return set_mode(tx, store.log, DESK, Mode.HELD, reason="r" * 100_000, actor="alice", now=NOW)
applied = brake.tighten(Mode.HELD, change)
print(applied.mode.name, applied.recorded, store.home.kill_file.exists(), store.home.reserve.exists())
"""


def test_the_reserve_is_whole_for_its_owner_and_kept_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert keep_reserve(home)
    assert home.reserve.stat().st_size == SIZE_BYTES
    assert home.reserve.stat().st_blocks * 512 >= SIZE_BYTES
    assert home.reserve.stat().st_mode & 0o077 == 0
    before = home.reserve.stat().st_ino
    assert keep_reserve(home)
    assert home.reserve.stat().st_ino == before


def test_it_is_given_up_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not give_up_reserve(home)
    keep_reserve(home)
    assert give_up_reserve(home)
    assert not give_up_reserve(home)


@pytest.mark.parametrize(
    ("reserve", "answer"),
    [("kept", "HELD True False False"), ("none", "HELD False True False")],
)
def test_a_tightening_on_a_full_disk_is_recorded_from_the_reserve(
    tmp_path: Path, reserve: str, answer: str
) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("a small file system of our own needs unshare")
    home = tmp_path / "home"
    home.mkdir(0o700)
    said = subprocess.run(
        ["unshare", "-Urm", sys.executable, "-c", ON_A_DISK_THAT_FILLS, str(home), reserve],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "Operation not permitted" in said.stderr:
        pytest.skip("this machine lets nobody mount a small file system")
    assert said.stdout.strip() == answer, said.stderr
