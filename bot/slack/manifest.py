"""The app manifest that Slack is given: what the bot may do there and what reaches it."""

from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("manifest.yaml")


def manifest(command: str, public_url: str | None = None) -> str:
    """As YAML, with this slash command; with a public address it is one for HTTP mode."""
    found: dict[str, Any] = yaml.safe_load(_FILE.read_text())
    [slash] = found["features"]["slash_commands"]
    slash["command"] = command
    if public_url is not None:
        settings = found["settings"]
        settings["socket_mode_enabled"] = False
        settings["event_subscriptions"]["request_url"] = public_url
        settings["interactivity"]["request_url"] = public_url
        slash["url"] = public_url
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=120)


def scopes() -> tuple[frozenset[str], frozenset[str]]:
    """Those the bot cannot do without, and those that only something optional needs."""
    bot = yaml.safe_load(_FILE.read_text())["oauth_config"]["scopes"]
    optional = frozenset(bot["bot_optional"])
    return frozenset(bot["bot"]) - optional, optional
