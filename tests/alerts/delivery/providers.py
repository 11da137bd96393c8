"""Providers that answer as they are told to, and fail the test on what nobody expected."""

import asyncio
from collections import deque

from alerts.delivery.adapter import Letter, Sending
from core.alerting.delivery import Answer, Failure

OK = Sending(Answer(200), "p-1")
BUSY = Sending(Answer(429, retry_after="7"))
DOWN = Sending(Answer(500))
REFUSED = Sending(Answer(400, "no such number"))
LOST = Sending(Answer(failure=Failure.TIMEOUT))


class Provider:
    """Obeys the adapters' protocol. Without anything else said it takes every message."""

    def __init__(self, *answers: Sending | Exception) -> None:
        self.got: list[Letter] = []
        self.asked: list[Letter] = []
        self.has = False
        """What it says when it is asked for a message whose answer was lost."""
        self.gate: asyncio.Event | None = None
        """Set, it lets nothing through until then."""
        self._answers = deque(answers)

    async def send(self, letter: Letter) -> Sending:
        self.got.append(letter)
        if self.gate is not None:
            await self.gate.wait()
        answer = self._answers.popleft() if self._answers else OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def look_up(self, letter: Letter) -> bool | None:
        self.asked.append(letter)
        return self.has

    @property
    def texts(self) -> list[str]:
        return [f"{letter.title}: {letter.text}" for letter in self.got]
