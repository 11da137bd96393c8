"""The manifest asks for what the code calls and for nothing else."""

import ast
from pathlib import Path
from typing import Any

import yaml

import bot.slack
from bot.slack.manifest import manifest, scopes

CODE = Path(bot.slack.__file__).parent
CALLS: dict[str, set[str]] = {
    "apps_connections_open": set(),
    "auth_test": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write", "chat:write.public"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_join": {"channels:join"},
    "conversations_list": {"channels:read", "groups:read"},
    "files_upload_v2": {"files:write"},
    "conversations_replies": {"channels:history", "groups:history"},
    "usergroups_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "views_publish": set(),
}
"""What each method of the Web API that we call needs, in public and in private channels."""
EVENTS: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "message": {"im:history"},
    "subteam_members_changed": {"usergroups:read"},
    "subteam_updated": {"usergroups:read"},
    "user_change": {"users:read"},
}


def read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def called() -> set[str]:
    """Methods of the Web API that the code calls on a client."""
    trees = [ast.parse(file.read_text()) for file in CODE.glob("*.py")]
    names = {
        node.func.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    families = {"apps", "auth", "chat", "conversations", "files", "pins", "reactions", "team"}
    families |= {"usergroups", "users", "views", "bookmarks", "bots", "canvases", "dnd", "emoji"}
    return {name for name in names if name.partition("_")[0] in families and "_" in name}


def listened() -> set[str]:
    """Events that the code listens to."""
    tree = ast.parse((CODE / "listeners.py").read_text())
    found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {value for value in found if isinstance(value, str) and value in EVENTS}


def test_the_tables_here_are_those_of_the_code() -> None:
    assert called() == CALLS.keys()
    assert listened() == EVENTS.keys()


def test_the_scopes_are_what_the_code_calls() -> None:
    needed = {"commands"}.union(*CALLS.values(), *EVENTS.values())
    must, optional = scopes()

    assert must | optional == needed


def test_nothing_that_is_called_lacks_its_scope() -> None:
    needed = {"commands"}.union(*CALLS.values(), *EVENTS.values())
    must, optional = scopes()

    assert needed <= must | optional
    assert optional == {"usergroups:read"}, "only roles by group need it"


def test_the_events_are_those_that_are_listened_to() -> None:
    asked = set(read(manifest("/perps"))["settings"]["event_subscriptions"]["bot_events"])

    assert asked == {"message.im" if event == "message" else event for event in EVENTS}


def test_the_command_has_the_name_that_is_wanted() -> None:
    [slash] = read(manifest("/desk2"))["features"]["slash_commands"]

    assert slash["command"] == "/desk2"
    assert slash["should_escape"] is True, "mentions come with their ids"
    assert len(slash["usage_hint"]) <= 1000
    assert len(slash["description"]) <= 2000
    assert "url" not in slash


def test_over_sockets_no_address_is_named() -> None:
    settings = read(manifest("/perps"))["settings"]

    assert settings["socket_mode_enabled"] is True
    assert "http" not in manifest("/perps")


def test_for_http_mode_everything_goes_to_one_address() -> None:
    url = "https://desk.example/slack/events"
    found = read(manifest("/perps", url))

    assert found["settings"]["socket_mode_enabled"] is False
    assert found["settings"]["event_subscriptions"]["request_url"] == url
    assert found["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}
    assert found["features"]["slash_commands"][0]["url"] == url


def test_the_home_tab_is_on_and_people_can_write_to_the_bot() -> None:
    home = read(manifest("/perps"))["features"]["app_home"]

    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
