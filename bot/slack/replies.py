"""How Slack's Web API fails to answer, and reading what an answer must hold."""

from typing import Any, TypeVar

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

T = TypeVar("T")


class NoContent(Exception):
    """An answer that says ok and does not hold what it must: a proxy's, or an outage's."""


NO_ANSWER = (SlackApiError, ClientError, TimeoutError, OSError, NoContent)
"""Whatever it was, what was asked for is not known."""


def content(reply: Any, name: str, kind: type[T]) -> T:
    """Raises NoContent."""
    found = reply.get(name)
    if not isinstance(found, kind):
        raise NoContent(f"Slack's answer holds no {name!r}")
    return found


def error_of(error: BaseException) -> str:
    """Slack's own code for what went wrong, or ours."""
    if isinstance(error, SlackApiError):
        return str(error.response.get("error"))
    return f"{type(error).__name__} {error}".strip()


def is_passing(error: SlackApiError) -> bool:
    """Too much at once, or Slack's own trouble: another time it may be answered."""
    status: int = error.response.status_code
    return status == 429 or status >= 500
