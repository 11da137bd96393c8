"""Parts of the bot inside the test's own event loop, on a real workspace and a real store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.__main__ import clock
from bot.slack.message import Message, message, section
from bot.slack.mrkdwn import escape
from bot.slack.posting import Posting
from bot.slack.threads import Threads
from tests.slack.home import Home
from tests.slack.workspace_process import WorkspaceProcess

T = TypeVar("T")
ANSWER_WITHIN_S = 0.5


@asynccontextmanager
async def web(
    workspace: WorkspaceProcess, patience_s: float = ANSWER_WITHIN_S
) -> AsyncIterator[AsyncWebClient]:
    """A client as the bot has it: what is lost is not sent again by it."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(patience_s)) as session:
        yield AsyncWebClient(
            token=workspace.bot_token,
            base_url=workspace.api,
            session=session,
            retry_handlers=[],
        )


def with_posting(
    workspace: WorkspaceProcess, home: Home, work: Callable[[Posting], Awaitable[T]]
) -> T:
    """What became of it, in a process that begins now as far as posting goes."""

    async def run() -> T:
        threads = Threads()
        try:
            async with web(workspace) as slack:
                return await work(Posting(slack, home.own_store(), clock, threads))
        finally:
            threads.close()

    return asyncio.run(run())


def saying(text: str) -> Message:
    return message(escape(text), [section(escape(text))])


async def within(condition: Callable[[], object], seconds: float = 8) -> None:
    """A bounded wait that lets the event loop run."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s in vain"
        await asyncio.sleep(0.02)
