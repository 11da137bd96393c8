"""One full cycle: reconcile, look at every product once, cancel what rests, say what happened."""

import sys
import time
from collections.abc import Callable
from datetime import datetime

from store.events import latest
from store.ledger import held, read_positions
from store.orders import latest_orders
from store.wakeups import Listener
from trader.desk import Desk
from trader.loop import Loop, Phase

READY_S = 30.0
REPLIES_S = 15.0
DRAIN_S = 15.0
TICK_S = 0.02


def run_once(loop: Loop, desk: Desk, listener: Listener, clock: Callable[[], datetime]) -> int:
    """0 when the cycle was whole; 1 when the desk did not become ready or a reply is missing."""
    if not _ticking(loop, listener, clock, READY_S, lambda: loop.phase is Phase.ARMED):
        _say(f"not ready after {READY_S:.0f} s: {loop.sync.error or 'not reconciled'}")
        return 1
    began = clock()
    replied = _ticking(
        loop,
        listener,
        clock,
        REPLIES_S,
        lambda: loop.cycles > 0 and not desk.calls.running("place:"),
    )
    loop.drain(clock())  # nobody will watch over what rests once this process is gone
    drained = _ticking(loop, listener, clock, DRAIN_S, lambda: loop.phase is Phase.DRAINED)
    _summary(desk, began)
    return 0 if replied and drained else 1


def _ticking(
    loop: Loop,
    listener: Listener,
    clock: Callable[[], datetime],
    wait_s: float,
    until: Callable[[], bool],
) -> bool:
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        loop.tick(clock(), time.monotonic_ns())
        if until():
            return True
        listener.wait(TICK_S)
    return False


def _summary(desk: Desk, began: datetime) -> None:
    orders = [
        o for o in desk.read(lambda c: latest_orders(c, desk.name, 100)) if o.created_at >= began
    ]
    positions = held(desk.read(lambda c: read_positions(c, desk.name)))
    if desk.dry_run:
        _say(f"one cycle of profile {desk.profile.name}, dry: none of these orders was sent")
        for event in desk.read(lambda c: latest(c, desk.name, 100)):
            if event.kind == "order_shown" and event.at >= began:
                told = event.body
                what = " ".join(told[part] for part in ("kind", "side", "contracts", "product"))
                _say(f"  {what} at {told['limit_price']}")
    else:
        _say(f"one cycle of profile {desk.profile.name}: {len(orders)} orders sent")
    for order in orders:
        spec = order.spec
        _say(
            f"  {spec.kind} {spec.side} {spec.contracts} {spec.product_id} "
            f"at {spec.limit_price}: {order.state} {order.detail}"
        )
    for position in positions:
        _say(f"  holds {position.contracts:+d} {position.product_id}")
    if not positions:
        _say("  holds nothing")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
