"""A home is readable by its owner only, and lies where two processes can share a database."""

import os
import stat
from pathlib import Path

import pytest

from store.home import Home, HomeRefused, _refuse_unsafe_file_system, file_system_of, open_home
from store.store import open_store
from tests.store.desk import DESK, NOW

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw,nosuid shared:5 - proc proc rw
41 22 0:35 / /mnt/share rw,relatime shared:7 master:2 - nfs4 server:/export rw,vers=4.2
42 41 254:1 / /mnt/share/local rw,relatime - xfs /dev/vdb rw
43 22 0:36 / /mnt/my\040cloud rw,relatime - fuse.sshfs me@host:/ rw
44 22 0:37 / /srv rw - ext4 /dev/vdc rw
45 44 0:38 / /srv rw - cifs //server/share rw
46 22 0:39 / /mnt/share2 rw - btrfs /dev/vdd rw
""".strip()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a store in it."""
    open_store(tmp_path / "home", NOW).close()
    return Home(tmp_path / "home")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/desk", "ext4"),
        ("/", "ext4"),
        ("/proc/self", "proc"),
        ("/mnt/share/desk", "nfs4"),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/local/desk", "xfs"),
        ("/mnt/share2/desk", "btrfs"),
        ("/mnt/my cloud/desk", "fuse.sshfs"),
        ("/mnt/my", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_innermost_mount(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


def test_of_two_mounts_on_one_place_the_later_counts() -> None:
    assert file_system_of(Path("/srv/desk"), MOUNTS) == "cifs"


def test_without_any_mount_the_file_system_is_unknown() -> None:
    assert file_system_of(Path("/home"), "") == "unknown"


@pytest.mark.parametrize("path", ["/mnt/a\tb", "/mnt/a\nb", "/mnt/a\\b"])
def test_every_sign_that_mountinfo_escapes_is_understood(path: str) -> None:
    escaped = "".join(f"\\{ord(c):03o}" if c in "\t\n\\" else c for c in path)
    mounts = f"{MOUNTS}\n50 22 0:40 / {escaped} rw - nfs4 server:/export rw"
    assert file_system_of(Path(path), mounts) == "nfs4"


def mounted(tmp_path: Path, kind: str) -> str:
    return f"1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 0:1 / {tmp_path} rw - {kind} source rw"


@pytest.mark.parametrize(
    "kind",
    ["nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "fuseblk", "ceph", "glusterfs"],
)
def test_a_home_on_a_network_or_virtual_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(HomeRefused, match=f"a {kind} file system.*--home"):
        _refuse_unsafe_file_system(tmp_path, mounted(tmp_path, kind))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs"])
def test_a_home_on_a_local_file_system_is_accepted(tmp_path: Path, kind: str) -> None:
    _refuse_unsafe_file_system(tmp_path, mounted(tmp_path, kind))


def test_a_home_that_is_a_link_to_a_network_share_is_refused(tmp_path: Path) -> None:
    share, link = tmp_path / "share", tmp_path / "link"
    share.mkdir()
    link.symlink_to(share)
    with pytest.raises(HomeRefused, match="nfs"):
        _refuse_unsafe_file_system(link, mounted(share, "nfs"))


def test_a_new_home_is_readable_by_its_owner_only(home: Home) -> None:
    for directory in (home.root, home.run, home.secrets, home.logs):
        assert mode_of(directory) == 0o700, directory
    for file in (home.database, home.secrets / "event.key"):
        assert mode_of(file) == 0o600, file


def test_a_directory_without_a_database_is_made_0700(tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir()
    root.chmod(0o755)
    open_home(root)
    assert mode_of(root) == 0o700


def test_a_home_whose_database_others_could_have_reached_is_refused(home: Home) -> None:
    home.root.chmod(0o755)
    with pytest.raises(HomeRefused, match=f"{home.root} is readable by others.*0755"):
        open_home(home.root)
    assert mode_of(home.root) == 0o755, "it was mended without anybody being told"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
@pytest.mark.parametrize("file", ["perps.db", "secrets/event.key"])
def test_a_file_that_others_may_touch_is_refused_with_the_command_that_mends_it(
    home: Home, file: str, mode: int
) -> None:
    loose = home.root / file
    loose.chmod(mode)
    with pytest.raises(HomeRefused, match=f"chmod go-rwx {loose}"):
        open_home(home.root)


@pytest.mark.parametrize("directory", ["run", "secrets", "logs"])
def test_a_loose_directory_in_the_home_is_refused(home: Home, directory: str) -> None:
    (home.root / directory).chmod(0o750)
    with pytest.raises(HomeRefused, match=directory):
        open_home(home.root)


def test_doing_what_the_refusal_says_opens_the_home(home: Home) -> None:
    home.database.chmod(0o644)
    with pytest.raises(HomeRefused):
        open_home(home.root)
    home.database.chmod(mode_of(home.database) & ~0o077)
    assert open_home(home.root) == home


def test_whatever_is_made_in_a_home_later_is_for_its_owner_only(home: Home) -> None:
    os.umask(0o022)
    open_home(home.root)
    made = home.root / f"{DESK}.note"
    made.write_text("made later")
    assert mode_of(made) == 0o600


def test_a_home_is_known_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_home(Path("here")).root == tmp_path / "here"
