"""Carries out what two people agreed on: what is looser only after preflight and a clean look."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from core.books import Books
from core.modes import Mode, Rule
from core.requests import Action, Request, RequestState
from store.agreed import raise_agreed
from store.control import read_constraints, release, set_mode
from store.flattening import open_job
from store.kills import flatten_unconfirmed
from store.own_cash import accept_cash, reset_high_water
from store.requests import drifted_since, finish, lapse_due, open_requests, unreviewed
from store.store import Transaction
from trader.accepting import Accepting
from trader.desk import Desk
from trader.lanes import Lane
from trader.preflight import Facts, Finding, findings, gather
from trader.sync import Sync
from trader.watch import snapshot

TRIES_MAX = 3
AGAIN_AFTER = timedelta(seconds=1)
"""What could not be read is asked again: a busy moment of the exchange is no reason not to resume."""


LOOSENING = {Action.RESUME: "NOT RESUMED", Action.LIMITS: "NOT RAISED"}
"""What needs preflight and a clean look, beside two people; and what is said where these fail."""


class Resume:
    """Lapses what is overdue, and takes up what is confirmed."""

    def __init__(self, desk: Desk, sync: Sync) -> None:
        self._desk = desk
        self._sync = sync
        self._accepting = Accepting(desk, sync)
        self._ready: dict[str, datetime] = {}
        self._tries: dict[str, int] = {}
        self._again_at: datetime | None = None

    def tick(self, now: datetime) -> None:
        waiting = self._desk.read(lambda c: open_requests(c, self._desk.name))
        if not waiting:
            return
        flatten_unconfirmed(self._desk.store, self._desk.name, now)
        self._desk.write(lambda tx: lapse_due(tx, self._desk.store.log, self._desk.name, now))
        for request in waiting:
            confirmed = request.state is RequestState.CONFIRMED
            if request.action in LOOSENING and confirmed:
                self._take_up(request, now)
            elif request.action is Action.ACCEPT and confirmed:
                self._accepting.take_up(request, request.body["figures"], now)

    def _take_up(self, request: Request, now: datetime) -> None:
        job = self._desk.read(lambda c: open_job(c, self._desk.name))
        if job is not None and not job.product_ids:
            says = [
                f"{leg.product_id} is {leg.state}: {leg.detail}" for leg in job.legs if leg.detail
            ]
            self._fail(request, f"a flatten is still open: {'; '.join(says) or job.state}", now)
            return
        if request.id not in self._ready:
            if self._again_at is not None and now < self._again_at:
                return
            self._desk.calls.start(
                f"preflight:{request.id}",
                Lane.READ,
                lambda: gather(self._desk.exchange, self._desk.store.home.root),
                lambda future, later: self._judge(request, future, later),
            )
            return
        looked_at = self._sync.looked_at
        if looked_at is None or looked_at <= self._ready[request.id]:
            self._sync.want()
            return
        if not self._sync.clean:
            why = self._sync.error or "; ".join(
                [*map(str, self._sync.differences), *self._sync.foreign]
            )
            self._fail(request, f"not reconciled: {why or 'positions do not agree yet'}", now)
            return
        changed = self._desk.read(lambda c: self._changed(c, request, now))
        if changed:
            self._fail(request, f"the desk has changed since: {'; '.join(changed)}", now)
            return
        if request.action is Action.LIMITS:
            self._raise_limits(request, now)
        else:
            self._loosen(request, now)

    def _changed(self, c: Transaction, request: Request, now: datetime) -> list[str]:
        """What two people did not see when they agreed."""
        resumes = request.action is Action.RESUME
        killed_again = resumes and unreviewed(c, self._desk.name)
        says = ["somebody killed on one voice"] if killed_again else []
        return [*says, *drifted_since(c, request, now)]

    def _judge(self, request: Request, future: "Future[Facts]", now: datetime) -> None:
        facts = future.result()
        tried = self._tries.get(request.id, 0) + 1
        if facts.unread and tried < TRIES_MAX:
            self._tries[request.id], self._again_at = tried, now + AGAIN_AFTER
            return
        failed = [f for f in findings(facts, self._desk.limits) if not f.ok]
        if failed:
            self._fail(request, _told(failed), now)
        else:
            self._ready[request.id] = now
            self._sync.want()

    def _fail(self, request: Request, why: str, now: datetime) -> None:
        log, says = self._desk.store.log, f"{LOOSENING[request.action]}: {why}"
        self._desk.write(lambda tx: finish(tx, log, request, RequestState.FAILED, says, now))

    def _raise_limits(self, request: Request, now: datetime) -> None:
        log = self._desk.store.log
        self._desk.write(lambda tx: raise_agreed(tx, log, request, now))

    def _loosen(self, request: Request, now: datetime) -> None:
        """Mode, latches and the request's end in one commit; then the KILL file; the page comes last."""

        def change(tx: Transaction) -> None:
            log, desk = self._desk.store.log, self._desk.name
            by = f"{request.requester} and {request.decided_by}"
            set_mode(tx, log, desk, Mode.ACTIVE, reason=request.reason, actor=by, now=now)
            for constraint in read_constraints(tx, desk):
                if constraint.latches:
                    self._go_on_from_here(tx, constraint.rule, by, now)
                    release(tx, log, desk, constraint.rule, actor=by, now=now)
            finish(tx, log, request, RequestState.EXECUTED, "the desk is ACTIVE", now)
            self._desk.store.home.kill_file.unlink(missing_ok=True)

        self._desk.store.brake(self._desk.name).loosen(change)

    def _go_on_from_here(self, tx: Transaction, rule: Rule, by: str, now: datetime) -> None:
        """What two people accept is accepted on record; else the same rule would hold again at once."""
        log, desk, cash = self._desk.store.log, self._desk.name, self._sync.cash
        if rule is Rule.CASH_OFF and cash is not None:
            accept_cash(tx, log, desk, cash.theirs_usd, by, now)
            self._sync.cash = None
        elif rule is Rule.DRAWDOWN:
            books = snapshot(tx, desk, now)
            if isinstance(books, Books):
                reset_high_water(tx, log, desk, books, by, now)


def _told(failed: list[Finding]) -> str:
    return "; ".join(f"{finding.name}: {finding.says}" for finding in failed)
