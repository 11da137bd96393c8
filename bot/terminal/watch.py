"""A looking command shown anew every few seconds until Ctrl+C."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from bot.answer import Answer
from bot.terminal.render import renderable


def watch(ask: Callable[[], Answer], every_s: float) -> int:
    """Show until interrupted; the last answer's code."""
    answer = ask()
    with Live(renderable(answer), console=Console(highlight=False), auto_refresh=False) as live:
        try:
            while True:
                time.sleep(every_s)
                answer = ask()
                live.update(renderable(answer), refresh=True)
        except KeyboardInterrupt:
            return answer.code
