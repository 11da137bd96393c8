"""The bot's settings: refused with the variable's name, and never with its value."""

import json
from pathlib import Path

import pytest

from bot.slack.settings import SettingsUnusable, SlackSettings, of_sandbox, slack_settings

BOT, APP, SECRET = "xoxb-1-abc", "xapp-1-A0-abc", "0123456789abcdef"
URL = "http://127.0.0.1:8970/api/"


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in SlackSettings.model_fields.values():
        assert field.alias is not None
        monkeypatch.delenv(field.alias, raising=False)
    monkeypatch.chdir(tmp_path)


def with_(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def sandbox_in(home: Path) -> None:
    file = home / "sandbox" / "slack" / "slack.json"
    file.parent.mkdir(parents=True)
    told = {"bot_token": BOT, "app_token": APP, "signing_secret": SECRET, "base_url": URL}
    file.write_text(json.dumps(told))


def test_tokens_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_(monkeypatch, SLACK_BOT_TOKEN=BOT, SLACK_APP_TOKEN=APP)

    found = slack_settings(tmp_path)

    assert (found.bot_token, found.app_token, found.mode) == (BOT, APP, "socket")
    assert (found.api_url, found.command) == ("https://slack.com/api/", "/perps")


def test_tokens_come_from_a_dotenv_as_well(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\nOTHER=1\n")

    assert slack_settings(tmp_path).bot_token == BOT


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxp-secret"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": APP}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": "xoxb-secret"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": BOT}, "SLACK_APP_TOKEN: Socket Mode needs"),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_MODE": "http"}, "SLACK_SIGNING_SECRET: HTTP mode needs"),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_MODE": "tcp"}, "SLACK_MODE"),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_HTTP_PORT": "x"}, "SLACK_HTTP"),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_API_URL": "slack"}, "SLACK_API"),
        (
            {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "PERPS_SLACK_COMMAND": "perps"},
            "PERPS_SLACK_COMMAND",
        ),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": "short"}, "SLACK_SIGNING_SECRET"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_no_value_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    with_(monkeypatch, **variables)

    with pytest.raises(SettingsUnusable) as refused:
        slack_settings(tmp_path)

    assert says in str(refused.value)
    for value in variables.values():
        if value.startswith("xo") or value == "short":
            assert value not in str(refused.value)


def test_http_mode_needs_no_app_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_(monkeypatch, SLACK_BOT_TOKEN=BOT, SLACK_MODE="http", SLACK_SIGNING_SECRET=SECRET)

    assert slack_settings(tmp_path).http_port == 8980


def test_a_demos_home_brings_its_own_workspace(tmp_path: Path) -> None:
    sandbox_in(tmp_path)

    found = slack_settings(tmp_path)

    assert (found.bot_token, found.app_token, found.api_url) == (BOT, APP, URL)
    assert of_sandbox(tmp_path / "elsewhere") == {}


def test_a_real_workspace_that_is_named_wins_over_a_demos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sandbox_in(tmp_path)
    with_(monkeypatch, SLACK_BOT_TOKEN="xoxb-real", SLACK_APP_TOKEN=APP)

    found = slack_settings(tmp_path)

    assert (found.bot_token, found.api_url) == ("xoxb-real", "https://slack.com/api/")


def test_a_half_named_real_workspace_is_not_mixed_with_a_demos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sandbox_in(tmp_path)
    with_(monkeypatch, SLACK_BOT_TOKEN="xoxp-wrong", SLACK_APP_TOKEN=APP)

    with pytest.raises(SettingsUnusable):
        slack_settings(tmp_path)


def test_every_variable_says_what_it_holds() -> None:
    for field in SlackSettings.model_fields.values():
        assert field.description
