"""escalation.yaml as it stands now; a broken edit leaves the last good one in force."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from store.escalation.file import Escalation, load_escalation
from store.escalation.places import PeopleUnusable

log = logging.getLogger(__name__)

Load = Callable[[Path], Escalation]
"""Raises PeopleUnusable."""


class PeopleFile:
    """Raises PeopleUnusable only at the start, and only where `kept` has no usable file either."""

    def __init__(self, path: Path, load: Load = load_escalation, kept: Path | None = None) -> None:
        """`kept` has the last usable file: a start with a broken one goes on with that."""
        self._path = path
        self._load = load
        self._kept = kept
        self.trouble: str | None = None
        """What is wrong with the file as it stands, or None."""
        self._seen = _stamp(path)
        self._good = self._first()

    def read(self) -> Escalation:
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._good = self._loaded()
                self.trouble = None
            except PeopleUnusable as why:
                self.trouble = _stays(why)
        return self._good

    def _first(self) -> Escalation:
        try:
            return self._loaded()
        except PeopleUnusable as why:
            if self._kept is None or not self._kept.exists():
                raise
            self.trouble = _stays(why)
            return self._load(self._kept)

    def _loaded(self) -> Escalation:
        good = self._load(self._path)
        if self._kept is not None:
            _keep(self._path, self._kept)
        return good


def _keep(path: Path, kept: Path) -> None:
    """A full disk must not stop what is in order."""
    fresh = kept.with_name(f".{kept.name}")
    try:
        text = path.read_bytes()
        if not kept.exists() or kept.read_bytes() != text:
            fresh.touch(0o600)
            fresh.write_bytes(text)
            fresh.replace(kept)
    except OSError as why:
        log.warning("no copy of escalation.yaml is kept: %s", why)


def _stays(why: PeopleUnusable) -> str:
    return f"{why}. What it said before stays in force."


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
