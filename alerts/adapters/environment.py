"""The alerts process's settings as they are given: what is empty is unset, what is half set is refused."""

from collections.abc import Mapping
from urllib.parse import urlsplit

PUBLIC_URL = "PERPS_PUBLIC_URL"
"""Where providers reach us: key presses and replies come in there."""
TOGETHER = {
    "TWILIO_ACCOUNT_SID": ("TWILIO_AUTH_TOKEN", "TWILIO_FROM"),
    "SMTP_HOST": ("SMTP_FROM",),
    "PERPS_WEBHOOK_URL": ("PERPS_WEBHOOK_SECRET",),
    "PERPS_WEBHOOK_SECRET": ("PERPS_WEBHOOK_URL",),
}
PORTS = ("PERPS_ALERTS_PORT", "SMTP_PORT")
PORT_MAX = 65_535


class SetUpWrong(Exception):
    """A setting cannot be meant as it stands; the message names it and says what is expected."""


def read_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Raises SetUpWrong."""
    found = {name: value for name, value in given.items() if value.strip()}
    for name, others in TOGETHER.items():
        missing = [other for other in others if name in found and other not in found]
        if missing:
            raise SetUpWrong(f"{name} is set, {' and '.join(missing)} is not: set both, or neither")
    for name in PORTS:
        if name in found and not _is_port(found[name]):
            raise SetUpWrong(f"{name}={found[name]}: a port is a number from 0 to {PORT_MAX}")
    if PUBLIC_URL in found:
        found[PUBLIC_URL] = _address(found[PUBLIC_URL])
    return found


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= PORT_MAX


def _address(text: str) -> str:
    """Without a slash at its end: paths are put behind it."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise SetUpWrong(
            f"{PUBLIC_URL}={text}: an address such as https://desk.example is expected"
        )
    return text.rstrip("/")
