"""The real trader, but its loop strikes itself at a point that a file names, and may have a bug planted.

Nothing of this is in the product: the functions are wrapped here, in this process.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from store.brake import Brake
from store.events import EventLog
from store.gate import SendGate
from tests.torture.sabotage import SABOTAGES
from tests.torture.wedging import WEDGE, guard, wedge_when_told
from trader.__main__ import main
from trader.desk import DeskGate
from trader.flatten import Flatten
from trader.sender import Sender
from trader.sync import Sync

STRIKE, SABOTAGE = "STRIKE", "SABOTAGE"
"""Files in the home: where to be struck and how, and which bug to have."""

BEFORE: dict[str, tuple[type, str]] = {
    "before an intent is recorded": (DeskGate, "record"),
    "between intent and gate": (DeskGate, "pass_through"),
    "before a reply is booked": (Sender, "_settle"),
    "before a look is booked": (Sync, "_took"),
    "inside a transaction": (EventLog, "append"),
    "between commit and page": (Brake, "_follow_row"),
    "between cancel and close": (Flatten, "_cancel_then_close"),
    "before a leg is moved": (Flatten, "_to"),
}
AT_THE_WIRE = ("inside the gate", "when the bytes have left")
POINTS = (*BEFORE, *AT_THE_WIRE)


class Striker:
    """Looks whether it is told to strike, and strikes once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def at(self, point: str) -> None:
        try:
            wanted, number = self._file.read_text().rsplit("|", 1)
        except (FileNotFoundError, ValueError):
            return
        if wanted == point:
            self._file.unlink()
            os.kill(os.getpid(), signal.Signals(int(number)))

    def wrap(self) -> None:
        for point, (owner, name) in BEFORE.items():
            setattr(owner, name, self._struck(getattr(owner, name), point))
        real = SendGate.pass_through

        def pass_through(gate: SendGate, intent: Any, write: Callable[[Any], None]) -> Any:
            def struck(approved: Any) -> None:
                self.at("inside the gate")
                write(approved)
                self.at("when the bytes have left")

            return real(gate, intent, struck)

        setattr(SendGate, "pass_through", pass_through)  # noqa: B010 (the types differ)

    def _struck(self, real: Callable[..., Any], point: str) -> Callable[..., Any]:
        def wrapped(*parts: Any, **named: Any) -> Any:
            self.at(point)
            return real(*parts, **named)

        return wrapped


def sabotage(file: Path) -> None:
    if file.exists():
        SABOTAGES[file.read_text()].plant()


if __name__ == "__main__":
    home = Path(next(a for a in sys.argv if a.startswith("--home=")).removeprefix("--home="))
    sabotage(home / SABOTAGE)
    if "loop" not in sys.argv:
        sys.exit(guard(home, "tests.torture.faulty"))
    Striker(home / STRIKE).wrap()
    threading.Thread(target=wedge_when_told, args=(home / WEDGE,), daemon=True).start()
    sys.exit(main(sys.argv[1:]))
