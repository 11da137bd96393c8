"""The exchange's streams and what came of them: how long silent, how old each mark is, what fails."""

from collections.abc import Sequence

from bot.answer import Answer, Table
from bot.commands.lines import BEAT_LATE
from bot.commands.looking import each_desk
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import UNKNOWN
from bot.picture import MARK_FRESH_S
from bot.words import age, clock, count, lasting, plain
from core.products import Mark
from store.observations import Read, read_marks, read_reads
from store.store import Transaction
from store.vitals import Measured, Vital, read_vitals


@command(
    "feed [debug]",
    "each stream of the exchange and its silence, connections anew, each mark's age and origin",
    examples=["feed", "feed debug", "feed --watch"],
    watch_s=2,
)
def feed(context: Context, words: Sequence[str]) -> Answer:
    if list(words) not in ([], ["debug"]):
        return wrong_usage("feed", f"{' '.join(words)!r} is not `debug`")
    return each_desk(context, lambda desk: _shown(context, desk))


def _shown(context: Context, desk: str) -> Answer:
    def read(c: Transaction) -> tuple[list[Measured], dict[str, Mark], dict[str, Read]]:
        return read_vitals(c, desk), read_marks(c, desk), read_reads(c, desk)

    vitals, marks, reads = context.store.read(read)
    known = [one for one in vitals if context.now - one.at <= BEAT_LATE]
    streams = [one for one in known if one.measure.vital is Vital.FEED_SILENT_S]
    old = [mark for mark in marks.values() if mark.age_s(context.now) > MARK_FRESH_S]
    lines = [_anew(known), *_failing(context, reads)]
    if not streams:
        lines.insert(0, f"streams {UNKNOWN}: no trader measures them now; is it running?")
    tables = [_streams(streams), _marks(context, marks)]
    facts = {
        "streams": {one.measure.symbol: format(one.measure.value, "f") for one in streams},
        "marks": {id: mark.at.isoformat() for id, mark in marks.items()},
        "old_marks": [mark.product_id for mark in old],
    }
    title = (
        f"{desk}: {count(len(streams), 'stream')}, {len(old)} of {count(len(marks), 'mark')} old"
    )
    return Answer(title, lines, [table for table in tables if table.rows], facts)


def _anew(known: Sequence[Measured]) -> str:
    found = [one for one in known if one.measure.vital is Vital.FEED_CONNECTIONS]
    times = f"{found[0].measure.value:.0f} times" if found else UNKNOWN
    return f"connected anew within 5 minutes: {times}"


def _failing(context: Context, reads: dict[str, Read]) -> list[str]:
    """What the streams cannot tell is read beside them."""
    return [
        f"reading {name} fails, last {age(read.failed_at, context.now)}: {read.error}"
        for name, read in reads.items()
        if read.failing
    ]


def _streams(streams: Sequence[Measured]) -> Table:
    rows = [
        [one.measure.symbol, f"silent for {lasting(float(one.measure.value))}", clock(one.at)]
        for one in streams
    ]
    return Table("streams", ["stream", "how", "measured"], rows)


def _marks(context: Context, marks: dict[str, Mark]) -> Table:
    rows = [
        [
            "OLD" if mark.age_s(context.now) > MARK_FRESH_S else "ok",
            mark.product_id,
            plain(mark.price),
            f"{plain(mark.bid)} / {plain(mark.ask)}",
            mark.source,
            age(mark.at, context.now),
        ]
        for mark in sorted(marks.values(), key=lambda mark: mark.at)
    ]
    return Table("marks", ["", "product", "mark", "bid / ask", "from", "age"], rows)
