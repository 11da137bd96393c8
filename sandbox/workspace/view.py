"""A modal or a Home tab: what the app sent, what people have filled in, and whose it is."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.workspace.call import Json
from sandbox.workspace.people import APP_ID, BOT_ID, TEAM_ID

STACK_MAX = 3


@dataclass(slots=True)
class View:
    id: str
    user_id: str
    content: Json
    """type, title, blocks and the rest, as the app sent it with block_ids filled in."""
    hash: str
    root_id: str
    previous_id: str | None = None
    values: Json = field(default_factory=dict)

    @property
    def external_id(self) -> str:
        return str(self.content.get("external_id") or "")


def wire_view(view: View) -> Json:
    content = view.content
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "type": content["type"],
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": view.values},
        "hash": view.hash,
        "title": _title(content.get("title")),
        "clear_on_close": bool(content.get("clear_on_close", False)),
        "notify_on_close": bool(content.get("notify_on_close", False)),
        "close": _title(content.get("close")),
        "submit": _title(content.get("submit")),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": APP_ID,
        "external_id": view.external_id,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }


def _title(text: Any) -> Json | None:
    return {"emoji": True, **text} if isinstance(text, dict) else None
