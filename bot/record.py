"""Events about people that no decision of the store records: a refused proof, role or question."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.people import Actor
from store.abuse import count_refused
from store.store import Store, Transaction


def on_record(
    store: Store,
    desks: Sequence[str],
    kind: str,
    actor: Actor,
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    """One event for each desk, all in one transaction; a refused attempt is counted with it."""

    def transaction(tx: Transaction) -> None:
        for desk in desks:
            store.log.append(tx, desk=desk, kind=kind, actor=str(actor), now=now, body=body)
        count_refused(tx, store.log, desks, kind, str(actor), body, now)

    store.write(transaction)
