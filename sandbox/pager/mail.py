"""Mail as it was handed in, put into each receiver's mailbox."""

import secrets
from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from sandbox.pager.page import Provider
from sandbox.pager.pages import Pages

TEXT_MAX = 20_000


class Mailboxes:
    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def deliver(self, sender: str, receivers: Sequence[str], content: bytes) -> str:
        """The queue's id. Mail servers take the same message twice and say nothing."""
        message = BytesParser(policy=policy.default).parsebytes(content)
        assert isinstance(message, EmailMessage), "the default policy makes these"
        subject, body = str(message["Subject"] or ""), _body(message)
        id = f"mail_{secrets.token_hex(6)}"
        for at, receiver in enumerate(receivers):
            page = self._pages.new(
                f"{id}_{at}",
                Provider.MAIL,
                receiver,
                f"{subject}\n{body}".strip()[:TEXT_MAX],
                "delivered",
                str(message["Message-ID"] or "").strip(),
            )
            page.detail = {
                "sender": sender,
                "subject": subject,
                "body": body[:TEXT_MAX],
                "headers": {name: str(value)[:1_000] for name, value in message.items()},
                "bytes": len(content),
            }
            self._pages.add(page)
        return id


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n").strip()
    except (LookupError, ValueError):
        return str(part.get_payload()).strip()
