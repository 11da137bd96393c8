"""The exchange's one SQLite file: what a second run on the same home remembers."""

import json
import sqlite3
from pathlib import Path
from typing import Any

_TABLES = (
    "CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, seq INTEGER, text TEXT)",
    "CREATE TABLE IF NOT EXISTS fills (entry_id TEXT PRIMARY KEY, seq INTEGER, text TEXT)",
    "CREATE TABLE IF NOT EXISTS funding (seq INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS transactions (seq INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS minutes (product_id TEXT, start INTEGER, text TEXT,"
    " PRIMARY KEY (product_id, start)) WITHOUT ROWID",
)


class State:
    """Writes are gathered and reach the file together in ``commit``."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # One process owns the file; the operating system keeps written pages when it is killed.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        for statement in _TABLES:
            self._db.execute(statement)
        self._memory: dict[str, str] = {}
        self._orders: dict[str, tuple[int, str]] = {}
        self._fills: list[tuple[str, int, str]] = []
        self._funding: list[tuple[int, str]] = []
        self._transactions: list[tuple[int, str]] = []
        self._minutes: list[tuple[str, int, str]] = []

    def put(self, key: str, value: Any) -> None:
        self._memory[key] = json.dumps(value)

    def put_order(self, order_id: str, seq: int, text: str) -> None:
        self._orders[order_id] = (seq, text)

    def put_fill(self, entry_id: str, seq: int, text: str) -> None:
        self._fills.append((entry_id, seq, text))

    def put_funding(self, seq: int, payment: dict[str, Any]) -> None:
        self._funding.append((seq, json.dumps(payment)))

    def put_transaction(self, seq: int, entry: dict[str, Any]) -> None:
        self._transactions.append((seq, json.dumps(entry)))

    def put_minute(self, product_id: str, start: int, row: list[Any]) -> None:
        self._minutes.append((product_id, start, json.dumps(row)))

    def commit(self) -> None:
        orders = [(order_id, seq, text) for order_id, (seq, text) in self._orders.items()]
        batches: tuple[tuple[str, list[Any]], ...] = (
            ("INSERT OR REPLACE INTO memory VALUES (?, ?)", list(self._memory.items())),
            ("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", orders),
            ("INSERT INTO fills VALUES (?, ?, ?)", self._fills),
            ("INSERT INTO funding VALUES (?, ?)", self._funding),
            ("INSERT INTO transactions VALUES (?, ?)", self._transactions),
            ("INSERT OR REPLACE INTO minutes VALUES (?, ?, ?)", self._minutes),
        )
        if not any(rows for _, rows in batches):
            return
        self._db.execute("BEGIN IMMEDIATE")
        for statement, rows in batches:
            if rows:
                self._db.executemany(statement, rows)
        self._db.execute("COMMIT")
        self._memory.clear()
        self._orders.clear()
        for written in (self._fills, self._funding, self._transactions, self._minutes):
            written.clear()

    def get(self, key: str) -> Any:
        """None when nothing was put under the key."""
        row = self._db.execute("SELECT text FROM memory WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def orders(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT text FROM orders ORDER BY seq")]

    def fills(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT text FROM fills ORDER BY seq")]

    def funding(self) -> list[dict[str, Any]]:
        rows = self._db.execute("SELECT text FROM funding ORDER BY seq")
        return [json.loads(row[0]) for row in rows]

    def transactions(self) -> list[dict[str, Any]]:
        rows = self._db.execute("SELECT text FROM transactions ORDER BY seq")
        return [json.loads(row[0]) for row in rows]

    def minutes(self, product_id: str, from_start: int) -> list[list[Any]]:
        rows = self._db.execute(
            "SELECT text FROM minutes WHERE product_id = ? AND start >= ? ORDER BY start",
            (product_id, from_start),
        )
        return [json.loads(row[0]) for row in rows]

    def close(self) -> None:
        self.commit()
        self._db.close()
