"""Phone numbers: what is one, and which may be called or written to."""

import re
from collections.abc import Mapping

from sandbox.pager.twilio.errors import TwilioError

E164 = re.compile(r"\+[1-9]\d{6,14}")


def wanted(form: Mapping[str, str], name: str, code: int, told: str) -> str:
    """Raises TwilioError where the field is missing."""
    value = form.get(name, "").strip()
    if not value:
        raise TwilioError(code, told)
    return value


def checked_to(form: Mapping[str, str], missing: int) -> str:
    to = wanted(form, "To", missing, "A 'To' phone number is required.")
    if not E164.fullmatch(to):
        raise TwilioError(21211, f"The 'To' number {to} is not a valid phone number.")
    return to


def checked_url(form: Mapping[str, str], name: str, code: int) -> str:
    url = form.get(name, "").strip()
    if url and not url.startswith(("http://", "https://")):
        raise TwilioError(code, f"{name} is not a valid URL: {url}")
    return url


def checked_method(form: Mapping[str, str], name: str) -> str:
    method = form.get(name, "POST").upper()
    if method not in ("GET", "POST"):
        raise TwilioError(21403, f"{name} is not a valid HTTP method: {method}")
    return method
