"""What people choose and type in elements, in the form in which the app gets it."""

from typing import Any

from sandbox.loopback import BadInput
from sandbox.workspace.blocks import actions_of
from sandbox.workspace.call import Json
from sandbox.workspace.elements import INPUTS
from sandbox.workspace.team import Team

_ONE_OPTION = frozenset({"static_select", "radio_buttons", "external_select", "overflow"})
_MANY_OPTIONS = frozenset({"multi_static_select", "checkboxes", "multi_external_select"})
_PLAIN: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
}


def initial_values(blocks: list[Any]) -> Json:
    """block_id → action_id → value, for everything that holds one."""
    values: Json = {}
    for block in blocks:
        for element in actions_of(block):
            if element["type"] in INPUTS:
                held = values.setdefault(block["block_id"], {})
                held[element["action_id"]] = _initial(element)
    return values


def kept_values(blocks: list[Any], before: Json) -> Json:
    """Initial values, but what a person has entered under the same ids stays."""
    values = initial_values(blocks)
    for block_id, held in values.items():
        for action_id, value in held.items():
            earlier = before.get(block_id, {}).get(action_id)
            if earlier is not None and earlier["type"] == value["type"]:
                held[action_id] = earlier
    return values


def _initial(element: Json) -> Json:
    kind = element["type"]
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in _MANY_OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options") or []}
    name, initial = _PLAIN[kind]
    empty: Any = [] if kind.startswith("multi_") or kind == "file_input" else None
    return {"type": kind, name: element.get(initial) or empty}


def entered(team: Team, element: Json, value: Any) -> Json:
    """The value that control or the page gives for an element. Raises BadInput."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": None if value is None else _option(element, value)}
    if kind in _MANY_OPTIONS:
        chosen = [_option(element, one) for one in _as_list(value)]
        return {"type": kind, "selected_options": chosen}
    name = _PLAIN[kind][0]
    if kind in ("users_select", "multi_users_select"):
        found = [team.member(one).id for one in _as_list(value)]
    elif kind.endswith(("conversations_select", "channels_select")):
        found = [team.channel(one).id for one in _as_list(value)]
    else:
        return {"type": kind, name: None if value == "" else value}
    if kind.startswith("multi_"):
        return {"type": kind, name: found}
    return {"type": kind, name: found[0] if found else None}


def is_empty(value: Json) -> bool:
    return not any(inner for name, inner in value.items() if name != "type")


def _as_list(value: Any) -> list[Any]:
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


def _option(element: Json, value: Any) -> Json:
    options = list(element.get("options") or ())
    for group in element.get("option_groups") or ():
        options.extend(group["options"])
    for option in options:
        if value in (option.get("value"), option["text"]["text"]) or value == option:
            return dict(option)
    if element["type"] in ("external_select", "multi_external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    known = ", ".join(str(option.get("value")) for option in options)
    raise BadInput(f"{element['action_id']} has no option {value!r}; it has {known}")
