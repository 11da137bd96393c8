"""What the trader books, for stories in which none runs."""

from decimal import Decimal

from core.orders import Fill, Side
from tests.bot.terminal import BTC, START


def close_of(contracts: int) -> Fill:
    """The fill that closes a long position."""
    return Fill(
        entry_id="close-1",
        order_id="at-close-1",
        client_order_id=None,
        product_id=BTC,
        side=Side.SELL,
        contracts=contracts,
        price=Decimal(61_000),
        fee=Decimal(1),
        at=START,
        maker=False,
    )
