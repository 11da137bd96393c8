"""Figures that nobody reports because something is missing or slow: how long, how many, how full."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.modes import Rule
from core.orders import OrderState
from store.control import desks, read_constraints
from store.heartbeats import STOPPED, read_heartbeats
from store.home import Home
from store.orders import orders_between
from store.store import Transaction

WATCHED = {"loop": "the trader", "guard": "the guard", "bot": "the bot"}
DRAINS = frozenset({"loop", "guard"})
"""They end by themselves once the desk has drained."""
ORDERS_OVER = timedelta(minutes=10)
ORDERS_MIN = 5
"""Of fewer orders a share says little."""
FAILED = frozenset({OrderState.FAILED, OrderState.REJECTED})


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a rule. None where it is not known."""

    desk: str
    rule: str
    symbol: str
    value: Decimal | None
    text: str


def figures(c: Transaction, home: Home, started_at: datetime, now: datetime) -> Iterator[Figure]:
    """Of every desk. `started_at` is our own start: nobody is silent for longer than we listen."""
    full = _disk(home)
    for desk in desks(c):
        yield from _silences(c, desk, started_at, now)
        yield _orders(c, desk, now)
        yield Figure(desk, "disk_full", "", full, f"the disk of the home is {full} % full")


def _silences(c: Transaction, desk: str, started_at: datetime, now: datetime) -> Iterator[Figure]:
    draining = any(one.rule is Rule.DRAINING for one in read_constraints(c, desk))
    for beat in read_heartbeats(c, desk):
        who = WATCHED.get(beat.process)
        if who is None:
            continue
        stopped = beat.detail == STOPPED or (draining and beat.process in DRAINS)
        since = max(beat.at, started_at)
        silent_s = Decimal(0) if stopped else Decimal(max(0, (now - since) // timedelta(seconds=1)))
        text = f"{who} has not been heard of since {beat.at:%H:%M:%S} UTC (pid {beat.pid})"
        yield Figure(desk, "process_silent", beat.process, silent_s, text)


def _orders(c: Transaction, desk: str, now: datetime) -> Figure:
    sent = orders_between(c, desk, now - ORDERS_OVER, now)
    failed = sum(order.state in FAILED for order in sent)
    share = Decimal(100 * failed) / len(sent) if len(sent) >= ORDERS_MIN else Decimal(0)
    text = f"{failed} of {len(sent)} orders failed within {ORDERS_OVER // timedelta(minutes=1)} min"
    return Figure(desk, "order_errors", "", share, text)


def _disk(home: Home) -> Decimal:
    usage = shutil.disk_usage(home.root)
    return (Decimal(100) * usage.used / usage.total).quantize(Decimal("0.1"))
