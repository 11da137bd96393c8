"""Any service that the optional library Apprise knows: for the long tail, never for waking somebody.

It says only whether a message was taken: neither why not, nor when to try again.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from alerts.delivery.adapter import Letter, Sending
from core.alerting.delivery import Answer

LIBRARY = "apprise"
NOT_INSTALLED = "apprise is not installed: pip install 'perps-bot[apprise]'"
THREADS = 4
"""Of its own: services that hang must not keep those that the store is asked in."""
TAKEN, NOT_TAKEN, UNKNOWN_ADDRESS = 200, 503, 400


def is_installed() -> bool:
    """With `pip install 'perps-bot[apprise]'`."""
    return importlib.util.find_spec(LIBRARY) is not None


class ViaApprise:
    """A person's address is the name of a variable: the URL in it holds a secret."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._threads = ThreadPoolExecutor(THREADS, LIBRARY)

    async def send(self, letter: Letter) -> Sending:
        url = self._environment.get(letter.to)
        if url is None:
            return Sending(Answer(UNKNOWN_ADDRESS, f"the variable {letter.to} is not set"))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _notify, url, letter)

    async def look_up(self, letter: Letter) -> bool | None:
        """It cannot be asked."""
        return None


def _notify(url: str, letter: Letter) -> Sending:
    """An object for each message: one that is kept waits seconds between two."""
    target = importlib.import_module(LIBRARY).Apprise()
    if not target.add(url):
        return Sending(Answer(UNKNOWN_ADDRESS, f"Apprise does not understand {letter.to}"))
    taken = target.notify(title=letter.title, body=letter.text)
    return Sending(Answer(TAKEN if taken else NOT_TAKEN))
