"""Whether anything was committed to the store since one last asked: for who looks many times a second."""

from pathlib import Path
from typing import Any

from store import sqlite


class Changes:
    """Asks SQLite for its counter of other connections' commits, which costs microseconds."""

    def __init__(self, database: Path) -> None:
        self._connection: Any = sqlite.LIBRARY.connect(database, isolation_level=None, timeout=0)
        self._seen: int | None = None

    def any(self) -> bool:
        """True the first time, after every commit of any process, and when it cannot be told."""
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite.Error:
            return True
        before, self._seen = self._seen, version
        return bool(self._seen != before)

    def close(self) -> None:
        self._connection.close()
