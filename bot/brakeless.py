"""Holding a desk whose store cannot be used at all: the page and the KILL file need no database."""

from pathlib import Path

from bot.answer import FAILED, Answer
from store.brake import hold_without_store
from store.home import Home


def hold_anyway(home: Path, why: Exception) -> Answer:
    """Close every gate of the home. The answer says what holds and what is not known."""
    lines = [f"It could not be recorded: {type(why).__name__}: {why}"]
    try:
        held = hold_without_store(Home(home.absolute()))
    except OSError as worse:
        lines += [
            f"The KILL file cannot be written either: {worse.strerror}: {worse.filename}.",
            "End the trader (its processes are called `trader`), and cancel and close on the "
            "exchange's own screen.",
        ]
        return Answer("THE DESK MAY NOT BE HELD", lines, [], {"held": False}, FAILED)
    lines.append(
        "Nothing new leaves this machine. Orders and positions at the exchange are as they were, "
        "STILL OPEN: use the exchange's own screen, mend the store, then kill again."
    )
    names = ", ".join(held) or "every desk"
    title = f"{names}: HELD by page and KILL file, RECORD PENDING: nothing could be recorded"
    return Answer(title, lines, [], {"held": True, "desks": held, "recorded": False}, FAILED)
