"""Waiting for whichever comes first: being woken, or the time."""

import asyncio


async def woken_within(woken: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
