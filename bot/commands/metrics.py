"""The six figures that the runbook watches, each against its limit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.answer import Answer, Table
from bot.commands.looking import each_desk, picture_of
from bot.commands.registry import Context, command
from bot.commands.shown import UNKNOWN, liquidation_of
from bot.picture import ACCOUNT_FRESH_FOR, Picture
from bot.words import age, count, money, percent, signed
from core.alerting.rules import RULES, Named, thresholds_of
from core.books import Books, day_pnl
from core.orders import Order, OrderState
from store.alerting.arranged import thresholds_in_force
from store.ledger import day_loss
from store.limits import LimitsInForce, read_limits
from store.orders import orders_between
from store.reports.session import read_session_opening, read_started_at
from store.store import Transaction
from store.vitals import Measured, Vital, read_vitals

ORDERS_OVER = timedelta(minutes=10)
ORDERS_MIN = 5
"""Of fewer orders a share says little."""
MEASURED_WITHIN = timedelta(seconds=10)
FAILED = frozenset({OrderState.FAILED, OrderState.REJECTED})
OK, BEYOND = "ok", "WRONG"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure as people read it. `how`: ok, WRONG where its limit is reached, or UNKNOWN."""

    name: str
    now: str
    limit: str
    how: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the store adds to the picture."""

    session_usd: Decimal | None
    loss_usd: Decimal
    limits: LimitsInForce | None
    orders: Sequence[Order]
    vitals: Sequence[Measured]
    named: Named


@command(
    "metrics",
    "P&L, leverage, liquidation distance, order and API errors, latency, age of marks, with limits",
    examples=["metrics", "metrics --watch 5"],
    watch_s=5,
)
def metrics(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        seen = context.store.read(lambda c: _read(c, picture))
        found = [
            *_pnl(picture, seen),
            _leverage(picture, seen),
            *_liquidation(picture, seen),
            *_errors(picture.now, seen),
            _latency(picture.now, seen),
            _marks(picture, seen),
        ]
        wrong = sum(metric.how == BEYOND for metric in found)
        unknown = sum(metric.how == UNKNOWN for metric in found)
        title = f"{desk}: {count(wrong, 'metric')} beyond the limit, {unknown} {UNKNOWN}"
        rows = [[m.how, m.name, m.now, m.limit] for m in found]
        table = Table("metrics", ["", "metric", "now", "limit"], rows)
        return Answer(title, [], [table], {"metrics": [asdict(metric) for metric in found]})

    return each_desk(context, show)


def _read(c: Transaction, picture: Picture) -> _Seen:
    desk, now = picture.desk, picture.now
    started_at = read_started_at(c, desk, now)
    opening = read_session_opening(c, desk, started_at, now) if started_at else None
    session_usd = None
    if opening is not None and isinstance(picture.books, Books):
        session_usd = day_pnl(opening.books, picture.books).net_usd
    return _Seen(
        session_usd,
        day_loss(c, desk, now),
        read_limits(c, desk),
        orders_between(c, desk, now - ORDERS_OVER, now),
        read_vitals(c, desk),
        thresholds_in_force(c),
    )


def _pnl(picture: Picture, seen: _Seen) -> list[Metric]:
    limit = _limit(seen, "daily_loss_usd")
    today = picture.today
    known = today is not None and not picture.worth_unknown
    reached = limit is not None and seen.loss_usd >= limit
    session = seen.session_usd if not picture.worth_unknown else None
    return [
        Metric(
            "P&L today",
            signed(today.net_usd) if today and known else UNKNOWN,
            f"loss {money(seen.loss_usd)} of {money(limit)}" if limit is not None else UNKNOWN,
            _how(known and limit is not None, reached),
        ),
        Metric(
            "P&L since this start",
            signed(session) if session is not None else UNKNOWN,
            "",
            _how(session is not None, False),
        ),
    ]


def _leverage(picture: Picture, seen: _Seen) -> Metric:
    limit = _limit(seen, "max_leverage")
    now = picture.leverage if not picture.worth_unknown else None
    known = now is not None and limit is not None
    return Metric(
        "leverage",
        f"{now:.2f}x" if now is not None else UNKNOWN,
        f"at most {limit}x" if limit is not None else UNKNOWN,
        _how(known, now is not None and limit is not None and now >= limit),
    )


def _liquidation(picture: Picture, seen: _Seen) -> list[Metric]:
    """The account's buffer has the limit; how far each position is lies beside it."""
    account, rule = picture.account, "liquidation_buffer"
    fresh = account is not None and picture.now - account.at <= ACCOUNT_FRESH_FOR
    buffer = account.buffer_pct if account is not None and fresh else None
    beyond = bool(picture.positions) and _told(seen, rule, buffer)
    shown = percent(buffer) if buffer is not None else UNKNOWN
    each = [
        Metric(
            f"liquidation of {held.position.product_id}",
            liquidation_of(held, picture),
            "",
            _how(picture.liquidation_unknown(held) is None, False),
        )
        for held in picture.positions
    ]
    return [
        Metric(
            "liquidation buffer", shown, _told_from(seen, rule), _how(buffer is not None, beyond)
        ),
        *each,
    ]


def _errors(now: datetime, seen: _Seen) -> list[Metric]:
    failed, sent = sum(order.state in FAILED for order in seen.orders), len(seen.orders)
    share = Decimal(100 * failed) / sent if sent else Decimal(0)
    minutes = ORDERS_OVER // timedelta(minutes=1)
    shown = f"{percent(share)} ({failed} of {sent} orders within {minutes} min)"
    beyond = sent >= ORDERS_MIN and _told(seen, "order_errors", share)
    api = _vital(seen, Vital.API_ERRORS_PCT, now)
    calls = percent(api) if api is not None else UNKNOWN
    how = _how(api is not None, _told(seen, "api_errors", api))
    return [
        Metric("order failures", shown, _told_from(seen, "order_errors"), _how(True, beyond)),
        Metric("API errors", calls, _told_from(seen, "api_errors"), how),
    ]


def _latency(now: datetime, seen: _Seen) -> Metric:
    rule, p95 = "api_latency", _vital(seen, Vital.API_P95_MS, now)
    shown = f"{p95:.0f} ms (95 of 100 calls)" if p95 is not None else UNKNOWN
    how = _how(p95 is not None, _told(seen, rule, p95))
    return Metric("API latency", shown, _told_from(seen, rule), how)


def _marks(picture: Picture, seen: _Seen) -> Metric:
    limit = _limit(seen, "mark_stale_s")
    marks = [held.mark for held in picture.positions]
    known = [mark for mark in marks if mark is not None]
    oldest = min(known, key=lambda mark: mark.at, default=None)
    shown = f"oldest {age(oldest.at, picture.now)}" if oldest else "no position is open"
    beyond = oldest is not None and limit is not None and oldest.age_s(picture.now) > limit
    whole = len(known) == len(marks) and limit is not None and picture.unknown is None
    says = f"at most {limit} s" if limit is not None else UNKNOWN
    return Metric(
        "age of marks", shown if len(known) == len(marks) else UNKNOWN, says, _how(whole, beyond)
    )


def _how(known: bool, beyond: bool) -> str:
    return BEYOND if beyond else OK if known else UNKNOWN


def _limit(seen: _Seen, name: str) -> Decimal | None:
    return seen.limits.numbers.get(name) if seen.limits else None


def _told_from(seen: _Seen, rule: str) -> str:
    """Where people are first told of a figure."""
    first = thresholds_of(rule, seen.named).levels[0]
    return f"people are told from {first.raise_at} {RULES[rule].unit}"


def _told(seen: _Seen, rule: str, value: Decimal | None) -> bool:
    thresholds = thresholds_of(rule, seen.named)
    return value is not None and thresholds.reached(value, thresholds.levels[0].raise_at)


def _vital(seen: _Seen, vital: Vital, now: datetime) -> Decimal | None:
    found = (one for one in seen.vitals if one.measure.vital is vital)
    return next((one.measure.value for one in found if now - one.at <= MEASURED_WITHIN), None)
