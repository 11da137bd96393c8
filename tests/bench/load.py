"""What else a store has to write while somebody kills: alerts raised and cleared, and fills booked."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from core.alerting.levels import Level
from core.orders import Fill, Side
from store.alerting.facts import clear_alert, raise_alert
from store.ledger import book_fill
from store.observations import read_product
from store.store import Store, Transaction, open_store
from tests.bench.rows import wall
from tests.sandbox.exchange_process import BIP


@contextmanager
def alerts_and_fills(root: Path, desk: str) -> Iterator[None]:
    """As fast as the disk takes them, from a store of its own: as another process does it."""
    busy, stop = open_store(root, wall()), threading.Event()

    def write() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            busy.write(lambda tx, number=number: _one(tx, busy, desk, number))  # type: ignore[misc]

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        busy.close()


def _one(tx: Transaction, store: Store, desk: str, number: int) -> None:
    """A fill that goes back and forth, and an alert that comes and goes with it."""
    product = read_product(tx, desk, BIP)
    assert product is not None
    odd = bool(number % 2)
    fill = Fill(
        entry_id=f"bench-{number}",
        order_id=f"bench-{number}",
        client_order_id=None,
        product_id=BIP,
        side=Side.SELL if odd else Side.BUY,
        contracts=1,
        price=Decimal(60_000),
        fee=Decimal("0.15"),
        at=wall(),
        maker=False,
    )
    book_fill(tx, store.log, desk, fill, product, wall())
    if odd:
        clear_alert(tx, desk, "leverage", wall())
    else:
        raise_alert(tx, desk, "leverage", Level.WARNING, "bench", wall())
