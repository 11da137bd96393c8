"""ntfy: a push notification with buttons; sent again under one sequence id it replaces the first."""

import aiohttp

from alerts.adapters.replies import answer_of
from alerts.answer_links import AnswerLinks
from alerts.delivery.adapter import Letter, Sending
from core.alerting.levels import Level

PRIORITIES = {Level.WARNING: 2, Level.INTERVENTION: 3, Level.CRITICAL: 5, Level.EMERGENCY: 5}


class Ntfy:
    """Publishes to a server of one's own, or to ntfy.sh."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str | None,
        links: AnswerLinks | None = None,
    ) -> None:
        """With `links` a message has a button that takes the alert."""
        self._session = session
        self._url = url
        self._links = links
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send(self, letter: Letter) -> Sending:
        body = {
            "topic": letter.to,
            "title": letter.title,
            "message": letter.text,
            "priority": PRIORITIES[letter.level],
            "tags": ["white_check_mark" if letter.closes else "rotating_light"],
            "sequence_id": letter.key.translate(_SAFE)[:64],
            "actions": self._buttons(letter),
        }
        async with self._session.post(
            self._url, json=body, headers=self._headers, allow_redirects=False
        ) as reply:
            told = await reply.json() if reply.status == 200 else {}
            error = "" if reply.status != 200 or told.get("id") else "no id in the answer"
            return Sending(answer_of(reply, error), str(told.get("id", "")))

    def _buttons(self, letter: Letter) -> list[dict[str, object]]:
        if self._links is None or not letter.answerable:
            return []
        several = len(letter.alert_ids) > 1
        label = f"Acknowledge all {len(letter.alert_ids)}" if several else "Acknowledge"
        url = self._links.to_acknowledge(letter.alert_ids[0], letter.person)
        return [{"action": "http", "label": label, "url": url, "method": "POST", "clear": True}]

    async def look_up(self, letter: Letter) -> bool | None:
        """Not needed: the second replaces the first."""
        return None


_SAFE = str.maketrans({":": "-", ">": "-", " ": "-"})
