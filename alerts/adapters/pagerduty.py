"""PagerDuty, Events API v2: one incident for each alert, however often it is told."""

import asyncio

import aiohttp

from alerts.adapters.replies import answer_of
from alerts.delivery.adapter import Letter, Part, Sending
from core.alerting.levels import Level

SEVERITIES = {
    Level.WARNING: "warning",
    Level.INTERVENTION: "error",
    Level.CRITICAL: "critical",
    Level.EMERGENCY: "critical",
}
ACCEPTED = 202
OWN_MAX = 20
"""So many incidents are opened by one message at most: a service takes some 120 events a minute."""


class PagerDuty:
    """`dedup_key` is the alert's id: sent again it updates the incident and pages nobody anew."""

    def __init__(self, session: aiohttp.ClientSession, url: str, routing_key: str) -> None:
        self._session = session
        self._url = url.rstrip("/") + "/v2/enqueue"
        self._routing_key = routing_key

    async def send(self, letter: Letter) -> Sending:
        """Each alert has an incident of its own, so that the end of one leaves the others ringing.

        What is not taken is reason to send all of it again: what was taken is updated then.
        """
        sendings = await asyncio.gather(
            *(self._post(one) for one in events(letter, self._routing_key))
        )
        return next((one for one in sendings if not _is_taken(one)), sendings[0])

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


def _is_taken(sending: Sending) -> bool:
    return sending.answer.status == ACCEPTED and not sending.answer.error


def events(letter: Letter, routing_key: str) -> list[dict[str, object]]:
    """Every end is told; of what begins, as many as people could look at."""
    begun = [part for part in letter.parts if not part.closes]
    others = len(begun[OWN_MAX:])
    return [
        *(_event(routing_key, "resolve", part) for part in letter.parts if part.closes),
        *(
            {**_event(routing_key, "trigger", part), "payload": _payload(letter, part, others)}
            for part in begun[:OWN_MAX]
        ),
    ]


def _event(routing_key: str, action: str, part: Part) -> dict[str, object]:
    return {"routing_key": routing_key, "event_action": action, "dedup_key": part.alert_id}


def _payload(letter: Letter, part: Part, others: int) -> dict[str, object]:
    more = f" (and {others} more that have no incident of their own)" if others else ""
    return {
        "summary": f"{part.title}{more}: {part.text}"[:1024],
        "source": part.rule.partition("/")[0],
        "severity": SEVERITIES[part.level],
        "component": part.rule,
        "custom_details": {"alerts": list(letter.alert_ids)},
    }
