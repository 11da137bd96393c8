"""Somebody outside hears that alerts work, and hears nothing as soon as they do not."""

import asyncio
import socket

import aiohttp
from aiohttp import web

from alerts.heartbeat_url import call_outside

BEAT_S = 0.01


async def heard(works: list[bool], status: int = 200) -> int:
    """How often the other side was called, after so many looks at whether alerts work."""
    looks, calls, done = iter(works), [], asyncio.Event()

    async def ping(_request: web.Request) -> web.Response:
        calls.append(1)
        return web.Response(status=status)

    def well() -> bool:
        is_well = next(looks, None)
        if is_well is None:
            done.set()
        return bool(is_well)

    server = web.Application()
    server.router.add_get("/ping", ping)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/ping"
    async with aiohttp.ClientSession() as session:
        calling = asyncio.create_task(call_outside(session, url, well, BEAT_S))
        try:
            async with asyncio.timeout(10):
                await done.wait()
        finally:
            calling.cancel()
            await runner.cleanup()
    return len(calls)


def test_it_calls_while_alerts_work_and_is_silent_when_they_do_not() -> None:
    assert asyncio.run(heard([True, False, False, True])) == 2


def test_a_bad_answer_ends_nothing() -> None:
    assert asyncio.run(heard([True, True, True], status=500)) == 3


def test_nobody_at_the_other_end_ends_nothing() -> None:
    async def run() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        looked, twice = [0], asyncio.Event()

        def well() -> bool:
            looked[0] += 1
            if looked[0] == 3:
                twice.set()
            return True

        async with aiohttp.ClientSession() as session:
            calling = asyncio.create_task(call_outside(session, url, well, BEAT_S))
            async with asyncio.timeout(10):
                await twice.wait()
            assert not calling.done()
            calling.cancel()

    asyncio.run(run())
