"""The account: cash, one-way positions with average entry, funding. Pure: each change is a new one.

Invariant: cash = start + transferred + realised + funding − fees, exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sandbox.exchange.decimals import ZERO, booked, plain
from sandbox.exchange.products import FLAT_FEE_PER_CONTRACT, MAKER_RATE, TAKER_RATE


@dataclass(frozen=True, slots=True)
class Position:
    """``contracts`` is signed; ``cost`` is what the open contracts cost, signed, in USD."""

    contracts: int = 0
    cost: Decimal = ZERO

    def average_entry(self, contract_size: Decimal) -> Decimal:
        if not self.contracts:
            return ZERO
        return booked(self.cost / (self.contracts * contract_size))

    def unrealised(self, mark: Decimal, contract_size: Decimal) -> Decimal:
        return self.contracts * contract_size * mark - self.cost


@dataclass(frozen=True, slots=True)
class Account:
    start_cash: Decimal
    cash: Decimal
    realised: Decimal = ZERO
    funding: Decimal = ZERO
    fees: Decimal = ZERO
    swept: Decimal = ZERO
    """How much of the cash lies in the spot wallet."""
    transferred: Decimal = ZERO
    """Deposits less withdrawals."""
    positions: Mapping[str, Position] = field(default_factory=dict)
    daily_realised: Mapping[str, Decimal] = field(default_factory=dict)
    daily_funding: Decimal = ZERO

    def position(self, product_id: str) -> Position:
        return self.positions.get(product_id, _FLAT)


_FLAT = Position()


def opened(cash: Decimal) -> Account:
    return Account(start_cash=cash, cash=cash)


def commission(contracts: int, price: Decimal, contract_size: Decimal, maker: bool) -> Decimal:
    rate = MAKER_RATE if maker else TAKER_RATE
    return rate * contracts * contract_size * price + FLAT_FEE_PER_CONTRACT * contracts


def filled(
    account: Account,
    product_id: str,
    contract_size: Decimal,
    contracts: int,
    price: Decimal,
    fee: Decimal,
) -> Account:
    """After a fill of ``contracts`` (signed, not 0)."""
    before = account.position(product_id)
    after, realised = _netted(before, contracts, contract_size * price)
    positions = {**account.positions, product_id: after}
    if not after.contracts:
        del positions[product_id]
    daily = account.daily_realised
    if realised:
        daily = {**daily, product_id: daily.get(product_id, ZERO) + realised}
    return replace(
        account,
        cash=account.cash + realised - fee,
        realised=account.realised + realised,
        fees=account.fees + fee,
        positions=positions,
        daily_realised=daily,
    )


def funded(account: Account, payment: Decimal) -> Account:
    """After a funding payment: positive is received, negative is paid."""
    return replace(
        account,
        cash=account.cash + payment,
        funding=account.funding + payment,
        daily_funding=account.daily_funding + payment,
    )


def funding_payment(
    contracts: int, contract_size: Decimal, mark: Decimal, rate: Decimal
) -> Decimal:
    """Longs pay when the rate is positive."""
    return booked(-contracts * contract_size * mark * rate)


def day_rolled(account: Account) -> Account:
    return replace(account, daily_realised={}, daily_funding=ZERO)


def _netted(before: Position, contracts: int, value: Decimal) -> tuple[Position, Decimal]:
    """The position after a trade at ``value`` per contract, and the profit it realised."""
    held = before.contracts
    if held * contracts >= 0:
        return Position(held + contracts, before.cost + contracts * value), ZERO
    closed = -contracts if abs(contracts) <= abs(held) else held
    # The rounded part leaves with the closed contracts, so that costs add up exactly.
    cost = before.cost if closed == held else booked(before.cost * closed / held)
    opened_now = contracts + closed
    left = Position(held - closed + opened_now, before.cost - cost + opened_now * value)
    return left, closed * value - cost


def memory(account: Account) -> dict[str, Any]:
    return {
        "start_cash": plain(account.start_cash),
        "cash": plain(account.cash),
        "realised": plain(account.realised),
        "funding": plain(account.funding),
        "fees": plain(account.fees),
        "swept": plain(account.swept),
        "transferred": plain(account.transferred),
        "positions": {
            product_id: [position.contracts, plain(position.cost)]
            for product_id, position in account.positions.items()
        },
        "daily_realised": {key: plain(value) for key, value in account.daily_realised.items()},
        "daily_funding": plain(account.daily_funding),
    }


def remembered(memory: Mapping[str, Any]) -> Account:
    return Account(
        start_cash=Decimal(memory["start_cash"]),
        cash=Decimal(memory["cash"]),
        realised=Decimal(memory["realised"]),
        funding=Decimal(memory["funding"]),
        fees=Decimal(memory["fees"]),
        swept=Decimal(memory["swept"]),
        transferred=Decimal(memory.get("transferred", "0")),
        positions={
            product_id: Position(contracts, Decimal(cost))
            for product_id, (contracts, cost) in memory["positions"].items()
        },
        daily_realised={key: Decimal(text) for key, text in memory["daily_realised"].items()},
        daily_funding=Decimal(memory["daily_funding"]),
    )
