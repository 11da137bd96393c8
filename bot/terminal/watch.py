"""A looking command shown anew every few seconds until Ctrl+C."""

import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.live import Live

from bot.answer import Answer
from bot.terminal.render import renderable, show


def watch(ask: Callable[[], Answer], every_s: float, out: TextIO, *, as_json: bool) -> int:
    """Show until interrupted; the last answer's code. One after the other where nothing is redrawn."""
    answer = ask()
    if as_json or not out.isatty():
        return _one_after_the_other(answer, ask, every_s, out, as_json=as_json)
    console = Console(file=out, highlight=False)
    with Live(renderable(answer), console=console, auto_refresh=False) as live:
        try:
            while True:
                time.sleep(every_s)
                answer = ask()
                live.update(renderable(answer), refresh=True)
        except KeyboardInterrupt:
            return answer.code


def _one_after_the_other(
    answer: Answer, ask: Callable[[], Answer], every_s: float, out: TextIO, *, as_json: bool
) -> int:
    try:
        while True:
            show(answer, as_json=as_json, out=out)
            out.flush()
            time.sleep(every_s)
            answer = ask()
    except KeyboardInterrupt:
        return answer.code
