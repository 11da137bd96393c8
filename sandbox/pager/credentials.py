"""What a client of the providers needs to know, made on a home's first start."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.certificate import write_private

FILE = "pager.json"
SENDER = "+15550100100"


@dataclass(frozen=True, slots=True)
class Credentials:
    routing_key: str
    pagerduty_secret: str
    """Signs the webhooks that PagerDuty sends."""
    account_sid: str
    auth_token: str
    number: str
    """Whom calls and text messages come from."""
    number_sid: str
    topic: str
    ntfy_token: str
    webhook_secret: str
    smtp_user: str
    smtp_password: str


def load_credentials(folder: Path) -> Credentials:
    file = folder / FILE
    if not file.exists():
        return _made()
    told = json.loads(file.read_text())
    pagerduty, twilio, ntfy = told["pagerduty"], told["twilio"], told["ntfy"]
    return Credentials(
        routing_key=pagerduty["routing_key"],
        pagerduty_secret=pagerduty["webhook_secret"],
        account_sid=twilio["account_sid"],
        auth_token=twilio["auth_token"],
        number=twilio["from"],
        number_sid=twilio["number_sid"],
        topic=ntfy["topic"],
        ntfy_token=ntfy["token"],
        webhook_secret=told["webhook"]["secret"],
        smtp_user=told["smtp"]["user"],
        smtp_password=told["smtp"]["password"],
    )


def write_credentials(folder: Path, made: Credentials, port: int, smtp_port: int) -> None:
    """Anew at each start: the ports may be other ones."""
    told: dict[str, Any] = {
        "url": f"http://127.0.0.1:{port}",
        "pagerduty": {"routing_key": made.routing_key, "webhook_secret": made.pagerduty_secret},
        "twilio": {
            "account_sid": made.account_sid,
            "auth_token": made.auth_token,
            "from": made.number,
            "number_sid": made.number_sid,
        },
        "ntfy": {"topic": made.topic, "token": made.ntfy_token},
        "smtp": {
            "host": "127.0.0.1",
            "port": smtp_port,
            "user": made.smtp_user,
            "password": made.smtp_password,
        },
        "webhook": {"secret": made.webhook_secret},
    }
    write_private(folder / FILE, json.dumps(told, indent=1).encode())


def _made() -> Credentials:
    return Credentials(
        routing_key=secrets.token_hex(16),
        pagerduty_secret=secrets.token_hex(32),
        account_sid=f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        number=SENDER,
        number_sid=f"PN{secrets.token_hex(16)}",
        topic=f"perps-{secrets.token_hex(6)}",
        ntfy_token=f"tk_{secrets.token_hex(14)}",
        webhook_secret=secrets.token_hex(16),
        smtp_user="perps",
        smtp_password=secrets.token_hex(8),
    )
