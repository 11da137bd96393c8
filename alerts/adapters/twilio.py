"""Twilio: text messages and calls. It keeps no second one back, so a lost answer is looked up."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import aiohttp

from alerts.adapters.replies import answer_of
from alerts.delivery.adapter import Letter, Sending

CREATED = 201
SKEW = timedelta(seconds=20)
"""How much earlier than our attempt Twilio's clock may say that it was made."""
RING_S = 30


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """How Twilio is reached. `public_url` is where it can reach us, if it can."""

    url: str
    sid: str
    token: str
    number: str
    public_url: str | None

    def resource(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/2010-04-01/Accounts/{self.sid}/{name}.json"


class _Twilio:
    def __init__(self, session: aiohttp.ClientSession, account: TwilioAccount) -> None:
        self._session = session
        self._account = account
        given = base64.b64encode(f"{account.sid}:{account.token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {given}"}

    async def _create(self, name: str, form: dict[str, str]) -> Sending:
        async with self._session.post(
            self._account.resource(name), data=form, headers=self._headers, allow_redirects=False
        ) as reply:
            told = await reply.json() if reply.status == CREATED else {}
            failed = told.get("error_code") or (told.get("status") in ("failed", "canceled"))
            error = f"error {told.get('error_code')}" if failed else ""
            return Sending(answer_of(reply, error), str(told.get("sid", "")))

    async def _listed(self, name: str, letter: Letter, since: str) -> list[Any]:
        """What was made for this number since our attempt; nothing when it cannot be asked."""
        day = (letter.begun_at - SKEW).strftime("%Y-%m-%d")
        url = f"{self._account.resource(name)}?{urlencode({'To': letter.to, since: day})}"
        try:
            async with self._session.get(
                url, headers=self._headers, allow_redirects=False
            ) as reply:
                told = await reply.json() if reply.status == 200 else {}
        except (aiohttp.ClientError, TimeoutError):
            return []
        found: list[Any] = told.get(name.lower()) or []
        return found


class TwilioSms(_Twilio):
    async def send(self, letter: Letter) -> Sending:
        form = {"To": letter.to, "From": self._account.number, "Body": letter.text}
        if self._account.public_url:
            form["StatusCallback"] = f"{self._account.public_url}/twilio/status"
        return await self._create("Messages", form)

    async def look_up(self, letter: Letter) -> bool | None:
        """The text names the alert, so the same text to the same number is this message."""
        found = await self._listed("Messages", letter, "DateSent>")
        same = (one for one in found if one.get("body") == letter.text)
        return any(_made_since(one, letter.begun_at - SKEW) for one in same)


class TwilioVoice(_Twilio):
    async def send(self, letter: Letter) -> Sending:
        form = {"To": letter.to, "From": self._account.number, "Timeout": str(RING_S)}
        form["Twiml"] = twiml(letter, self._account.public_url)
        if self._account.public_url:
            form["StatusCallback"] = f"{self._account.public_url}/twilio/status"
        return await self._create("Calls", form)

    async def look_up(self, letter: Letter) -> bool | None:
        """A call's text cannot be asked for. Rather rung twice than not at all."""
        return None


def _made_since(message: Any, at: datetime) -> bool:
    """The day is the finest that can be asked for, and a reminder's text is the page's."""
    return parsedate_to_datetime(str(message["date_created"])) >= at


def twiml(letter: Letter, public_url: str | None) -> str:
    """What is spoken, twice, and what a key does. Silence acknowledges nothing."""
    said = f'<Say>{escape(letter.text)}</Say><Pause length="1"/><Say>{escape(letter.text)}</Say>'
    if public_url is None:
        return f"<Response>{said}</Response>"
    asked = urlencode({"alert": letter.alert_ids[0], "person": letter.person})
    action = escape(f"{public_url}/twilio/key?{asked}")
    return (
        f'<Response><Gather numDigits="1" timeout="10" action="{action}">{said}</Gather></Response>'
    )
