"""The REST API's addresses: who may ask, and which resource is meant."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.clock import rfc3339
from sandbox.pager.credentials import Credentials
from sandbox.pager.hooks import Hooks
from sandbox.pager.page import Json
from sandbox.pager.pages import Pages
from sandbox.pager.reply import Asked, answer
from sandbox.pager.twilio.app import API_VERSION
from sandbox.pager.twilio.calls import Calls
from sandbox.pager.twilio.errors import METHOD, UNAUTHENTICATED, TwilioError, not_found, refused
from sandbox.pager.twilio.listing import rfc2822
from sandbox.pager.twilio.messages import Messages

PREFIX = f"/{API_VERSION}/"
FORM = "application/x-www-form-urlencoded"


class TwilioRest:
    def __init__(
        self, pages: Pages, messages: Messages, calls: Calls, hooks: Hooks, known: Credentials
    ) -> None:
        self._pages = pages
        self._messages = messages
        self._calls = calls
        self._hooks = hooks
        self._known = known

    def handle(self, asked: Asked) -> web.Response:
        try:
            self._authenticate(asked.headers.get("Authorization", ""))
            status, body = self._route(asked)
            return answer(status, body)
        except TwilioError as error:
            return refused(error)

    def _authenticate(self, header: str) -> None:
        """Raises TwilioError."""
        scheme, _, encoded = header.partition(" ")
        try:
            said = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise UNAUTHENTICATED from None
        right = f"{self._known.account_sid}:{self._known.auth_token}".encode()
        if scheme.lower() != "basic" or not hmac.compare_digest(said, right):
            raise UNAUTHENTICATED

    def _route(self, asked: Asked) -> tuple[int, Json]:
        account = f"{PREFIX}Accounts/{self._known.account_sid}"
        if asked.path == f"{account}.json" and asked.method == "GET":
            return 200, self._account(asked.path)
        if not asked.path.startswith(f"{account}/") or not asked.path.endswith(".json"):
            raise not_found(asked.path)
        name, _, sid = asked.path[len(account) + 1 : -len(".json")].partition("/")
        if name == "Messages":
            return self._message(asked, sid)
        if name == "Calls":
            return self._call(asked, sid)
        if name == "IncomingPhoneNumbers":
            return self._number(asked, sid)
        raise not_found(asked.path)

    def _message(self, asked: Asked, sid: str) -> tuple[int, Json]:
        if asked.method == "GET":
            if sid:
                return 200, self._messages.fetch(sid, asked.path)
            return 200, self._messages.listed(asked.query, asked.path)
        if asked.method == "POST" and not sid:
            return 201, self._messages.create(_form(asked))
        raise METHOD

    def _call(self, asked: Asked, sid: str) -> tuple[int, Json]:
        if asked.method == "GET":
            if sid:
                return 200, self._calls.fetch(sid, asked.path)
            return 200, self._calls.listed(asked.query, asked.path)
        if asked.method != "POST":
            raise METHOD
        if sid:
            return 200, self._calls.update(sid, _form(asked), asked.path)
        return 201, self._calls.create(_form(asked))

    def _number(self, asked: Asked, sid: str) -> tuple[int, Json]:
        """Where people's replies go is a setting of the number."""
        if sid not in ("", self._known.number_sid):
            raise not_found(asked.path)
        if asked.method == "POST" and sid:
            url = _form(asked).get("SmsUrl")
            if url is not None:
                self._hooks.change({"sms_url": url})
            return 200, self._number_view()
        if asked.method != "GET":
            raise METHOD
        if sid:
            return 200, self._number_view()
        return 200, {"incoming_phone_numbers": [self._number_view()], "page": 0, "page_size": 50}

    def _number_view(self) -> Json:
        account, sid = self._known.account_sid, self._known.number_sid
        return {
            "sid": sid,
            "account_sid": account,
            "phone_number": self._known.number,
            "friendly_name": self._known.number,
            "sms_url": self._hooks.sms_url,
            "sms_method": "POST",
            "capabilities": {"voice": True, "sms": True, "mms": False},
            "uri": f"{PREFIX}Accounts/{account}/IncomingPhoneNumbers/{sid}.json",
        }

    def _account(self, path: str) -> Json:
        now = rfc2822(rfc3339(self._pages.clock.now()))
        return {
            "sid": self._known.account_sid,
            "friendly_name": "Perps sandbox",
            "status": "active",
            "type": "Full",
            "date_updated": now,
            "uri": path,
        }


def _form(asked: Asked) -> Mapping[str, str]:
    """Twilio takes forms only; a name that comes twice is a list, which its events are."""
    if asked.headers.get("Content-Type", "").partition(";")[0].strip().lower() != FORM:
        return {}
    form: dict[str, str] = {}
    for name, value in parse_qsl(asked.body.decode(errors="replace"), keep_blank_values=True):
        repeats = name == "StatusCallbackEvent" and name in form
        form[name] = f"{form[name]} {value}" if repeats else value
    return form
