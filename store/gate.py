"""The sender's side of the gate: read page and row under the shared lock, ask, and only then write."""

import threading
from collections.abc import Callable
from typing import Any

from core.gate import ApprovedOrder, Intent, Page, Refused, Row, admit
from core.modes import Mode
from store import sqlite
from store.home import Home
from store.lock import GateLock
from store.page import GatePage, PageUnreadable


class SendGate:
    """One desk's gate for the senders of one start of the trader. Safe to use from several threads."""

    def __init__(self, home: Home, desk: str, boot: int, monotonic_ns: Callable[[], int]) -> None:
        self._home = home
        self._desk = desk
        self._boot = boot
        self._monotonic_ns = monotonic_ns
        self._page = GatePage(home.page(desk))
        self._lock = GateLock(home.lock(desk))
        self._local = threading.local()

    def pass_through(
        self, intent: Intent, write: Callable[[ApprovedOrder], None]
    ) -> ApprovedOrder | Refused:
        """Ask the gate and, admitted, call `write` before anyone who tightens can be acknowledged."""
        early = self._ask(intent)
        if isinstance(early, Refused):
            return early  # without touching the lock: senders in a row could keep a barrier off
        with self._lock.shared():
            verdict = self._ask(intent)
            if isinstance(verdict, ApprovedOrder):
                write(verdict)
        return verdict

    def _ask(self, intent: Intent) -> ApprovedOrder | Refused:
        return admit(
            self._read_page(),
            self._read_row(),
            intent,
            kill_file=self._home.kill_file.exists(),
            boot=self._boot,
            now_ns=self._monotonic_ns(),
        )

    def _read_page(self) -> Page | None:
        try:
            return self._page.read()
        except PageUnreadable:
            return None

    def _read_row(self) -> Row | None:
        """Any error of the database closes the gate. Raw, and a connection per thread: 4 µs, not 100."""
        try:
            found = (
                self._connection()
                .execute("SELECT effective, epoch FROM control WHERE desk = ?", (self._desk,))
                .fetchone()
            )
            return Row(Mode(found[0]), found[1]) if found else None
        except (sqlite.Error, ValueError):
            return None

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite.LIBRARY.connect(
                self._home.database, isolation_level=None, timeout=0
            )
            self._local.connection = connection
        return connection
