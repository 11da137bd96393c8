"""Text messages: taken, sent, delivered or not, and what people reply."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from multidict import MultiMapping

from sandbox.clock import parse_rfc3339, rfc3339
from sandbox.loopback import BadInput
from sandbox.pager.credentials import Credentials
from sandbox.pager.hooks import Hooks
from sandbox.pager.outward import Heard
from sandbox.pager.page import Json, Page, Provider
from sandbox.pager.pages import Pages
from sandbox.pager.phones import Line, Phones
from sandbox.pager.twilio.app import API_VERSION, TwilioApp
from sandbox.pager.twilio.errors import TwilioError, not_found
from sandbox.pager.twilio.listing import listed, rfc2822
from sandbox.pager.twilio.numbers import checked_to, checked_url, wanted
from sandbox.pager.twilio.twiml import Broken, messages_of

BODY_MAX = 1_600
SEGMENT, SEGMENT_OF_MANY = 160, 153
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
UNREACHABLE = 30003
UNDER_WAY = ("queued", "sent")


class Messages:
    def __init__(
        self, pages: Pages, phones: Phones, app: TwilioApp, hooks: Hooks, credentials: Credentials
    ) -> None:
        self._pages = pages
        self._phones = phones
        self._app = app
        self._hooks = hooks
        self._credentials = credentials
        texts = pages.of(Provider.SMS)
        self._under_way = {page.id: page for page in texts if page.state in UNDER_WAY}

    # What the REST API does.

    def create(self, form: Mapping[str, str]) -> Json:
        """Raises TwilioError."""
        to = checked_to(form, 21604)
        sender = self._sender(form)
        body = wanted(form, "Body", 21602, "Message body is required.")
        if len(body) > BODY_MAX:
            told = f"The concatenated message body exceeds the {BODY_MAX} character limit"
            raise TwilioError(21617, told)
        if self._phones.at(to).stopped:
            raise TwilioError(21610, "Attempt to send to unsubscribed recipient")
        callback = checked_url(form, "StatusCallback", 21609)
        return self.view(self._send(to, sender, body, callback))

    def fetch(self, sid: str, path: str) -> Json:
        page = self._pages.known(sid)
        if page is None or page.provider is not Provider.SMS:
            raise not_found(path)
        return self.view(page)

    def listed(self, query: MultiMapping[str], path: str) -> Json:
        texts = self._pages.of(Provider.SMS)
        return listed(texts, query, "messages", path, ("DateSent", _sent_at), self.view)

    def view(self, page: Page) -> Json:
        told = page.detail
        account = f"/{API_VERSION}/Accounts/{self._credentials.account_sid}"
        uri = f"{account}/Messages/{page.id}"
        return {
            "sid": page.id,
            "account_sid": self._credentials.account_sid,
            "api_version": API_VERSION,
            "messaging_service_sid": None,
            "to": page.to,
            "from": told["from"],
            "body": page.text,
            "status": told["status"],
            "direction": told["direction"],
            "num_segments": str(_segments(page.text)),
            "num_media": "0",
            "error_code": told["error_code"],
            "error_message": "Unreachable destination handset" if told["error_code"] else None,
            "price": None,
            "price_unit": "USD",
            "date_created": rfc2822(rfc3339(page.at)),
            "date_updated": rfc2822(told["updated"]),
            "date_sent": rfc2822(told["sent"]),
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }

    # What happens on the way.

    def tick(self) -> None:
        """Every message under way comes one step further."""
        for page in list(self._under_way.values()):
            if page.state == "queued":
                page.detail["sent"] = rfc3339(self._now())
                self._move(page, "sent")
            elif self._phones.at(page.to).line is Line.OFF:
                page.detail["error_code"] = UNREACHABLE
                self._move(page, "undelivered")
            else:
                self._move(page, "delivered")
            if page.state not in UNDER_WAY:
                del self._under_way[page.id]

    async def reply(self, page: Page, words: str) -> list[Heard]:
        """From the person to the number that the message came from. Raises BadInput."""
        if page.is_reply or page.state not in ("delivered", "answered"):
            raise BadInput(f"a text message that is {page.state!r} cannot be replied to")
        if not words.strip() or len(words) > BODY_MAX:
            raise BadInput(f"reply must be a text of 1 to {BODY_MAX} characters")
        person, number = page.to, page.detail["from"]
        self._heed(person, words)
        inbound = self._kept(number, person, words, "received", "inbound", is_reply=True)
        self._pages.move(page, "answered", reply=words)
        url = self._hooks.sms_url
        if not url:
            return [Heard("", None, "no address is set for replies: --sms-url or POST /_sim/hooks")]
        heard = await self._app.ask("POST", url, self._inbound_form(inbound))
        self._answered(heard, person, number)
        return [heard]

    def _answered(self, heard: Heard, person: str, number: str) -> None:
        """What the app says to a reply comes back as text messages."""
        if not heard.went_well or not heard.text.strip():
            return
        try:
            words = [heard.text] if heard.content_type == "text/plain" else messages_of(heard.text)
        except Broken:
            return
        for text in words:
            if text.strip() and not self._phones.at(person).stopped:
                self._send(person, number, text[:BODY_MAX], "", "outbound-reply")

    def _heed(self, person: str, words: str) -> None:
        said = words.strip().upper()
        if said in STOP_WORDS or said in START_WORDS:
            phone = self._phones.at(person)
            phone.stopped = said in STOP_WORDS
            self._phones.keep(phone)

    def _send(
        self, to: str, sender: str, body: str, callback: str, direction: str = "outbound-api"
    ) -> Page:
        page = self._kept(to, sender, body, "queued", direction)
        page.detail["callback"] = callback
        self._under_way[page.id] = page
        return page

    def _kept(
        self, to: str, sender: str, body: str, state: str, direction: str, is_reply: bool = False
    ) -> Page:
        page = self._pages.new(f"SM{secrets.token_hex(16)}", Provider.SMS, to, body, state)
        now = rfc3339(self._now())
        page.is_reply = is_reply
        page.detail = {
            "from": sender,
            "status": state,
            "direction": direction,
            "error_code": None,
            "updated": now,
            "sent": now if is_reply else None,
            "callback": "",
        }
        return self._pages.add(page)

    def _move(self, page: Page, status: str) -> None:
        page.detail["status"], page.detail["updated"] = status, rfc3339(self._now())
        self._pages.move(page, status)
        form = {
            "MessageSid": page.id,
            "SmsSid": page.id,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": page.to,
            "From": page.detail["from"],
        }
        if page.detail["error_code"]:
            form["ErrorCode"] = str(page.detail["error_code"])
        self._app.tell(page.id, "POST", page.detail["callback"], form)

    def _inbound_form(self, page: Page) -> dict[str, str]:
        names = ("MessageSid", "SmsSid", "SmsMessageSid")
        return {
            **dict.fromkeys(names, page.id),
            "From": page.detail["from"],
            "To": page.to,
            "Body": page.text,
            "NumMedia": "0",
            "NumSegments": str(_segments(page.text)),
            "SmsStatus": "received",
        }

    def _sender(self, form: Mapping[str, str]) -> str:
        if form.get("MessagingServiceSid"):
            raise TwilioError(21703, "The Messaging Service does not contain a phone number.")
        sender = wanted(form, "From", 21603, "A 'From' phone number is required.")
        if sender != self._credentials.number:
            told = f"'From' {sender} is not a Twilio phone number or short code country combination"
            raise TwilioError(21660, told)
        return sender

    def _now(self) -> datetime:
        return self._pages.clock.now()


def _sent_at(page: Page) -> datetime:
    return parse_rfc3339(page.detail["sent"]) if page.detail["sent"] else page.at


def _segments(body: str) -> int:
    """Of the plain alphabet."""
    return 1 if len(body) <= SEGMENT else -(-len(body) // SEGMENT_OF_MANY)
