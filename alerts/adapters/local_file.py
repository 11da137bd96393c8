"""A file on the machine: the last way, for when nothing else works. Somebody may be looking at it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alerts.delivery.adapter import Letter, Sending
from core.alerting.delivery import Answer


class LocalFile:
    """Each message is one line, and shown on the process's own error stream."""

    def __init__(
        self, path: Path, clock: Callable[[], datetime], say: Callable[[str], None]
    ) -> None:
        self._path = path
        self._clock = clock
        self._say = say

    async def send(self, letter: Letter) -> Sending:
        told = " | ".join(letter.text.splitlines())
        line = f"{self._clock():%Y-%m-%d %H:%M:%S} UTC {letter.title}: {told}"
        self._say(line)
        await asyncio.to_thread(self._append, line)
        return Sending(Answer(200))

    async def look_up(self, letter: Letter) -> bool | None:
        return None

    def _append(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(line + "\n")
