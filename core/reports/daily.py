"""The day's digest: what was made, by market, what it cost, what went wrong, and what does not agree."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.books import Account, DayPnl
from core.chain import Event
from core.incidents import Incident
from core.positions import ZERO
from core.reports.facts import EquitySample, Facts, Made, MarkSample, made_in
from core.reports.trips import Tally

ERRORS = frozenset(
    {"order_refused", "order_rejected", "order_failed", "order_unknown", "order_not_sent"}
    | {"cancel_failed", "odd_report"}
)


@dataclass(frozen=True, slots=True)
class Slipped:
    """What orders came to worse than the mark when they were sent; some marks may not be known."""

    usd: Decimal = ZERO
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """One market's day. `held` is at its end."""

    product_id: str
    contracts_traded: int
    held: int
    pnl: DayPnl
    slipped: Slipped


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How far a limit was used at worst."""

    name: str
    used: Decimal
    limit: Decimal

    @property
    def used_pct(self) -> Decimal:
        return self.used / self.limit * 100 if self.limit else Decimal(100)


@dataclass(frozen=True, slots=True)
class Digest:
    """A stretch of time of one desk; None is what was not known."""

    desk: str
    facts: Facts
    made: Made | None
    markets: Sequence[Market]
    trips: Tally
    drawdown_usd: Decimal | None
    errors: Mapping[str, int]
    limits: Sequence[LimitUse]
    incidents: Sequence[Incident]
    cash_off_usd: Decimal | None
    """Our cash less the account's, as of the last look."""
    differs: Sequence[str]
    """Positions that are not the exchange's."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a digest needs beside the facts of its stretch."""

    contract_sizes: Mapping[str, Decimal]
    slipped: Mapping[str, Slipped]
    trips: Tally
    limits: Mapping[str, Decimal]
    incidents: Sequence[Incident]
    cash_usd: Decimal | None
    account: Account | None
    differs: Sequence[str]


def digest(facts: Facts, beside: Beside) -> Digest:
    """Everything that the digest shows, from facts alone."""
    return Digest(
        desk=facts.desk,
        facts=facts,
        made=made_in(facts.equity),
        markets=_markets(facts, beside),
        trips=beside.trips,
        drawdown_usd=drawdown_usd(facts.equity),
        errors=errors_in(facts.events),
        limits=_limits(facts, beside),
        incidents=beside.incidents,
        cash_off_usd=(
            beside.cash_usd - beside.account.cash_usd
            if beside.cash_usd is not None and beside.account is not None
            else None
        ),
        differs=beside.differs,
    )


def drawdown_usd(samples: Sequence[EquitySample]) -> Decimal | None:
    """The deepest fall from an earlier high, net of what no trade made; None without samples."""
    if not samples:
        return None
    high, deepest = _own(samples[0]), ZERO
    for sample in samples:
        high = max(high, _own(sample))
        deepest = max(deepest, high - _own(sample))
    return deepest


def errors_in(events: Sequence[Event]) -> dict[str, int]:
    """By what went wrong, most frequent first."""
    names = [_error(event) for event in events if event.kind in ERRORS]
    return dict(Counter(names).most_common())


def _error(event: Event) -> str:
    reason = event.body.get("reason")
    name = event.kind.replace("_", " ")
    return f"{name}: {reason}" if event.kind == "order_refused" and reason else name


def _markets(facts: Facts, beside: Beside) -> list[Market]:
    ends = _ends(facts.marks)
    traded: Counter[str] = Counter()
    for fill in facts.fills:
        traded[fill.product_id] += fill.contracts
    return [
        Market(
            product_id,
            traded[product_id],
            last.contracts,
            _change(first, last),
            beside.slipped.get(product_id, Slipped()),
        )
        for product_id, (first, last) in sorted(ends.items())
        if traded[product_id] or first.contracts or last.contracts
    ]


def _ends(marks: Sequence[MarkSample]) -> dict[str, tuple[MarkSample, MarkSample]]:
    ends: dict[str, tuple[MarkSample, MarkSample]] = {}
    for mark in marks:
        ends[mark.product_id] = (ends.get(mark.product_id, (mark, mark))[0], mark)
    return ends


def _change(first: MarkSample, last: MarkSample) -> DayPnl:
    return DayPnl(
        last.realised_usd - first.realised_usd,
        last.unrealised_usd - first.unrealised_usd,
        last.funding_usd - first.funding_usd,
        last.fees_usd - first.fees_usd,
    )


def _limits(facts: Facts, beside: Beside) -> list[LimitUse]:
    found = []
    loss, leverage = beside.limits.get("daily_loss_usd"), beside.limits.get("max_leverage")
    if facts.equity and loss:
        opening = _own(facts.equity[0])
        worst = max(ZERO, *(opening - _own(sample) for sample in facts.equity))
        found.append(LimitUse("daily loss, USD", worst, loss))
    gross = _gross(facts, beside.contract_sizes)
    if facts.equity and leverage:
        found.append(LimitUse("leverage", _peak_leverage(facts, gross), leverage))
    if most := beside.limits.get("max_gross_notional_usd"):
        found.append(LimitUse("all positions, USD", max(gross.values(), default=ZERO), most))
    fallen, deepest = drawdown_usd(facts.equity), beside.limits.get("max_drawdown_pct")
    highest = max((_own(sample) for sample in facts.equity), default=ZERO)
    if fallen is not None and deepest and highest > 0:
        found.append(LimitUse("drawdown, %", fallen / highest * 100, deepest))
    return found


def _gross(facts: Facts, sizes: Mapping[str, Decimal]) -> Mapping[datetime, Decimal]:
    """What was held in all, at each sample."""
    gross: defaultdict[datetime, Decimal] = defaultdict(Decimal)
    for mark in facts.marks:
        size = sizes.get(mark.product_id, ZERO)
        gross[mark.at] += abs(mark.contracts) * size * mark.price
    return gross


def _peak_leverage(facts: Facts, gross: Mapping[datetime, Decimal]) -> Decimal:
    peaks = [
        gross[s.at] / s.books.equity_usd
        for s in facts.equity
        if s.books.equity_usd > 0 and s.at in gross
    ]
    return max(peaks, default=ZERO)


def _own(sample: EquitySample) -> Decimal:
    """Equity less what no trade made: transfers and accepted differences."""
    return sample.books.own_equity_usd
