"""The home of a desk on disk: where everything lies, who may read it, and what it may lie on."""

import os
import re
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

_REFUSED_FILE_SYSTEMS = (
    *("nfs", "cifs", "smb", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"),
    *("9p", "virtiofs", "fuse", "vboxsf", "prl_fs"),
)
_HARMLESS = {"sandbox", "escalation.yaml", "KILL"}
"""What may lie in a directory that becomes a home; any other directory is not ours to close."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


class HomeRefused(Exception):
    """The home cannot be used as it is; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one home directory. Files are 0600, directories 0700."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "perps.db"

    @property
    def kill_file(self) -> Path:
        return self.root / "KILL"

    @property
    def kept_people(self) -> Path:
        """The last usable escalation.yaml that alerts went by."""
        return self.root / "escalation.kept.yaml"

    @property
    def reserve(self) -> Path:
        """Room on the disk that only the brake gives up."""
        return self.root / "reserve"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def turnstile(self) -> Path:
        """The file whose lock lets a brake go before every other writer."""
        return self.root / "turnstile.lock"

    def page(self, desk: str) -> Path:
        return self.root / f"{desk}.page"

    def lock(self, desk: str) -> Path:
        return self.root / f"{desk}.lock"

    def single(self, process: str, desk: str) -> Path:
        """The file whose lock says that this process runs, with its pid inside."""
        return self.run / f"{desk}.{process}.pid"

    @property
    def bot_single(self) -> Path:
        """As `single`, of the bot: one serves every desk of the home."""
        return self.run / "bot.pid"

    @property
    def alerts_single(self) -> Path:
        """As `single`, of the alerts process: one for every desk of the home."""
        return self.run / "alerts.pid"

    @property
    def alerts_socket(self) -> Path:
        """Where the alerts process is told that there is something to settle."""
        return self.run / "alerts.sock"

    def socket(self, process: str, desk: str) -> Path:
        return self.run / f"{desk}.{process}.sock"


def open_home(root: Path) -> Home:
    """Make the home, or check it. Raises HomeRefused for a loose mode or an unsafe file system."""
    os.umask(0o077)
    home = Home(root.absolute())
    if home.root.is_dir() and {entry.name for entry in home.root.iterdir()} <= _HARMLESS:
        home.root.chmod(0o700)  # nothing that matters has been readable in it yet
    for directory in (home.root, home.run, home.secrets, home.logs):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_loose(directory)
    for file in (home.database, *home.secrets.iterdir()):
        if file.exists():
            _refuse_loose(file)
    _refuse_unsafe_file_system(home.root, Path("/proc/self/mountinfo").read_text())
    return home


def _refuse_loose(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise HomeRefused(
            f"{path} is readable by others (mode {mode:04o}). Run: chmod go-rwx {path}"
        )


def _refuse_unsafe_file_system(root: Path, mountinfo: str) -> None:
    kind = file_system_of(root.resolve(), mountinfo)
    if kind.startswith(_REFUSED_FILE_SYSTEMS):
        raise HomeRefused(
            f"{root} lies on a {kind} file system, on which two processes can corrupt a database "
            "without noticing. Use --home on a local disk (ext4, xfs, btrfs)."
        )


def file_system_of(path: Path, mountinfo: str) -> str:
    """The type of the file system that holds a path, from the text of /proc/self/mountinfo."""
    best, kind = "", "unknown"
    for line in mountinfo.splitlines():
        fields = line.split()
        mount_point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[4])
        inside = path.is_relative_to(mount_point)
        if inside and len(mount_point) >= len(best):
            best, kind = mount_point, fields[fields.index("-") + 1]
    return kind


def write_once(path: Path, content: bytes) -> bool:
    """Make a file that is whole from its first moment; False when it exists already."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    return True
