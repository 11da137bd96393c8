"""What the app is told when a person acts: the payloads of commands and interactions."""

from typing import Any

from sandbox.workspace.call import Json
from sandbox.workspace.channel import Channel, Kind
from sandbox.workspace.events import VERIFICATION_TOKEN
from sandbox.workspace.hooks import Hooks
from sandbox.workspace.message import Message, wire_view
from sandbox.workspace.people import APP_ID, TEAM_DOMAIN, TEAM_ID, Member
from sandbox.workspace.posts import thread_facts
from sandbox.workspace.team import Team
from sandbox.workspace.view import View
from sandbox.workspace.view import wire_view as view_wire

_NAMES = {Kind.IM: "directmessage", Kind.PRIVATE: "privategroup"}


class Payloads:
    def __init__(self, team: Team, hooks: Hooks) -> None:
        self._team = team
        self._hooks = hooks

    def command(self, member: Member, channel: Channel, name: str, text: str) -> Json:
        """`is_enterprise_install` is a text here, as on Slack's wire."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": member.team_id,
            "team_domain": "other" if member.is_foreign else TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": _NAMES.get(channel.kind, channel.name),
            "user_id": member.id,
            "user_name": member.name,
            "command": name,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._hooks.new_address(self._team.base, member.id, channel.id),
            "trigger_id": self._hooks.new_trigger(member.id),
        }

    def press_in_message(
        self, member: Member, channel: Channel, message: Message, action: Json, values: Json
    ) -> Json:
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.ephemeral_to is not None,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        payload = self._interaction("block_actions", member) | {
            "container": container,
            "trigger_id": self._hooks.new_trigger(member.id),
            "channel": _named(channel),
            "state": {"values": values},
            "response_url": self._address(member, channel, message),
            "actions": [action],
        }
        if message.ephemeral_to is None:
            payload["message"] = self.message(channel, message)
        return payload

    def press_in_view(self, member: Member, view: View, action: Json) -> Json:
        shown = view_wire(view)
        return self._interaction("block_actions", member) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self._hooks.new_trigger(member.id, view.id),
            "view": shown,
            "state": shown["state"],
            "actions": [action],
        }

    def submission(self, member: Member, view: View, response_urls: list[Json]) -> Json:
        return self._interaction("view_submission", member) | {
            "trigger_id": self._hooks.new_trigger(member.id, view.id),
            "view": view_wire(view),
            "response_urls": response_urls,
        }

    def closed(self, member: Member, view: View, is_cleared: bool) -> Json:
        return self._interaction("view_closed", member) | {
            "view": view_wire(view),
            "is_cleared": is_cleared,
        }

    def shortcut(self, member: Member, callback_id: str) -> Json:
        return self._interaction("shortcut", member) | {
            "callback_id": callback_id,
            "action_ts": self._team.ids.ts(),
            "trigger_id": self._hooks.new_trigger(member.id),
        }

    def message_shortcut(
        self, member: Member, channel: Channel, message: Message, callback_id: str
    ) -> Json:
        return self._interaction("message_action", member) | {
            "callback_id": callback_id,
            "action_ts": self._team.ids.ts(),
            "trigger_id": self._hooks.new_trigger(member.id),
            "response_url": self._address(member, channel, message),
            "message_ts": message.ts,
            "channel": _named(channel),
            "message": self.message(channel, message),
        }

    def suggestion(self, member: Member, where: Json, element: Json, typed: str) -> Json:
        return self._interaction("block_suggestion", member) | {
            **where,
            "action_id": element["action_id"],
            "value": typed,
        }

    def message(self, channel: Channel, message: Message) -> Json:
        view = wire_view(message, self._team.file_views(message))
        return view | thread_facts(channel, message)

    def _address(self, member: Member, channel: Channel, message: Message) -> str:
        return self._hooks.new_address(
            self._team.base, member.id, channel.id, message.ts, message.thread_ts
        )

    def _interaction(self, kind: str, member: Member) -> Json:
        return {
            "type": kind,
            "user": {
                "id": member.id,
                "username": member.name,
                "name": member.name,
                "team_id": member.team_id,
            },
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _named(channel: Channel) -> Json:
    return {"id": channel.id, "name": _NAMES.get(channel.kind, channel.name)}


def action_of(block_id: str, element: Json, entered: Any, action_ts: str) -> Json:
    """One entry of `actions`; ``entered`` is a button's value or what an input holds."""
    action: Json = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": element["type"],
        "action_ts": action_ts,
    }
    for name in ("text", "style", "confirm", "placeholder"):
        if element.get(name) is not None:
            action[name] = element[name]
    if isinstance(entered, dict):
        action |= {name: value for name, value in entered.items() if name != "type"}
    elif entered is not None:
        action["value"] = entered
    return action
