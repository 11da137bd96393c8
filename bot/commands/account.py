"""The exchange's account: cash, margin, what is on its way, and what trading cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from bot.answer import Answer, Table
from bot.commands.facts import jsonable
from bot.commands.lines import buffer_of, told_of
from bot.commands.looking import each_desk, picture_of
from bot.commands.registry import Context, command
from bot.commands.shown import UNKNOWN
from bot.picture import Picture
from bot.words import age, clock, money, signed
from core.books import Account, Books
from core.margin import MarginWindow
from core.transfers import Transfer
from store.margin import read_margin_window
from store.own_cash import read_cash
from store.store import Transaction
from store.transfers import latest_transfers

MOVED_SHOWN = 10
NOT_READ = "the exchange's account has not been read yet"


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the store adds to the picture."""

    cash_usd: Decimal | None
    window: MarginWindow | None
    moved: Sequence[Transfer]


@command(
    "account",
    "the exchange's account: balance, margin, what is available, sweeps and transfers, fees; ages",
    examples=["account", "account --watch"],
    watch_s=10,
)
def account(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        beside = context.store.read(lambda c: _read(c, desk))
        rows = _figures(picture, picture.account, beside) if picture.account else []
        tables = [Table("account", ["what", "how much"], rows)] if rows else []
        read = age(picture.account.at, picture.now) if picture.account else f"{UNKNOWN}: {NOT_READ}"
        facts = {
            "account": jsonable(asdict(picture.account)) if picture.account else None,
            "our_cash_usd": jsonable(beside.cash_usd),
            "margin_window": jsonable(asdict(beside.window)) if beside.window else None,
            "moved": [jsonable(asdict(transfer)) for transfer in beside.moved],
        }
        title = f"{desk}: the exchange's account, read {read}"
        return Answer(title, [_fees(picture)], [*tables, *_moved(picture, beside.moved)], facts)

    return each_desk(context, show)


def _read(c: Transaction, desk: str) -> _Beside:
    moved = latest_transfers(c, desk, MOVED_SHOWN)
    return _Beside(read_cash(c, desk), read_margin_window(c, desk), moved)


def _figures(picture: Picture, found: Account, beside: _Beside) -> list[list[str]]:
    figures = {
        "cash": money(found.cash_usd),
        "unrealised": signed(found.unrealised_usd),
        "equity": money(found.equity_usd),
        "margin used": money(found.initial_margin_usd),
        "margin available": money(found.available_margin_usd),
        "funding of the exchange's day": signed(found.funding_usd),
        "transfers under way": signed(found.pending_usd),
    }
    rows = [[name, told_of(picture, figure)] for name, figure in figures.items()]
    ours = UNKNOWN if beside.cash_usd is None else money(beside.cash_usd)
    rows.insert(1, ["cash by our books", ours])
    rows.append(["liquidation buffer", buffer_of(picture)])
    return [*rows, ["margin rates", _window(picture, beside.window)]]


def _window(picture: Picture, window: MarginWindow | None) -> str:
    if window is None:
        return "overnight, as far as is known"
    if window.ends_at <= picture.now:
        return f"{UNKNOWN}: what was read ended {age(window.ends_at, picture.now)}"
    now = "intraday" if window.intraday else "overnight"
    until = f"{window.ends_at:%Y-%m-%d} {clock(window.ends_at)}"
    return f"{now} until {until}, read {age(window.at, picture.now)}"


def _fees(picture: Picture) -> str:
    """As booked from executions: the exchange's tier is not read."""
    if not isinstance(picture.books, Books):
        return f"fees: {UNKNOWN}, {picture.worth_unknown}"
    since = f"{money(picture.books.fees_usd)} since the books opened"
    if picture.today is None:
        return f"fees: today {UNKNOWN}, {since}"
    return f"fees: {money(picture.today.fees_usd)} today (UTC), {since}"


def _moved(picture: Picture, moved: Sequence[Transfer]) -> list[Table]:
    rows = [
        [
            f"{one.at:%Y-%m-%d} {clock(one.at)} ({age(one.at, picture.now)})",
            "sweep" if one.swept else one.kind,
            signed(one.amount_usd),
        ]
        for one in moved
    ]
    return [Table("sweeps and transfers", ["time", "what", "amount"], rows)] if rows else []
