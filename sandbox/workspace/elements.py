"""The elements inside blocks, with Slack's limits: buttons, menus, pickers, inputs."""

from typing import Any

from sandbox.workspace.shapes import (
    Check,
    Problems,
    anything,
    boolean,
    choice,
    fields,
    items,
    kinds,
    number,
    one_of,
    string,
)
from sandbox.workspace.shapes import both as all_of

ACTION_ID = string(255, 1)
STYLE = choice("primary", "danger")


def plain(most: int, least: int = 1) -> Check:
    shape = fields({"type": choice("plain_text"), "text": string(most, least)}, {"emoji": boolean})
    return shape


def mrkdwn(most: int, least: int = 1) -> Check:
    return fields({"type": choice("mrkdwn"), "text": string(most, least)}, {"verbatim": boolean})


def any_text(most: int, least: int = 1) -> Check:
    return kinds({"plain_text": plain(most, least), "mrkdwn": mrkdwn(most, least)})


CONFIRM = fields(
    {"title": plain(100), "text": any_text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": STYLE},
)
_OPTION_FIELDS: dict[str, Check] = {"description": any_text(75), "url": string(3000)}
OPTION = fields({"text": any_text(75), "value": string(150, 1)}, _OPTION_FIELDS)
_GROUP = fields({"label": plain(75), "options": items(OPTION, 100, 1)})
_DISPATCH = fields({}, {"trigger_actions_on": items(anything, 2)})
SLACK_FILE = all_of(fields({}, {"id": string(255), "url": string(3000)}), one_of("id", "url"))

_TYPE: dict[str, Check] = {"type": anything}
_SHARED: dict[str, Check] = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": boolean}
_PLACED: dict[str, Check] = {**_SHARED, "placeholder": plain(150)}


def _element(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return fields({**_TYPE, **required}, optional)


def _options_once(value: Any, pointer: str, problems: Problems) -> None:
    """Options or groups of them, not both."""
    if ("options" in value) == ("option_groups" in value):
        problems.append(("must have either options or option_groups", pointer))


_CHOICES: dict[str, Check] = {
    "options": items(OPTION, 100, 1),
    "option_groups": items(_GROUP, 100, 1),
}
_FILTER = fields(
    {},
    {
        "include": items(anything, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
_CONVERSATIONS: dict[str, Check] = {
    "default_to_current_conversation": boolean,
    "response_url_enabled": boolean,
    "filter": _FILTER,
}
_MOST: dict[str, Check] = {"max_selected_items": number}

BUTTON = _element(
    {"text": plain(75)},
    {
        "action_id": ACTION_ID,
        "url": string(3000),
        "value": string(2000),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
IMAGE = all_of(
    _element(
        {"alt_text": string(2000, 1)}, {"image_url": string(3000, 1), "slack_file": SLACK_FILE}
    ),
    one_of("image_url", "slack_file"),
)
OVERFLOW = _element({"options": items(OPTION, 5, 1)}, {"action_id": ACTION_ID, "confirm": CONFIRM})
CHECKBOXES = _element(
    {"options": items(OPTION, 10, 1)}, {**_SHARED, "initial_options": items(OPTION, 10, 1)}
)
RADIO = _element({"options": items(OPTION, 10, 1)}, {**_SHARED, "initial_option": OPTION})
DATE = _element({}, {**_PLACED, "initial_date": string(10, 10)})
TIME = _element({}, {**_PLACED, "initial_time": string(5, 5), "timezone": string(100)})
DATETIME = _element({}, {**_SHARED, "initial_date_time": number})

_STATIC = all_of(_element({}, {**_PLACED, **_CHOICES, "initial_option": OPTION}), _options_once)
_MULTI_STATIC = all_of(
    _element({}, {**_PLACED, **_CHOICES, **_MOST, "initial_options": items(OPTION, 100, 1)}),
    _options_once,
)
_EXTERNAL = _element({}, {**_PLACED, "min_query_length": number, "initial_option": OPTION})
_MULTI_EXTERNAL = _element(
    {},
    {**_PLACED, **_MOST, "min_query_length": number, "initial_options": items(OPTION, 100, 1)},
)
_MULTI_CONVERSATIONS = {**_PLACED, **_CONVERSATIONS, **_MOST}

MENUS: dict[str, Check] = {
    "static_select": _STATIC,
    "multi_static_select": _MULTI_STATIC,
    "external_select": _EXTERNAL,
    "multi_external_select": _MULTI_EXTERNAL,
    "users_select": _element({}, {**_PLACED, "initial_user": string(30)}),
    "multi_users_select": _element(
        {}, {**_PLACED, **_MOST, "initial_users": items(string(30), 100)}
    ),
    "conversations_select": _element(
        {}, {**_PLACED, **_CONVERSATIONS, "initial_conversation": string(30)}
    ),
    "multi_conversations_select": _element(
        {}, {**_MULTI_CONVERSATIONS, "initial_conversations": items(string(30), 100)}
    ),
    "channels_select": _element(
        {}, {**_PLACED, "response_url_enabled": boolean, "initial_channel": string(30)}
    ),
    "multi_channels_select": _element(
        {}, {**_PLACED, **_MOST, "initial_channels": items(string(30), 100)}
    ),
}
PICKERS: dict[str, Check] = {
    **MENUS,
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO,
    "datepicker": DATE,
    "timepicker": TIME,
    "datetimepicker": DATETIME,
}
_WORKFLOW_BUTTON = _element({"text": plain(75), "workflow": anything}, {"action_id": ACTION_ID})
INTERACTIVE: dict[str, Check] = {
    **PICKERS,
    "button": BUTTON,
    "overflow": OVERFLOW,
    "workflow_button": _WORKFLOW_BUTTON,
}
_TEXT_BOUNDS: dict[str, Check] = {"min_length": number, "max_length": number}
INPUTS: dict[str, Check] = {
    **PICKERS,
    "plain_text_input": _element(
        {},
        {
            **_PLACED,
            **_TEXT_BOUNDS,
            "initial_value": string(3000),
            "multiline": boolean,
            "dispatch_action_config": _DISPATCH,
        },
    ),
    "email_text_input": _element(
        {}, {**_PLACED, "initial_value": string(3000), "dispatch_action_config": _DISPATCH}
    ),
    "url_text_input": _element(
        {}, {**_PLACED, "initial_value": string(3000), "dispatch_action_config": _DISPATCH}
    ),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {
            **_PLACED,
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
            "dispatch_action_config": _DISPATCH,
        },
    ),
    "file_input": _element(
        {}, {**_SHARED, "filetypes": items(string(50), 100), "max_files": number}
    ),
    "rich_text_input": _element(
        {},
        {**_PLACED, "initial_value": anything, "dispatch_action_config": _DISPATCH},
    ),
}
