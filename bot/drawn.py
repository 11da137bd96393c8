"""Reports are drawn by the process whose work that is: it is asked, and answers with files."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.answer import FAILED, Answer

WITHIN_S = 60


def draw(home: Path, *asked: str) -> Mapping[str, Any] | Answer:
    """What was written (`files`, and for a digest what it says), or why nothing was.

    `asked` as in `python -m alerts.reports --help`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "alerts.reports", "--home", str(home), *asked],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer("Failed: the report took too long", ["Try again."], code=FAILED)
    if done.returncode:
        lines = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return Answer("Failed: the report could not be written", lines, code=FAILED)
    told: dict[str, Any] = json.loads(done.stdout)
    return told
