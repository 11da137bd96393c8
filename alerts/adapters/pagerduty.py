"""PagerDuty, Events API v2: one incident for each alert, however often it is told."""

import aiohttp

from alerts.adapters.replies import answer_of
from alerts.delivery.adapter import Letter, Sending
from core.alerting.levels import Level

SEVERITIES = {
    Level.WARNING: "warning",
    Level.INTERVENTION: "error",
    Level.CRITICAL: "critical",
    Level.EMERGENCY: "critical",
}
ACCEPTED = 202


class PagerDuty:
    """`dedup_key` is the alert's id: sent again it updates the incident and pages nobody anew."""

    def __init__(self, session: aiohttp.ClientSession, url: str, routing_key: str) -> None:
        self._session = session
        self._url = url.rstrip("/") + "/v2/enqueue"
        self._routing_key = routing_key

    async def send(self, letter: Letter) -> Sending:
        """Alerts told together are one incident; each that ends may have had one of its own."""
        ids = letter.alert_ids if letter.closes else letter.alert_ids[:1]
        for id in ids[:-1]:
            sending = await self._post(event(letter, self._routing_key, id))
            if sending.answer.status != ACCEPTED or sending.answer.error:
                return sending
        return await self._post(event(letter, self._routing_key, ids[-1]))

    async def _post(self, body: dict[str, object]) -> Sending:
        async with self._session.post(self._url, json=body, allow_redirects=False) as reply:
            told = await reply.json() if reply.status == ACCEPTED else {}
            odd = reply.status == ACCEPTED and told.get("status") != "success"
            return Sending(
                answer_of(reply, str(told.get("message") or "not accepted") if odd else ""),
                str(told.get("dedup_key", "")),
            )

    async def look_up(self, letter: Letter) -> bool | None:
        """Not needed: the second updates the first."""
        return None


def event(letter: Letter, routing_key: str, alert_id: str) -> dict[str, object]:
    sent: dict[str, object] = {
        "routing_key": routing_key,
        "event_action": "resolve" if letter.closes else "trigger",
        "dedup_key": alert_id,
    }
    if letter.closes:
        return sent
    told = {
        "summary": f"{letter.title}: {letter.text}"[:1024],
        "source": letter.rule.partition("/")[0],
        "severity": SEVERITIES[letter.level],
        "component": letter.rule,
        "custom_details": {"alerts": list(letter.alert_ids)},
    }
    return {**sent, "payload": told}
