"""Margin and liquidation buffer of an account at given marks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sandbox.exchange.account import Account
from sandbox.exchange.decimals import ZERO
from sandbox.exchange.products import BY_ID, INTRADAY_RATES, OVERNIGHT_RATES, MarginRates

MAINTENANCE_SHARE = Decimal("0.9")
"""Maintenance margin as a share of initial margin."""
NO_RISK_PERCENTAGE = Decimal(1000)
LEVELS: tuple[tuple[Decimal, str], ...] = (
    (Decimal(0), "MARGIN_LEVEL_TYPE_LIQUIDATION"),
    (Decimal(10), "MARGIN_LEVEL_TYPE_DANGER"),
    (Decimal(25), "MARGIN_LEVEL_TYPE_WARNING"),
)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Contracts of live orders that are not filled yet."""

    buys: int = 0
    sells: int = 0


@dataclass(frozen=True, slots=True)
class Margin:
    equity: Decimal
    unrealised: Decimal
    initial: Decimal
    holds: Decimal

    @property
    def available(self) -> Decimal:
        return self.equity - self.initial - self.holds

    @property
    def maintenance(self) -> Decimal:
        return self.initial * MAINTENANCE_SHARE

    @property
    def buffer(self) -> Decimal:
        return self.equity - self.maintenance

    @property
    def buffer_percentage(self) -> Decimal:
        if not self.maintenance:
            return NO_RISK_PERCENTAGE
        return min(NO_RISK_PERCENTAGE, self.buffer / self.maintenance * 100)

    @property
    def level(self) -> str:
        for ceiling, name in LEVELS:
            if self.buffer_percentage <= ceiling:
                return name
        return "MARGIN_LEVEL_TYPE_BASE"


def rates(intraday: bool) -> MarginRates:
    return INTRADAY_RATES if intraday else OVERNIGHT_RATES


def measured(
    account: Account,
    outstanding: Mapping[str, Outstanding],
    marks: Mapping[str, Decimal],
    by_rates: MarginRates,
) -> Margin:
    unrealised = initial = worst = ZERO
    for product_id in {*account.positions, *outstanding}:
        mark, size = marks[product_id], BY_ID[product_id].contract_size
        position = account.position(product_id)
        waiting = outstanding.get(product_id, Outstanding())
        unrealised += position.unrealised(mark, size)
        held = _required(max(position.contracts, 0), max(-position.contracts, 0), by_rates)
        most = _required(
            max(position.contracts + waiting.buys, 0),
            max(waiting.sells - position.contracts, 0),
            by_rates,
        )
        initial += held * size * mark
        worst += most * size * mark
    equity = account.cash + unrealised
    return Margin(equity, unrealised, initial, worst - initial if worst > initial else ZERO)


def _required(long: int, short: int, by_rates: MarginRates) -> Decimal:
    return max(long * by_rates.long, short * by_rates.short)
