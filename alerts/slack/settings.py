"""How the alerts process reaches Slack: token and address, from the environment or a demo's home."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REAL_SLACK = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackAccess:
    """The bot's token and Slack's address."""

    token: str
    url: str


def slack_access(environment: Mapping[str, str], home: Path) -> SlackAccess | None:
    """None where no Slack is connected: alerts then reach people by every other means."""
    token = environment.get("SLACK_BOT_TOKEN")
    if token:
        return SlackAccess(token, environment.get("SLACK_API_URL", REAL_SLACK))
    file = home / "sandbox" / "slack" / "slack.json"
    if not file.exists():
        return None
    told = json.loads(file.read_text())
    return SlackAccess(told["bot_token"], told["base_url"])
