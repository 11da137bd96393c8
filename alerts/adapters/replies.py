"""Reading an HTTP reply as an answer."""

import aiohttp

from core.alerting.delivery import Answer


def answer_of(reply: aiohttp.ClientResponse, error: str = "") -> Answer:
    """Redirects are not followed: a provider does not move, and a proxy's page is no receipt."""
    return Answer(reply.status, error, reply.headers.get("Retry-After"))
