"""E-mail over SMTP; the message's id is its key, so that a second one is seen to be the same."""

import asyncio
import hashlib
import smtplib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage

from alerts.delivery.adapter import Letter, Sending
from core.alerting.delivery import Answer, Failure

TIMEOUT_S = 15.0
THREADS = 4
"""Of its own: a server that hangs must not keep those that the store is asked in."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. Without a user nobody logs in there."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    tls: bool = True


class Mail:
    """One connection for each message; smtplib waits, so it does in a thread."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._threads = ThreadPoolExecutor(THREADS, "mail")

    async def send(self, letter: Letter) -> Sending:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hand_in, letter)

    async def look_up(self, letter: Letter) -> bool | None:
        return None

    def _hand_in(self, letter: Letter) -> Sending:
        message = mail(letter, self._server.sender)
        try:
            with smtplib.SMTP(self._server.host, self._server.port, timeout=TIMEOUT_S) as smtp:
                if self._server.tls:
                    smtp.starttls()
                if self._server.user is not None:
                    smtp.login(self._server.user, self._server.password or "")
                smtp.send_message(message)
        except smtplib.SMTPResponseException as refused:
            return Sending(_answer(refused.smtp_code))
        except smtplib.SMTPRecipientsRefused as refused:
            code = next((code for code, _ in refused.recipients.values()), 550)
            return Sending(_answer(code))
        except ConnectionRefusedError:
            return Sending(Answer(failure=Failure.NO_CONNECTION))
        return Sending(Answer(200), str(message["Message-ID"]))


def mail(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, letter.to
    message["Subject"] = letter.title
    message["Message-ID"] = f"<{_id(letter.key)}@perps-bot>"
    message["References"] = f"<{_id(letter.alert_ids[0])}@perps-bot>"
    message.set_content(letter.text)
    return message


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _answer(code: int) -> Answer:
    """SMTP's 4xx pass by themselves and its 5xx do not: the other way round than HTTP's."""
    return Answer(503 if code < 500 else 400, f"smtp {code}" if code >= 500 else "")
