"""Tables, money and moments as reports write them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

ROWS_MAX = 200
"""A table of more rows than this helps nobody; what is left out is counted."""

Row = Sequence[str]


def table(head: Row, rows: Iterable[Row]) -> str:
    """As Markdown; what people typed bends no cell."""
    every = list(rows)
    if not every:
        return "None."
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(map(cell, row))} |" for row in every[:ROWS_MAX]]
    text = "\n".join(lines)
    left = len(every) - ROWS_MAX
    return f"{text}\n\n{left:,} more are in the JSON file." if left > 0 else text


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {one_line(line)}" for line in lines)


def one_line(text: str) -> str:
    """What people typed must not become headings or rows of its own."""
    return " ".join(text.split())


def cell(text: str) -> str:
    return one_line(str(text)).replace("|", "\\|")


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def usd(amount: Decimal | None) -> str:
    """With its sign, in cents; UNKNOWN is said."""
    return "UNKNOWN" if amount is None else f"{amount:+,.2f}"
