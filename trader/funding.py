"""Funding: booked once for each product and funding time, at the rate and mark the exchange showed."""

from datetime import datetime, timedelta

from core.products import Product
from store.ledger import book_funding
from store.observations import read_products
from store.store import Transaction
from trader.desk import Desk
from trader.market import Market

LOOK_EVERY = timedelta(seconds=5)


class Funding:
    """Remembers the next funding time of each product, and books it when it has passed."""

    def __init__(self, desk: Desk, market: Market) -> None:
        self._desk = desk
        self._market = market
        self._next: dict[str, Product] = {}
        self._looked_at: datetime | None = None

    def tick(self, now: datetime) -> None:
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        there = now + self._desk.exchange.offset
        for product in self._desk.read(lambda c: read_products(c, self._desk.name)):
            known = self._next.get(product.product_id)
            if known and known.funding_time and there >= known.funding_time:
                self._book(known, known.funding_time)
                del self._next[product.product_id]
            elif known is None and product.funding_time and product.funding_time > there:
                self._next[product.product_id] = product

    def _book(self, product: Product, at: datetime) -> None:
        mark = self._market.mark(product.product_id)
        rate = product.funding_rate
        if mark is None or rate is None:
            return

        def transaction(tx: Transaction) -> None:
            log, desk = self._desk.store.log, self._desk.name
            book_funding(tx, log, desk, product.product_id, mark.price, rate, at)

        self._desk.write(transaction)
