"""The bot's own settings: tokens and how to reach Slack, from the environment."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsUnusable(Exception):
    """The environment cannot be used; the message names the variable and what it should hold."""


class SlackSettings(BaseSettings):
    """One field for each variable; its description is the README's."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    bot_token: str = Field(
        alias="SLACK_BOT_TOKEN", pattern=r"^xoxb-\S+$", description="the bot's token, `xoxb-…`"
    )
    app_token: str | None = Field(
        None,
        alias="SLACK_APP_TOKEN",
        pattern=r"^xapp-\S+$",
        description="the app's token, `xapp-…`, for Socket Mode",
    )
    signing_secret: str | None = Field(
        None,
        alias="SLACK_SIGNING_SECRET",
        min_length=8,
        description="needed only for HTTP mode: every request is checked against it",
    )
    mode: Literal["socket", "http"] = Field(
        "socket", alias="SLACK_MODE", description="`socket` needs no public address; `http` does"
    )
    http_port: int = Field(
        8980,
        alias="SLACK_HTTP_PORT",
        ge=0,
        le=65535,
        description="where HTTP mode listens, on loopback",
    )
    api_url: str = Field(
        "https://slack.com/api/",
        alias="SLACK_API_URL",
        pattern=r"^https?://\S+/$",
        description="another Slack than the real one, such as the sandbox's workspace",
    )
    metrics_port: int | None = Field(
        None,
        alias="PERPS_BOT_METRICS_PORT",
        ge=1,
        le=65535,
        description="where the bot shows `/metrics` and `/healthz` to monitors; unset: nowhere",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        alias="PERPS_METRICS_HOST",
        description="the address that it listens on for them",
    )
    command: str = Field(
        "/perps",
        alias="PERPS_SLACK_COMMAND",
        pattern=r"^/[a-z0-9_-]{1,31}$",
        description="the slash command; rename it where another app has it",
    )


def slack_settings(home: Path) -> SlackSettings:
    """From environment and .env; a home with a workspace of its own (the demo) brings its tokens.

    Raises SettingsUnusable.
    """
    try:
        found = _from_environment(of_sandbox(home))
    except ValidationError as bad:
        told = [f"{error['loc'][0]}: {error['msg']}" for error in bad.errors(include_input=False)]
        raise SettingsUnusable("; ".join(told)) from None
    if found.mode == "socket" and found.app_token is None:
        raise SettingsUnusable("SLACK_APP_TOKEN: Socket Mode needs the app's token, xapp-…")
    if found.mode == "http" and found.signing_secret is None:
        raise SettingsUnusable("SLACK_SIGNING_SECRET: HTTP mode needs the app's signing secret")
    return found


def _from_environment(sandbox: dict[str, str]) -> SlackSettings:
    """The demo's workspace is meant only where nobody names another one."""
    try:
        return SlackSettings.model_validate({})
    except ValidationError as bad:
        missing = [error["loc"] for error in bad.errors() if error["type"] == "missing"]
        if sandbox and missing == [("SLACK_BOT_TOKEN",)]:
            return SlackSettings.model_validate(sandbox)
        raise


def of_sandbox(home: Path) -> dict[str, str]:
    """The variables of the workspace that lives in a demo's home; empty for any other home."""
    file = home / "sandbox" / "slack" / "slack.json"
    if not file.exists():
        return {}
    told = json.loads(file.read_text())
    return {
        "SLACK_BOT_TOKEN": told["bot_token"],
        "SLACK_APP_TOKEN": told["app_token"],
        "SLACK_SIGNING_SECRET": told["signing_secret"],
        "SLACK_API_URL": told["base_url"],
        "SLACK_MODE": "socket",
    }
