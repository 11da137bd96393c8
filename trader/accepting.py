"""Carries out what two people accepted: a look begun after they agreed must still show what they saw."""

from datetime import datetime

from core.requests import Request, RequestState
from store.acceptance import Accepted, Figures, NotAcceptable
from store.requests import finish
from store.store import Transaction
from trader.desk import Desk
from trader.sync import Sync


class Accepting:
    """Trades nothing and changes no mode: it books."""

    def __init__(self, desk: Desk, sync: Sync) -> None:
        self._desk = desk
        self._sync = sync

    def take_up(self, request: Request, figures: Figures, now: datetime) -> None:
        agreed_at = request.decided_at
        looked_at = self._sync.looked_at
        seen_since = agreed_at is not None and looked_at is not None and looked_at > agreed_at
        if not seen_since or not self._sync.settled:
            self._sync.want()
            return
        try:
            self._desk.write(lambda tx: self._book(tx, request, figures, now))
        except NotAcceptable as why:
            told = f"NOT ACCEPTED, nothing was booked: {why}"
            self._finish(request, RequestState.FAILED, told, now)

    def _book(self, tx: Transaction, request: Request, figures: Figures, now: datetime) -> None:
        by = f"{request.requester} and {request.decided_by}"
        done = self._sync.accept(tx, figures, by, request.reason, now)
        log = self._desk.store.log
        finish(tx, log, request, RequestState.EXECUTED, _told(done), now)

    def _finish(self, request: Request, state: RequestState, told: str, now: datetime) -> None:
        log = self._desk.store.log
        self._desk.write(lambda tx: finish(tx, log, request, state, told, now))


def _told(done: list[Accepted]) -> str:
    return "accepted: " + "; ".join(one.says for one in done)
