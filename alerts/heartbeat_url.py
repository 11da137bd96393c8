"""Tells somebody outside of this machine that alerts work: when that stops, they are the ones who alert."""

import asyncio
import logging
from collections.abc import Callable

import aiohttp

log = logging.getLogger(__name__)

EVERY_S = 60.0
VARIABLE = "PERPS_HEARTBEAT_URL"


async def call_outside(
    session: aiohttp.ClientSession, url: str, works: Callable[[], bool], every_s: float = EVERY_S
) -> None:
    """Until cancelled. A process that no longer settles anything says nothing."""
    while True:
        if works():
            await _call(session, url)
        else:
            log.warning("alerts are not settled in time; the outside heartbeat is left out")
        await asyncio.sleep(every_s)


async def _call(session: aiohttp.ClientSession, url: str) -> None:
    try:
        async with session.get(url, allow_redirects=False) as reply:
            if reply.status >= 300:
                log.warning("the outside heartbeat was answered with %s", reply.status)
    except (aiohttp.ClientError, TimeoutError) as why:
        log.warning("the outside heartbeat did not get through: %s", type(why).__name__)
