"""The trader before its monitors: served by a thread of the guard, so also while the loop is dead."""

from collections.abc import Callable
from datetime import datetime, timedelta

from core.modes import Rule
from store.control import read_constraints
from store.heartbeats import read_heartbeats
from store.monitor.desk import desk_gauges, gate_closed
from store.monitor.gauge import age_s, exposition
from store.monitor.server import MonitorServer, Shown
from store.store import Store, Transaction
from trader.settings import Settings

SILENT = timedelta(seconds=5)
VARIABLE = "PERPS_TRADER_METRICS_PORT"
AT_WORK = "armed"
"""What a loop says in its beat once it has reconciled."""


def serve_monitors(
    store: Store,
    settings: Settings,
    port: int,
    clock: Callable[[], datetime],
    now_ns: Callable[[], int],
) -> MonitorServer:
    """Raises PortTaken."""
    shown = Shown(
        lambda: exposition(desk_gauges(store, clock(), now_ns())),
        lambda: _trouble(store, settings.desk, clock(), now_ns()),
    )
    return MonitorServer(shown, settings.metrics_host, port, VARIABLE)


def _trouble(store: Store, desk: str, now: datetime, now_ns: int) -> str | None:
    """The page says within half a second what the heartbeats say later, and why more exactly."""
    found = store.read(lambda c: trouble(c, desk, now))
    closed = gate_closed(store.home, desk, now_ns)
    return found or (str(closed) if closed is not None else None)


def trouble(c: Transaction, desk: str, now: datetime) -> str | None:
    """Why this desk is not looked after, or None: both processes beat, and the exchange is read."""
    beats = {beat.process: beat for beat in read_heartbeats(c, desk)}
    for process in ("guard", "loop"):
        beat = beats.get(process)
        if beat is None:
            return f"the {process} has not beaten yet"
        if now - beat.at > SILENT:
            return f"the {process} has not beaten for {age_s(beat.at, now):.0f} s"
    if beats["loop"].detail != AT_WORK:
        return f"the loop is {beats['loop'].detail}"
    unread = [one for one in read_constraints(c, desk) if one.rule is Rule.READ_FAILED]
    return f"the exchange cannot be read: {unread[0].reason}" if unread else None
