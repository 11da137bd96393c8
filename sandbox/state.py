"""A server's one SQLite file: what a second run on the same home remembers."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class State:
    """Named things of a kind, as JSON. Writes are gathered and reach the file in ``commit``."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # One process owns the file; the operating system keeps written pages when it is killed.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS things (kind TEXT, key TEXT, text TEXT NOT NULL,"
            " PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        self._pending: dict[tuple[str, str], str | None] = {}

    def put(self, kind: str, key: str, value: Any) -> None:
        self._pending[kind, key] = json.dumps(value, separators=(",", ":"))

    def drop(self, kind: str, key: str) -> None:
        self._pending[kind, key] = None

    def commit(self) -> None:
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        kept = [(*name, text) for name, text in pending.items() if text is not None]
        gone = [name for name, text in pending.items() if text is None]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", kept)
        self._db.executemany("DELETE FROM things WHERE kind = ? AND key = ?", gone)
        self._db.execute("COMMIT")

    def all(self, kind: str) -> Iterator[tuple[str, Any]]:
        """In the order of their keys."""
        rows = self._db.execute("SELECT key, text FROM things WHERE kind = ? ORDER BY key", (kind,))
        for key, text in rows.fetchall():
            yield key, json.loads(text)

    def get(self, kind: str, key: str) -> Any:
        """None when there is no such thing."""
        row = self._db.execute(
            "SELECT text FROM things WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def close(self) -> None:
        self.commit()
        self._db.close()
