"""The desk's books: equity from our own ledger, the exchange's account, and the day's profit and loss."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from core.positions import ZERO, Position


@dataclass(frozen=True, slots=True)
class Account:
    """The exchange's own figures at one instant, in USD."""

    cash_usd: Decimal
    unrealised_usd: Decimal
    initial_margin_usd: Decimal
    available_margin_usd: Decimal
    liquidation_buffer_pct: str
    at: datetime
    funding_usd: Decimal = ZERO
    """Funding of the exchange's day: accrued each hour, paid out twice a day."""
    pending_usd: Decimal = ZERO
    """Transfers under way."""

    @property
    def equity_usd(self) -> Decimal:
        return self.cash_usd + self.unrealised_usd

    @property
    def buffer_pct(self) -> Decimal | None:
        """The liquidation buffer; None where what the exchange said is no number."""
        try:
            buffer_pct = Decimal(self.liquidation_buffer_pct)
        except InvalidOperation:
            return None
        return buffer_pct if buffer_pct.is_finite() else None

    def cash_beside(self, ours_usd: Decimal) -> Decimal:
        """The cash to compare with our books'. The exchange does not say whether its total already
        contains what is accrued or under way, so the reading that is nearest to ours counts."""
        readings = [
            self.cash_usd + funding + pending
            for funding in (ZERO, self.funding_usd)
            for pending in (ZERO, self.pending_usd)
        ]
        return min(readings, key=lambda reading: abs(reading - ours_usd))


@dataclass(frozen=True, slots=True)
class Books:
    """Our ledger's running totals since it was opened, in USD."""

    opening_cash_usd: Decimal
    transfers_usd: Decimal
    realised_usd: Decimal
    unrealised_usd: Decimal
    funding_usd: Decimal
    fees_usd: Decimal
    accepted_usd: Decimal = ZERO
    """Differences with the account's cash that two people accepted: neither profit nor loss."""

    @property
    def cash_usd(self) -> Decimal:
        """What the account's cash must be: opening, transfers, what trading made, and what was accepted."""
        return (
            self.opening_cash_usd
            + self.transfers_usd
            + self.realised_usd
            + self.funding_usd
            - self.fees_usd
            + self.accepted_usd
        )

    @property
    def equity_usd(self) -> Decimal:
        return self.cash_usd + self.unrealised_usd

    @property
    def outside_usd(self) -> Decimal:
        """What no trade made: transfers, and the differences that two people accepted."""
        return self.transfers_usd + self.accepted_usd

    @property
    def own_equity_usd(self) -> Decimal:
        """Net of what came from outside: what a deposit does not raise and a withdrawal not lower."""
        return self.equity_usd - self.outside_usd


@dataclass(frozen=True, slots=True)
class UnknownMark:
    """An open position whose mark is not known: its worth is unknown, not zero."""

    product_id: str


def total(
    opening_cash_usd: Decimal,
    transfers_usd: Decimal,
    positions: Iterable[Position],
    prices: Mapping[str, Decimal],
    accepted_usd: Decimal = ZERO,
) -> Books | UnknownMark:
    """The books at these prices, or the first open position that has none."""
    realised = unrealised = funding = fees = ZERO
    for position in positions:
        realised += position.realised_usd
        funding += position.funding_usd
        fees += position.fees_usd
        if position.contracts:
            price = prices.get(position.product_id)
            if price is None:
                return UnknownMark(position.product_id)
            unrealised += position.unrealised_usd(price)
    return Books(opening_cash_usd, transfers_usd, realised, unrealised, funding, fees, accepted_usd)


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day: the books at its opening; peak and latest equity are net of the day's transfers."""

    day: str
    opening: Books
    peak_equity_usd: Decimal
    equity_usd: Decimal


@dataclass(frozen=True, slots=True)
class DayPnl:
    """What a day has made so far. `net` is the change in equity less what came from outside, exactly."""

    realised_usd: Decimal
    unrealised_usd: Decimal
    funding_usd: Decimal
    fees_usd: Decimal
    accepted_usd: Decimal = ZERO
    """Beside the net, not in it."""

    @property
    def net_usd(self) -> Decimal:
        return self.realised_usd + self.unrealised_usd + self.funding_usd - self.fees_usd


def day_pnl(opening: Books, now: Books) -> DayPnl:
    """The day's P&L by part: today's totals less those at the opening."""
    return DayPnl(
        now.realised_usd - opening.realised_usd,
        now.unrealised_usd - opening.unrealised_usd,
        now.funding_usd - opening.funding_usd,
        now.fees_usd - opening.fees_usd,
        now.accepted_usd - opening.accepted_usd,
    )


def loss_from(day: Day) -> Decimal:
    """The day's loss, from its opening or its intraday peak, whichever is worse; never negative."""
    return max(ZERO, day.opening.equity_usd - day.equity_usd, day.peak_equity_usd - day.equity_usd)


def day_name(now: datetime) -> str:
    """The UTC day of a moment."""
    return now.astimezone(UTC).date().isoformat()
