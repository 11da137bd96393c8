"""escalation.yaml as it stands now; a broken edit leaves the last good one in force."""

import os
from collections.abc import Callable
from pathlib import Path

from store.escalation.file import Escalation, load_escalation
from store.escalation.places import PeopleUnusable

Load = Callable[[Path], Escalation]
"""Raises PeopleUnusable."""


class PeopleFile:
    """Raises PeopleUnusable only at the start."""

    def __init__(self, path: Path, load: Load = load_escalation) -> None:
        self._path = path
        self._load = load
        self._seen = _stamp(path)
        self._good = load(path)
        self.trouble: str | None = None
        """What is wrong with the file as it stands, or None."""

    def read(self) -> Escalation:
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._good = self._load(self._path)
                self.trouble = None
            except PeopleUnusable as why:
                self.trouble = f"{why}. What it said before stays in force."
        return self._good


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
