"""--kill-switch and --shutdown-graceful: asked for at once, then waited for until it is proved."""

import sys
import time
from collections.abc import Callable
from datetime import datetime

from bot.answer import FAILED, OK
from bot.picture import read_picture
from bot.words import signed
from core.flatten import Job, JobState
from core.orders import Kind
from core.people import Actor
from store import commands
from store.decisions import kill_now
from store.flattening import open_job, read_job
from store.lock import running_pid
from store.store import Store
from store.wakeups import nudge

LOOK_S = 0.2

Clock = Callable[[], datetime]


def kill_switch(
    store: Store,
    desk: str,
    actor: Actor,
    reason: str,
    id: str,
    clock: Clock,
    *,
    keep_positions: bool,
    timeout_s: float,
) -> int:
    """Both phases on one voice. 0 only when the proof is there; else 1, with what is left."""
    why = reason or "kill switch"
    applied = kill_now(store, desk, actor, why, id, clock(), keep_positions=keep_positions)
    if not applied.recorded:
        _say(f"{desk}: HELD by page and KILL file, RECORD PENDING: the store cannot be written")
        return FAILED
    _say(f"{desk}: KILLED, epoch {applied.epoch}, {applied.in_flight} requests were in flight")
    if running_pid(store.home.single("guard", desk)) is None:
        _say(
            "NO TRADER RUNS: nothing can be cancelled or closed from here. Start it "
            "(perps-bot --profile PROFILE) and it goes on with this, or use the exchange's own screen."
        )
    deadline = time.monotonic() + timeout_s
    if keep_positions:
        return _wait_for_entries(store, desk, clock, deadline)
    return _wait_for_flat(store, desk, id, clock, deadline)


def _wait_for_flat(store: Store, desk: str, id: str, clock: Clock, deadline: float) -> int:
    told: set[str] = set()
    while time.monotonic() < deadline:
        job = store.read(lambda c: read_job(c, id) or open_job(c, desk))
        if job is None:
            _say("nothing to close: the desk was KILLED and flat before")
            return _nothing_left(store, desk, clock)
        for leg in job.legs:
            line = f"  {leg.product_id}: {leg.state} {leg.detail}".rstrip()
            if line not in told:
                told.add(line)
                _say(line)
        if not job.open:
            return _ended(store, desk, job, clock)
        time.sleep(LOOK_S)
    _say("NOT VERIFIED in time; the flatten goes on. Still open:")
    _nothing_left(store, desk, clock)
    return FAILED


def _ended(store: Store, desk: str, job: Job, clock: Clock) -> int:
    _say(f"{desk}: {job.state.name}: {job.outcome}")
    if job.state is JobState.FLAT_VERIFIED:
        return OK
    _nothing_left(store, desk, clock)
    return FAILED


def _wait_for_entries(store: Store, desk: str, clock: Clock, deadline: float) -> int:
    while time.monotonic() < deadline:
        picture = read_picture(store, desk, clock())
        left = [o for o in picture.live if o.spec.kind in (Kind.ENTRY, Kind.EXIT)]
        if not left and picture.unknown is None:
            _say(f"{desk}: no working entries; {len(picture.positions)} positions kept, stops stay")
            return OK
        time.sleep(LOOK_S)
    _say("NOT VERIFIED in time: working entries may be left; look at `perps-bot orders`")
    return FAILED


def _nothing_left(store: Store, desk: str, clock: Clock) -> int:
    """Print what is open; 0 when it is known that nothing is."""
    picture = read_picture(store, desk, clock())
    if picture.unknown:
        _say(f"  positions are UNKNOWN: {picture.unknown}")
    for held in picture.positions:
        gain = held.unrealised_usd
        shown = "UNKNOWN" if gain is None else signed(gain)
        _say(f"  {held.position.product_id}: {held.there:+d} contracts, unrealised {shown}")
    return FAILED if picture.positions or picture.unknown else OK


def shutdown(store: Store, desk: str, actor: Actor, id: str, clock: Clock, timeout_s: float) -> int:
    """Ask the trader to drain and wait until it is gone. Positions and their stops stay."""
    guard = store.home.single("guard", desk)
    loop = store.home.single("loop", desk)
    if running_pid(guard) is None and running_pid(loop) is None:
        _say(f"{desk}: no trader runs; nothing to stop")
        return OK
    store.write(
        lambda tx: commands.record(
            tx, id=id, desk=desk, verb="shutdown", body={}, actor=actor.name, now=clock()
        )
    )
    nudge(store.home.socket("loop", desk))
    _say(f"{desk}: stopping; entries are cancelled, positions and their stops stay")
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if running_pid(guard) is None and running_pid(loop) is None:
            picture = read_picture(store, desk, clock())
            _say(f"{desk}: stopped, {len(picture.positions)} positions kept")
            return OK
        time.sleep(LOOK_S)
    _say(f"{desk}: NOT STOPPED in {timeout_s:.0f} s; look at `perps-bot health`")
    return FAILED


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
