"""Reads the view that an app sends, with Slack's limits for modals and Home tabs."""

from typing import Any

from sandbox.loopback import to_json
from sandbox.workspace.blocks import VIEW_CHECKS, ids_once, with_ids
from sandbox.workspace.call import Call, Json, SlackError, invalid_arguments
from sandbox.workspace.draft import unusable_files
from sandbox.workspace.elements import plain
from sandbox.workspace.shapes import Problems, anything, boolean, fields, messages, string
from sandbox.workspace.team import Team

VIEW_BYTES_MAX = 250_000
_SHARED = {
    "callback_id": string(255),
    "private_metadata": string(3000),
    "external_id": string(255),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
    # What SDKs send back after they have read a view; Slack ignores it.
    **dict.fromkeys(("id", "hash", "state", "team_id", "app_id", "bot_id"), anything),
    **dict.fromkeys(("previous_view_id", "root_view_id", "app_installed_team_id"), anything),
    "submit_disabled": boolean,
}
_SHAPES = {
    "modal": fields(
        {"type": anything, "blocks": anything, "title": plain(24)},
        {**_SHARED, "submit": plain(24), "close": plain(24)},
    ),
    "home": fields(
        {"type": anything, "blocks": anything},
        {**_SHARED, "title": anything, "submit": anything, "close": anything},
    ),
}


def read_view(team: Team, call: Call, kind: str | None = None) -> Json:
    """Raises SlackError."""
    if not call.has("view"):
        raise invalid_arguments("missing required field: view")
    return checked_view(team, call.structure("view", "invalid_arguments"), kind)


def checked_view(team: Team, view: Any, kind: str | None) -> Json:
    """The view with ids filled in. ``kind``: which one is asked for here, if only one is."""
    problems = view_problems(view, kind)
    if not problems:
        problems = unusable_files(team, view["blocks"], "/view/blocks")
    if problems:
        raise invalid_arguments(*messages(problems))
    if len(to_json(view)) > VIEW_BYTES_MAX:
        raise SlackError("view_too_large")
    return {**view, "blocks": with_ids(view["blocks"])}


def view_problems(view: Any, kind: str | None) -> Problems:
    problems: Problems = []
    if not isinstance(view, dict):
        return [("must be an object", "/view")]
    said = view.get("type")
    if said not in _SHAPES or kind not in (None, said):
        return [(f"unsupported type: {said}", "/view/type")]
    _SHAPES[said](view, "/view", problems)
    VIEW_CHECKS[said](view.get("blocks"), "/view/blocks", problems)
    if problems:
        return problems
    ids_once(view["blocks"], "/view/blocks", problems)
    asks = any(block["type"] == "input" for block in view["blocks"])
    if said == "modal" and asks and not view.get("submit"):
        problems.append(("submit is required when an input block is within blocks", "/view"))
    return problems
