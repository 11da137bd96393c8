"""Methods about the app and its workspace: tests, the socket's address, checks of blocks."""

from typing import Any

from sandbox.workspace.blocks import check_message_blocks
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.people import (
    APP_ID,
    APP_NAME,
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    bot_profile,
)
from sandbox.workspace.shapes import Problems
from sandbox.workspace.sockets import Sockets
from sandbox.workspace.view_check import view_problems


class Platform:
    def __init__(self, sockets: Sockets, app_token: str) -> None:
        self._sockets = sockets
        self._app_token = app_token

    def api_test(self, call: Call) -> Json:
        said = {name: value for name, value in call.args.items() if name != "token"}
        if call.has("error"):
            raise SlackError(call.text("error"), args=said)
        return {"ok": True, "args": said}

    def auth_test(self, call: Call) -> Json:
        if call.args.get("token") == self._app_token:
            return {"ok": True, "app_name": APP_NAME, "app_id": APP_ID}
        return {
            "ok": True,
            "url": f"{call.base}/",
            "team": TEAM_NAME,
            "user": "perps",
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def open_connection(self, call: Call) -> Json:
        address = self._sockets.issue(call.base, call.flag("debug_reconnects"))
        return {"ok": True, "url": address}

    def validate_blocks(self, call: Call) -> Json:
        problems = self._problems(call)
        if problems:
            raise SlackError("invalid_blocks", errors=[_told(*one) for one in problems])
        return {"ok": True}

    def _problems(self, call: Call) -> Problems:
        if call.has("view"):
            return view_problems(call.structure("view", "invalid_blocks"), None)
        if call.has("message"):
            message = call.structure("message", "invalid_blocks")
            inner = message.get("blocks", []) if isinstance(message, dict) else message
            return check_message_blocks(inner, "/message/blocks")
        blocks: Any = call.structure("blocks", "invalid_blocks_format")
        if blocks is None:
            raise SlackError("missing_argument")
        return check_message_blocks(blocks)

    def bots_info(self, call: Call) -> Json:
        if call.text("bot", BOT_ID) != BOT_ID:
            raise SlackError("bot_not_found")
        return {"ok": True, "bot": bot_profile()}

    def team_info(self, call: Call) -> Json:
        if call.text("team", TEAM_ID) != TEAM_ID:
            raise SlackError("team_not_found")
        icon: Json = {"image_default": True}
        told = {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "icon": icon}
        return {"ok": True, "team": {**told, "url": f"{call.base}/", "email_domain": ""}}

    def emoji_list(self, call: Call) -> Json:
        return {"ok": True, "emoji": {}, "cache_ts": "0"}


def _told(what: str, pointer: str) -> Json:
    code = {
        "missing": "missing_field",
        "unsupported": "unsupported_type",
        "invalid": "unknown_field",
    }.get(what.split()[0], "constraint")
    field = pointer.rpartition("/")[2]
    return {"code": code, "message": what, "field": field, "pointer": pointer, "constraint": what}
