"""Channels by the names that people give them."""

from slack_sdk.web.async_client import AsyncWebClient

from alerts.slack.posting import NO_ANSWER, NotNow

PAGES, PAGE = 20, 200
AGAIN_S = 15.0


class Channels:
    """Asks Slack once for each name."""

    def __init__(self, slack: AsyncWebClient) -> None:
        self._slack = slack
        self._found: dict[str, str] = {}

    async def id_of(self, named: str) -> str:
        """A channel that is named by its id needs no looking up. Raises NotNow."""
        if named.isupper():
            return named
        if named not in self._found:
            self._found[named] = await self._look_up(named)
        return self._found[named]

    async def _look_up(self, named: str) -> str:
        cursor: str | None = None
        try:
            for _ in range(PAGES):
                reply = await self._slack.conversations_list(limit=PAGE, cursor=cursor)
                for channel in reply.get("channels") or []:
                    if channel.get("name") == named:
                        return str(channel["id"])
                cursor = (reply.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    break
        except NO_ANSWER as error:
            raise NotNow(f"Slack does not say which channel {named} is: {error}", 2.0) from error
        raise NotNow(f"there is no channel {named!r}", AGAIN_S)
