"""A report's picture: equity above, every market below, and what tightened the desk as marks in time."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure

from core.reports.facts import EquitySample, Facts, MarkSample

SIZE_INCHES = (10, 6)
DAY_S = 86_400
INK, TROUBLE = "#1f4e79", "#b02a2a"
TIGHTENED = frozenset({"mode_set", "constrained", "flatten_asked"})
"""Events that stand as upright lines in the picture."""


def picture(facts: Facts, title: str) -> bytes:
    """A PNG; what there are no samples of is said in its place."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    figure.suptitle(title)
    _equity(above, facts.equity)
    _markets(below, facts.marks)
    for axes in (above, below):
        for event in facts.events:
            if event.kind in TIGHTENED:
                axes.axvline(_x(event.at), color=TROUBLE, linewidth=0.8, alpha=0.6)
        axes.grid(alpha=0.25)
    sampled = [*(s.at for s in facts.equity), *(m.at for m in facts.marks)]
    first = min(sampled, default=facts.since)
    below.set_xlim(_x(max(first, facts.since)), _x(facts.until))
    below.xaxis_date(tz="UTC")
    dates = ConciseDateFormatter(below.xaxis.get_major_locator(), tz="UTC")  # type: ignore[no-untyped-call]
    below.xaxis.set_major_formatter(dates)
    below.set_xlabel("UTC; red lines: the desk was tightened")
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    return drawn.getvalue()


def _equity(axes: Axes, samples: Sequence[EquitySample]) -> None:
    axes.set_ylabel("equity, USD")
    if not samples:
        _nothing(axes, "the books were not sampled")
        return
    axes.plot(
        [_x(s.at) for s in samples],
        [float(s.books.equity_usd - s.books.transfers_usd) for s in samples],
        color=INK,
    )


def _markets(axes: Axes, marks: Sequence[MarkSample]) -> None:
    axes.set_ylabel("change, %")
    if not marks:
        _nothing(axes, "no mark was sampled")
        return
    for product_id in sorted({mark.product_id for mark in marks}):
        mine = [mark for mark in marks if mark.product_id == product_id]
        first = mine[0].price
        change_pct = [float((mark.price / first - 1) * 100) for mark in mine]
        axes.plot([_x(m.at) for m in mine], change_pct, label=product_id, linewidth=1)
    axes.legend(fontsize="small", loc="best")


def _nothing(axes: Axes, why: str) -> None:
    axes.text(0.5, 0.5, f"UNKNOWN: {why}", ha="center", va="center", transform=axes.transAxes)


def _x(moment: datetime) -> float:
    """A moment as matplotlib counts: in days since 1970."""
    return moment.timestamp() / DAY_S
