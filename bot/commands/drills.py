"""What came of fire drills: who took charge, and how soon."""

from collections.abc import Sequence

from bot.answer import Answer, Table
from bot.commands.looking import each_desk
from bot.commands.registry import Context, command
from bot.words import clock, count
from store.alerting.drills import Drill, latest_drills

SHOWN = 20


@command(
    "drills",
    "the latest fire drills: who took charge of each, and after how many seconds",
    examples=["drills"],
)
def drills(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: latest_drills(c, desk, SHOWN))
        head = ["drill", "level", "begun", "taken by", "after"]
        tables = [Table("latest", head, [_row(one) for one in found])] if found else []
        facts = {"drills": [_facts(one) for one in found]}
        taken = [one for one in found if one.after is not None]
        title = f"{desk}: {count(len(found), 'drill')}, {len(taken)} taken charge of"
        lines = [] if found else [f"Begin one: {context.surface.says('drill')}"]
        return Answer(title, lines, tables, facts)

    return each_desk(context, show)


def _row(one: Drill) -> list[str]:
    begun = f"{one.begun_at:%Y-%m-%d} {clock(one.begun_at)}"
    after = "" if one.after is None else f"{one.after.total_seconds():,.0f} s"
    return [one.alert_id, str(one.level), begun, one.person or "NOBODY", after]


def _facts(one: Drill) -> dict[str, object]:
    return {
        "alert": one.alert_id,
        "level": one.level.value,
        "begun_at": one.begun_at.isoformat(),
        "taken_by": one.person,
        "after_s": one.after.total_seconds() if one.after is not None else None,
    }
