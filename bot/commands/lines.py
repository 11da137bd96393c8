"""The lines that make up a status: gate, money, risk, constraints, flatten, processes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.commands.shown import UNKNOWN
from bot.picture import ACCOUNT_FRESH_FOR, Picture
from bot.words import age, clock, count, lasting, money, percent, signed
from core.books import Books, DayPnl, day_pnl
from core.gate import BEAT_LATE_NS
from core.modes import Mode
from core.reports.facts import EquitySample
from store.heartbeats import Heartbeat
from store.reconciliation import Reconciliation
from store.vitals import Measured, Vital

ANOTHER_BOOT_NS = 60_000_000_000
"""A lease is a second or so long: one that runs longer was given before this machine's last start."""

BEAT_LATE = timedelta(seconds=5)
"""A process that has not beaten for so long does no work."""


def mode_line(picture: Picture) -> str:
    """The mode in force, in one line, with what makes it stricter than people set it."""
    said = f"{picture.row.mode.name} ({picture.row.mode.meaning})"
    if picture.row.mode is not picture.control.mode:
        said += f"; people set {picture.control.mode.name}, constraints make it stricter"
    return said


def set_by_line(picture: Picture) -> str:
    control = picture.control
    why = control.reason or "no reason given"
    return (
        f"set by {control.actor} at {clock(control.at)} ({age(control.at, picture.now)}), "
        f"epoch {picture.row.epoch}: {why}"
    )


def constraint_lines(picture: Picture) -> list[str]:
    return [
        f"constraint {c.rule} ({c.mode.name}): {c.reason} (since {clock(c.since)}, "
        f"{'two people release it' if c.latches else 'clears by itself'})"
        for c in picture.constraints
    ]


def gate_closed(picture: Picture) -> str | None:
    """Why nothing but a flatten passes the gate now, or None. The same conditions as `core.gate`."""
    page = picture.page
    if picture.kill_file:
        return "by the KILL file in the home"
    if page is None:
        return "its page cannot be read"
    if page.mode is None:
        return "by its page"
    if not page.armed:
        return "the trader has not reconciled in this start"
    if not 0 < page.lease_until_ns - picture.now_ns < ANOTHER_BOOT_NS:
        return "the guard has not renewed its lease; is the trader running?"
    late_ns = picture.now_ns - page.beat_ns
    if late_ns > BEAT_LATE_NS:
        return f"the trading loop's beat is {lasting(late_ns / 1e9)} late"
    return None


def gate_line(picture: Picture) -> str:
    """Requested against applied: what the gate itself does now."""
    closed, page, row = gate_closed(picture), picture.page, picture.row
    if closed or page is None or page.mode is None:
        return f"gate: CLOSED, {closed}" if not picture.kill_file else f"gate: CLOSED {closed}"
    if page.epoch != row.epoch or page.mode is not row.mode:
        return (
            f"gate: {page.mode.name} in epoch {page.epoch}; asked for {row.mode.name} in epoch "
            f"{row.epoch}: not applied yet"
        )
    beat_s = max(0.0, (picture.now_ns - page.beat_ns) / 1e9)
    lease_s = (page.lease_until_ns - picture.now_ns) / 1e9
    return (
        f"gate: {page.mode.name} applied, epoch {page.epoch}, armed; beat {lasting(beat_s)} ago, "
        f"lease for {lasting(lease_s)}"
    )


def money_lines(picture: Picture) -> list[str]:
    """P&L of the day and since the books opened, by part; what is not known now is said first."""
    books, unknown = picture.books, picture.worth_unknown
    if not isinstance(books, Books):
        return [f"P&L and equity: {UNKNOWN}, {unknown}"]
    lines = []
    if unknown:
        lines.append(f"P&L and equity are {UNKNOWN} now: {unknown}. As last seen:")
    if picture.today is not None:
        lines.append(f"P&L today (UTC): {parts_of(picture.today)}")
    else:
        lines.append("P&L today (UTC): UNKNOWN, the day's opening has not been taken yet")
    since = DayPnl(books.realised_usd, books.unrealised_usd, books.funding_usd, books.fees_usd)
    lines.append(f"P&L since the books opened: {parts_of(since)}")
    equity = f"equity {money(books.equity_usd)} by our books"
    if picture.account is not None:
        equity += (
            f", {money(picture.account.equity_usd)} by the exchange "
            f"({age(picture.account.at, picture.now)})"
        )
    return [*lines, equity]


def parts_of(pnl: DayPnl) -> str:
    """The net and what it is made of."""
    return (
        f"{signed(pnl.net_usd)} = realised {signed(pnl.realised_usd)}, "
        f"unrealised {signed(pnl.unrealised_usd)}, funding {signed(pnl.funding_usd)}, "
        f"fees {signed(-pnl.fees_usd)}"
    )


def session_line(
    picture: Picture, started_at: datetime | None, opening: EquitySample | None
) -> str:
    """P&L since the trader that runs now began to trade."""
    if started_at is None:
        return f"P&L since this start: {UNKNOWN}, the trader has not begun to trade"
    since = f"P&L since this start ({started_at:%Y-%m-%d} {clock(started_at)})"
    if opening is None:
        return f"{since}: {UNKNOWN}, the books have not been sampled since"
    if not isinstance(picture.books, Books):
        return f"{since}: {UNKNOWN}, {picture.worth_unknown}"
    was = f"{UNKNOWN}, was " if picture.worth_unknown else ""
    return f"{since}: {was}{parts_of(day_pnl(opening.books, picture.books))}"


def outside_lines(picture: Picture) -> list[str]:
    """What changed the cash without being profit or loss; nothing while there was none."""
    books = picture.books
    if not isinstance(books, Books) or not (books.transfers_usd or books.accepted_usd):
        return []
    says = f"not in it: deposits less withdrawals {signed(books.transfers_usd)}"
    if books.accepted_usd:
        says += f", differences that two people accepted {signed(books.accepted_usd)}"
    return [f"{says}, since the books opened"]


def risk_line(picture: Picture) -> str:
    """Leverage, drawdown, margin, liquidation buffer and the age of the marks behind them."""
    now = picture.now
    leverage = UNKNOWN if picture.leverage is None else f"{picture.leverage:.2f}x"
    if picture.leverage is not None and picture.worth_unknown:
        leverage = f"{UNKNOWN} (was {leverage})"
    parts = [f"leverage {leverage}", f"drawdown {drawdown_of(picture)}"]
    account = picture.account
    if account is None:
        parts.append(f"margin and liquidation buffer {UNKNOWN}")
    else:
        parts.append(f"margin used {margin_of(picture)}")
        parts.append(f"liquidation buffer {buffer_of(picture)}")
    marks = [held.mark.at for held in picture.positions if held.mark]
    if marks:
        parts.append(f"oldest mark {age(min(marks), now)}")
    return "; ".join(parts)


def margin_of(picture: Picture) -> str:
    """The margin used, as the exchange last told it."""
    account = picture.account
    return UNKNOWN if account is None else told_of(picture, money(account.initial_margin_usd))


def buffer_of(picture: Picture) -> str:
    """The liquidation buffer as the exchange last told it."""
    account = picture.account
    if account is None or not account.liquidation_buffer_pct:
        return UNKNOWN
    return told_of(picture, f"{account.liquidation_buffer_pct} %")


def told_of(picture: Picture, figure: str) -> str:
    """A figure of the account: unknown when it was not read lately, with the last one."""
    account, now = picture.account, picture.now
    if account is not None and now - account.at > ACCOUNT_FRESH_FOR:
        return f"{UNKNOWN} (was {figure}, {age(account.at, now)})"
    return figure


def drawdown_of(picture: Picture) -> str:
    """How far equity is below its highest."""
    down, books = picture.drawdown_usd, picture.books
    if down is None or not isinstance(books, Books):
        return UNKNOWN
    peak = books.own_equity_usd + down
    share = f" ({percent(down / peak * 100)})" if peak > 0 else ""
    return f"{money(down)}{share} from the highest equity"


def reconciled(found: Reconciliation | None, now: datetime) -> str:
    """Whether our books and the exchange agree, by the last look that was good."""
    if found is None:
        return "not reconciled yet, the exchange has not been read"
    seen = f"as of {age(found.looked_at, now)}"
    if found.clean:
        return f"books and exchange agree, {seen}"
    return f"{count(len(found.open), 'difference')} not explained, {seen}"


def reconciliation_lines(picture: Picture) -> list[str]:
    """Nothing while all is explained."""
    found = picture.reconciliation
    if found is None or found.clean:
        return []
    told = [f"  {one.discrepancy.id}: {one.discrepancy.says}" for one in found.open]
    return [f"{reconciled(found, picture.now)}; `reconcile` shows them:", *told]


def flatten_lines(picture: Picture) -> list[str]:
    """A flatten that runs, leg by leg; on a killed desk also what the last one came to."""
    job = picture.job
    if job is None or not (job.open or picture.row.mode is Mode.KILLED):
        return []
    lines = [f"flatten {job.id}: {job.state.name}" + (f": {job.outcome}" if job.outcome else "")]
    if job.open:
        lines += [f"  {leg.product_id}: {leg.state} {leg.detail}".rstrip() for leg in job.legs]
    return lines


def process_lines(picture: Picture) -> list[str]:
    """Which processes of the desk live."""
    if not picture.heartbeats:
        return ["no process of this desk has ever run; start it: perps-bot --profile PROFILE"]
    return [_process_line(beat, picture.now) for beat in picture.heartbeats]


def _process_line(beat: Heartbeat, now: datetime) -> str:
    if now - beat.at > BEAT_LATE:
        return f"{beat.process}: SILENT, last beat {age(beat.at, now)} (pid {beat.pid})"
    return f"{beat.process}: {beat.detail}, pid {beat.pid}, beat {age(beat.at, now)}"


def exchange_lines(vitals: Sequence[Measured], now: datetime) -> list[str]:
    """How the exchange answers the trader, as the trader measures it; nothing where it never has."""
    found = {one.measure.vital: one for one in vitals}
    slowest, failing = found.get(Vital.API_P95_MS), found.get(Vital.API_ERRORS_PCT)
    if slowest is None or failing is None:
        return []
    return [
        f"the exchange answers within {slowest.measure.value:.0f} ms (95 of 100 calls), "
        f"{percent(failing.measure.value)} of calls fail; measured {age(slowest.at, now)}"
    ]
