"""Waiting for whichever comes first: being woken, or the time."""

import asyncio


async def woken_within(woken: asyncio.Event, seconds: float) -> None:
    """A timeout of its own, because `wait_for` can lose a cancellation that comes at the same moment."""
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
