"""Reports that anybody may ask for at any time: the day's digest."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.answer import Answer, Table
from bot.commands.days import DAY, begins, day_of
from bot.commands.looking import each_desk
from bot.commands.registry import Context, command, wrong_usage
from bot.drawn import draw


def _markets(found: Sequence[Mapping[str, str]]) -> list[Table]:
    rows = [list(market.values()) for market in found]
    return [Table("by market", list(found[0]), rows)] if found else []


@command(
    "report daily [YYYY-MM-DD]",
    "a day's P&L, markets, costs, errors and picture, as files; today so far unless told (UTC)",
    examples=["report daily", "report daily 2026-03-02"],
)
def report(context: Context, words: Sequence[str]) -> Answer:
    kind, rest = (words[0], words[1:]) if words else ("", ())
    if kind != "daily" or len(rest) > 1:
        return wrong_usage("report", "which one?" if not words else f"{' '.join(words)!r} is none")
    day = day_of(rest[0] if rest else "today", context.now)
    if day is None:
        return wrong_usage("report", f"{rest[0]!r} is no day like 2026-03-02")
    if day > context.now.date():
        return wrong_usage("report", f"{day} has not come yet")

    since = begins(day)

    def one(desk: str) -> Answer:
        stretch = (f"--since={since.isoformat()}", f"--until={(since + DAY).isoformat()}")
        drawn = draw(context.store.home.root, "daily", desk, *stretch)
        if isinstance(drawn, Answer):
            return drawn
        files = [Path(file) for file in drawn["files"]]
        lines = [*drawn["lines"], *(f"file: {file}" for file in files)]
        tables = _markets(drawn["figures"]["markets"])
        return Answer(drawn["head"], lines, tables, {"digest": drawn["figures"]}, files=files)

    return each_desk(context, one)
