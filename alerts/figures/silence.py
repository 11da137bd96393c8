"""Who has fallen silent."""

from collections.abc import Iterator
from decimal import Decimal

from alerts.figures.figure import AT_ONCE, Figure, Group, Look, seconds
from core.modes import Rule
from store.control import read_constraints
from store.heartbeats import STOPPED, read_heartbeats

WATCHED = {"loop": "the trader", "guard": "the guard", "bot": "the bot"}
DRAINS = frozenset({"loop", "guard"})
"""They end by themselves once the desk has drained."""


def _find(look: Look) -> Iterator[Figure]:
    draining = any(one.rule is Rule.DRAINING for one in read_constraints(look.c, look.desk))
    for beat in read_heartbeats(look.c, look.desk):
        who = WATCHED.get(beat.process)
        if who is None:
            continue
        stopped = beat.detail == STOPPED or (draining and beat.process in DRAINS)
        since = max(beat.at, look.started_at)
        silent_s = Decimal(0) if stopped else seconds(look.now - since)
        text = f"{who} has not been heard of since {beat.at:%H:%M:%S} UTC (pid {beat.pid})"
        yield Figure("process_silent", beat.process, silent_s, text)


SILENCE = Group(frozenset({"process_silent"}), AT_ONCE, _find)
