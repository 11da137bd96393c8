"""Money that moves in or out of the account, or between its wallets: never profit, never loss."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

SWEEP = "derivatives_settlement"
"""The exchange's word for money between the futures and the spot wallet of one account."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One entry of the account's dollar wallet. `amount_usd` is signed: below zero it left the wallet."""

    id: str
    kind: str
    """In the exchange's own words."""
    amount_usd: Decimal
    at: datetime

    @property
    def swept(self) -> bool:
        return self.kind == SWEEP

    @property
    def cash_usd(self) -> Decimal:
        """How the account's cash changed. This desk trades futures only, so whatever else the wallet
        lists, a purchase of coins too, took money from the desk or gave it."""
        return Decimal(0) if self.swept else self.amount_usd
