"""PagerDuty's webhooks, version 3: signed word of each turn that an incident takes."""

import asyncio
import hashlib
import hmac
import secrets

from sandbox.clock import Clock, rfc3339
from sandbox.loopback import to_json
from sandbox.pager.hooks import Hooks
from sandbox.pager.outward import Outward
from sandbox.pager.page import Json, Page

API = "https://api.pagerduty.com"
SITE = "https://perps.pagerduty.com"
SERVICE_ID, POLICY_ID = "PERPS01", "PPOLICY"
TRIES = 4
FIRST_WAIT_S = 1.0
STATUS_OF = {"ringing": "triggered", "acknowledged": "acknowledged", "resolved": "resolved"}


class IncidentHooks:
    def __init__(self, hooks: Hooks, outward: Outward, secret: str, clock: Clock) -> None:
        self._hooks = hooks
        self._outward = outward
        self._secret = secret.encode()
        self._clock = clock

    def tell(self, page: Page, event_type: str, by: str | None) -> None:
        url = self._hooks.pagerduty_url
        if url:
            body = to_json({"event": self._event(page, event_type, by)})
            self._outward.later(page.id, self._send(url, body))

    def _event(self, page: Page, event_type: str, by: str | None) -> Json:
        agent = _reference("users", _user_id(by), by, "user") if by else None
        return {
            "id": f"01{secrets.token_hex(12).upper()}",
            "event_type": event_type,
            "resource_type": "incident",
            "occurred_at": rfc3339(self._clock.now()),
            "agent": agent,
            "client": {"name": "PagerDuty"} if by else None,
            "data": _incident(page),
        }

    async def _send(self, url: str, body: bytes) -> None:
        """Tried again while the app does not answer with 2xx, and given up in the end."""
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PagerDuty-Webhook/V3.0",
            "X-PagerDuty-Signature": f"v1={signature}",
            "X-Webhook-Subscription": "PWEBHK1",
        }
        wait_s = FIRST_WAIT_S
        for left in reversed(range(TRIES)):
            heard = await self._outward.ask("POST", url, body, headers)
            if heard.went_well or not left:
                return
            await asyncio.sleep(wait_s)
            wait_s *= 2


def _incident(page: Page) -> Json:
    severity = page.detail["payload"].get("severity")
    on_call = _reference("users", _user_id("on-call"), "on-call", "user")
    return {
        "id": page.id,
        "type": "incident",
        "self": f"{API}/incidents/{page.id}",
        "html_url": f"{SITE}/incidents/{page.id}",
        "number": page.detail["incident_number"],
        "status": STATUS_OF[page.state],
        "incident_key": page.dedup_key,
        "created_at": rfc3339(page.at),
        "title": page.text,
        "service": _reference("services", SERVICE_ID, "Perps desk", "service"),
        "assignees": [] if page.state == "resolved" else [on_call],
        "escalation_policy": _reference(
            "escalation_policies", POLICY_ID, "Default", "escalation_policy"
        ),
        "teams": [],
        "priority": None,
        "urgency": "high" if severity in ("critical", "error") else "low",
        "conference_bridge": None,
        "resolve_reason": None,
    }


def _reference(collection: str, id: str, summary: str | None, kind: str) -> Json:
    return {
        "html_url": f"{SITE}/{collection}/{id}",
        "id": id,
        "self": f"{API}/{collection}/{id}",
        "summary": summary,
        "type": f"{kind}_reference",
    }


def _user_id(name: str | None) -> str:
    return "P" + "".join(sign for sign in str(name).upper() if sign.isalnum())[:12]
