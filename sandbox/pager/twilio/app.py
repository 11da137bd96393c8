"""How Twilio asks the app: signed forms, and what comes back."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from sandbox.pager.credentials import Credentials
from sandbox.pager.outward import Heard, Outward

API_VERSION = "2010-04-01"


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """Over the address as it was given and the form's fields by their names."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    made = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(made).decode()


class TwilioApp:
    def __init__(self, outward: Outward, credentials: Credentials) -> None:
        self._outward = outward
        self._token = credentials.auth_token
        self._always = {"AccountSid": credentials.account_sid, "ApiVersion": API_VERSION}

    async def ask(self, method: str, url: str, form: Mapping[str, str]) -> Heard:
        said = {**form, **self._always}
        if method == "GET":
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(said)}"
            signed, body = signature(self._token, url, {}), b""
        else:
            signed, body = signature(self._token, url, said), urlencode(said).encode()
        headers = {"X-Twilio-Signature": signed, "User-Agent": "TwilioProxy/1.1"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return await self._outward.ask(method, url, body, headers)

    def tell(self, page_id: str, method: str, url: str, form: Mapping[str, str]) -> None:
        """A status callback: nobody waits for what the app says to it."""
        if url:
            self._outward.later(page_id, self.ask(method, url, form))
