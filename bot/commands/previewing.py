"""What closing positions would come to: nothing is sent."""

from collections.abc import Sequence
from dataclasses import asdict

from bot.answer import REFUSED, Answer, Table
from bot.commands.facts import jsonable
from bot.commands.looking import picture_of
from bot.commands.registry import Context
from bot.commands.shown import UNKNOWN, meant_positions
from bot.picture import Held
from bot.words import money, plain, signed
from core.closing import Estimate, estimate
from core.positions import ZERO
from store.ledger import latest_fills
from store.limits import read_limits

FILLS_SEEN = 200
HEAD = ["product", "closes", "best price", "realises", "of that spread", "at worst", "fee, about"]


def preview_close(context: Context, desk: str, words: Sequence[str]) -> Answer:
    picture = picture_of(context, desk)
    meant, _ = meant_positions(picture, words or ["all"])
    if not meant:
        lines = ["`positions` lists what is open.", "Nothing was changed."]
        return Answer(f"{desk}: there is no such open position", lines, code=REFUSED)
    limits = context.store.read(lambda c: read_limits(c, desk))
    collar = limits.numbers.get("emergency_collar_pct") if limits else None
    rows, facts = [], {}
    for held in (one for one in picture.positions if one.position.product_id in meant):
        found = None
        if held.product and held.mark and held.mark_fresh and held.position.contracts:
            found = estimate(held.product, held.position, held.mark, collar)
        rows.append(_row(held, found, _fee(context, desk, held)))
        facts[held.position.product_id] = jsonable(asdict(found)) if found else None
    lines = [
        "Nothing was sent. Only the best bid and ask are kept, not the book's depth: what it comes",
        f"to lies between the best price and the emergency collar ({collar or UNKNOWN} %).",
    ]
    if picture.unknown:
        lines.insert(0, f"POSITIONS ARE UNKNOWN: {picture.unknown}. As last seen:")
    table = Table("if closed now", HEAD, rows)
    return Answer(f"{desk}: a close, as estimated", lines, [table], {"close": facts}, looked=True)


def _row(held: Held, found: Estimate | None, fee: str) -> list[str]:
    name = held.position.product_id
    if found is None:
        return [name, f"{abs(held.contracts):,}", *[UNKNOWN] * 4, fee]
    worst = UNKNOWN
    if found.worst is not None and found.worst_usd is not None:
        worst = f"{signed(found.worst_usd)} at {plain(found.worst)}"
    return [
        name,
        f"{found.side} {abs(held.contracts):,}",
        plain(found.best),
        signed(found.best_usd),
        signed(-found.spread_usd),
        worst,
        fee,
    ]


def _fee(context: Context, desk: str, held: Held) -> str:
    """As the last executions of this product cost that took from the book."""
    last = context.store.read(lambda c: latest_fills(c, desk, FILLS_SEEN))
    taken = [f for f in last if f.product_id == held.position.product_id and not f.maker]
    contracts = sum(fill.contracts for fill in taken)
    if not contracts:
        return UNKNOWN
    return money(sum((fill.fee for fill in taken), ZERO) / contracts * abs(held.contracts))
