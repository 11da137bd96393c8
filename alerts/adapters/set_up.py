"""Which means are set up, from the environment: addresses of services, and their secrets."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from alerts.adapters.apprise import ViaApprise, is_installed
from alerts.adapters.channel import Channel
from alerts.adapters.environment import PUBLIC_URL
from alerts.adapters.local_file import LocalFile
from alerts.adapters.mail import Mail, MailServer
from alerts.adapters.ntfy import Ntfy
from alerts.adapters.pagerduty import PagerDuty
from alerts.adapters.slack_dm import SlackDm
from alerts.adapters.twilio import TwilioAccount, TwilioSms, TwilioVoice
from alerts.adapters.webhook import Webhook
from alerts.answer_links import answer_links
from alerts.delivery.adapter import Adapter
from core.oncall.contacts import Means
from store.events import event_key
from store.store import Store

PAGERDUTY_URL = "https://events.pagerduty.com"
TWILIO_URL = "https://api.twilio.com"
NTFY_URL = "https://ntfy.sh"
SMTP_PORT = 587


def adapters(
    environment: Mapping[str, str],
    session: aiohttp.ClientSession,
    slack: AsyncWebClient | None,
    store: Store,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
) -> dict[Means, Adapter]:
    """The file on the machine is always there. `environment` was read by `read_environment`."""
    local = LocalFile(Path(store.home.logs) / "alerts.txt", clock, say)
    found: dict[Means, Adapter] = {Means.LOCAL: local}
    if slack is not None:
        found |= {Means.DM: SlackDm(slack), Means.CHANNEL: Channel(store)}
    if key := environment.get("PAGERDUTY_ROUTING_KEY"):
        url = environment.get("PAGERDUTY_URL", PAGERDUTY_URL)
        found[Means.PAGERDUTY] = PagerDuty(session, url, key)
    if account := _twilio(environment):
        found |= {
            Means.SMS: TwilioSms(session, account),
            Means.VOICE: TwilioVoice(session, account),
        }
    if "NTFY_URL" in environment or "NTFY_TOKEN" in environment:
        url = environment.get("NTFY_URL", NTFY_URL)
        links = answer_links(environment.get(PUBLIC_URL), event_key(store.home.secrets))
        found[Means.PUSH] = Ntfy(session, url, environment.get("NTFY_TOKEN"), links)
    if server := _mail(environment):
        found[Means.EMAIL] = Mail(server)
    if is_installed():
        found[Means.APPRISE] = ViaApprise(environment)
    if secret := environment.get("PERPS_WEBHOOK_SECRET"):
        found[Means.WEBHOOK] = Webhook(session, environment["PERPS_WEBHOOK_URL"], secret, clock)
    return found


def of_sandbox(home: Path) -> dict[str, str]:
    """The variables of the pager that lives in a demo's home; empty for any other home."""
    file = home / "sandbox" / "pager.json"
    if not file.exists():
        return {}
    told = json.loads(file.read_text())
    url, twilio, smtp = told["url"], told["twilio"], told["smtp"]
    return {
        "PAGERDUTY_URL": url,
        "PAGERDUTY_ROUTING_KEY": told["pagerduty"]["routing_key"],
        "PAGERDUTY_WEBHOOK_SECRET": told["pagerduty"]["webhook_secret"],
        "TWILIO_URL": url,
        "TWILIO_ACCOUNT_SID": twilio["account_sid"],
        "TWILIO_AUTH_TOKEN": twilio["auth_token"],
        "TWILIO_FROM": twilio["from"],
        "NTFY_URL": f"{url}/",
        "NTFY_TOKEN": told["ntfy"]["token"],
        "SMTP_HOST": smtp["host"],
        "SMTP_PORT": str(smtp["port"]),
        "SMTP_USER": smtp["user"],
        "SMTP_PASSWORD": smtp["password"],
        "SMTP_FROM": "perps-bot@example.com",
        "SMTP_TLS": "0",
        "PERPS_WEBHOOK_URL": f"{url}/webhook/desk",
        "PERPS_WEBHOOK_SECRET": told["webhook"]["secret"],
    }


def _twilio(environment: Mapping[str, str]) -> TwilioAccount | None:
    sid = environment.get("TWILIO_ACCOUNT_SID")
    if not sid:
        return None
    return TwilioAccount(
        environment.get("TWILIO_URL", TWILIO_URL),
        sid,
        environment["TWILIO_AUTH_TOKEN"],
        environment["TWILIO_FROM"],
        environment.get(PUBLIC_URL),
    )


def _mail(environment: Mapping[str, str]) -> MailServer | None:
    host = environment.get("SMTP_HOST")
    if not host:
        return None
    return MailServer(
        host,
        int(environment.get("SMTP_PORT", SMTP_PORT)),
        environment["SMTP_FROM"],
        environment.get("SMTP_USER"),
        environment.get("SMTP_PASSWORD"),
        tls=environment.get("SMTP_TLS", "1") != "0",
    )
