"""A guard whose loop is the real one, but holds the interpreter for ever once a file says so.

Sleeping in C without letting go of the interpreter is what an extension does that hangs: no thread of
that process runs any more, and no watchdog inside it could notice.
"""

import ctypes
import sys
import threading
import time
from pathlib import Path

from core.modes import Mode
from trader.__main__ import main
from trader.profiles import DEV
from trader.run_guard import GuardOptions, run_guard
from trader.settings import Settings

WEDGE = "WEDGE"


def wedge_when_told(file: Path) -> None:
    while not file.exists():
        time.sleep(0.01)
    ctypes.PyDLL(None).sleep(600)


def guard(home: Path, module: str) -> int:
    options = GuardOptions(
        home=home,
        profile=DEV.name,
        dry_run=False,
        run_once=False,
        reduce_only=False,
        hold=False,
        first_mode=Mode.ACTIVE,
        command=(sys.executable, "-m", module),
    )
    return run_guard(options, Settings(), DEV)


if __name__ == "__main__":
    home = Path(next(a for a in sys.argv if a.startswith("--home=")).removeprefix("--home="))
    if "loop" not in sys.argv:
        sys.exit(guard(home, "tests.torture.wedging"))
    threading.Thread(target=wedge_when_told, args=(home / WEDGE,), daemon=True).start()
    sys.exit(main(sys.argv[1:]))
