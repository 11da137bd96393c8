"""A client for Slack's Web API that tries nothing twice by itself: a second try would be a second post."""

from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from alerts.slack.settings import SlackAccess

ANSWER_S = 15
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def web_client(access: SlackAccess, session: aiohttp.ClientSession) -> AsyncWebClient:
    client = AsyncWebClient(
        token=access.token,
        base_url=access.url,
        session=session,
        retry_handlers=[],
        timeout=ANSWER_S,
    )
    if urlsplit(access.url).hostname in LOOPBACK:
        client.proxy = None  # the library takes one from the environment even for loopback
    return client
