"""Orders that this desk did not place: cancelling one is asked on one voice, and the trader does it."""

from datetime import datetime

from core.people import Actor
from store import commands
from store.store import Store, Transaction
from store.wakeups import nudge

CANCEL_ORDER = "cancel-order"


def ask_cancel(
    store: Store, desk: str, actor: Actor, order_id: str, id: str, now: datetime
) -> bool:
    """Hand it to the trader; False when a command with this id did so before."""
    body = {"order_id": order_id}

    def transaction(tx: Transaction) -> bool:
        earlier = commands.record(
            tx, id=id, desk=desk, verb=CANCEL_ORDER, body=body, actor=actor.voice, now=now
        )
        if earlier is None:
            store.log.append(
                tx, desk=desk, kind="cancel_order_asked", actor=actor.voice, now=now, body=body
            )
        return earlier is None

    new = store.write(transaction)
    nudge(store.home.socket("loop", desk))
    return new
