"""Which blocks a message, a modal and a Home tab may hold, checked as Slack checks them."""

from typing import Any

from sandbox.workspace.elements import (
    IMAGE,
    INPUTS,
    INTERACTIVE,
    SLACK_FILE,
    any_text,
    plain,
)
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

BLOCKS_IN_MESSAGE, BLOCKS_IN_VIEW = 50, 100
CHARACTERS_MAX = 13_200
MARKDOWN_MAX = 12_000
_BLOCK: dict[str, Check] = {"type": anything}
_ID: dict[str, Check] = {"block_id": string(255)}
_LOOSE: dict[str, Check] = {**_ID, "elements": items(anything, 1000)}


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return fields({**_BLOCK, **required}, {**_ID, **(optional or {})})


def _loose(value: Any, pointer: str, problems: Problems) -> None:
    """Blocks that Slack is still bringing in: only what all blocks share is looked at."""
    for name, check in _LOOSE.items():
        if value.get(name) is not None:
            check(value[name], f"{pointer}/{name}", problems)


_SECTION = all_of(
    _block(
        {},
        {
            "text": any_text(3000),
            "fields": items(any_text(2000), 10, 1),
            "accessory": kinds({**INTERACTIVE, "image": IMAGE}),
            "expand": boolean,
        },
    ),
    one_of("text", "fields"),
)
_IMAGE = all_of(
    _block(
        {"alt_text": string(2000, 1)},
        {"image_url": string(3000, 1), "slack_file": SLACK_FILE, "title": plain(2000)},
    ),
    one_of("image_url", "slack_file"),
)
_CONTEXT = _block(
    {
        "elements": items(
            kinds({"image": IMAGE, **{k: any_text(2000) for k in ("mrkdwn", "plain_text")}}), 10, 1
        )
    }
)
_INPUT = _block(
    {"label": plain(2000), "element": kinds(INPUTS)},
    {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
)
_RICH_PARTS = choice(
    "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"
)


def _rich_part(value: Any, pointer: str, problems: Problems) -> None:
    if not isinstance(value, dict):
        problems.append(("must be an object", pointer))
        return
    _RICH_PARTS(value.get("type"), f"{pointer}/type", problems)
    items(anything, 10_000)(value.get("elements"), f"{pointer}/elements", problems)


_CELL = kinds({"raw_text": anything, "raw_number": anything, "rich_text": anything})
_COLUMN = fields({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})
_TABLE = _block(
    {"rows": items(items(_CELL, 20, 1), 100, 1)},
    {"column_settings": items(_COLUMN, 20)},
)
_VIDEO = _block(
    {
        "alt_text": string(2000),
        "title": plain(200),
        "thumbnail_url": string(3000),
        "video_url": string(3000),
    },
    {
        "author_name": string(50),
        "description": plain(200),
        "provider_icon_url": string(3000),
        "provider_name": string(50),
        "title_url": string(3000),
    },
)
_EVERYWHERE: dict[str, Check] = {
    "section": _SECTION,
    "header": _block({"text": plain(150)}, {"level": number}),
    "divider": _block({}),
    "image": _IMAGE,
    "context": _CONTEXT,
    "actions": _block({"elements": items(kinds(INTERACTIVE), 25, 1)}),
    "input": _INPUT,
    "rich_text": _block({"elements": items(_rich_part, 1000)}),
    "video": _VIDEO,
}
_NEW = (
    "data_visualization",
    "data_table",
    "container",
    "card",
    "carousel",
    "plan",
    "task_card",
    "context_actions",
)
IN_MESSAGE: dict[str, Check] = {
    **_EVERYWHERE,
    "markdown": _block({"text": string(MARKDOWN_MAX, 1)}),
    "table": _TABLE,
    **dict.fromkeys(_NEW, _loose),
}
IN_MODAL: dict[str, Check] = {**_EVERYWHERE, "alert": _loose, **dict.fromkeys(_NEW, _loose)}
IN_HOME: dict[str, Check] = {**_EVERYWHERE, **dict.fromkeys(_NEW, _loose)}
_MESSAGE_CHECK = items(kinds(IN_MESSAGE), BLOCKS_IN_MESSAGE)
VIEW_CHECKS = {
    "modal": items(kinds(IN_MODAL), BLOCKS_IN_VIEW),
    "home": items(kinds(IN_HOME), BLOCKS_IN_VIEW),
}


def check_message_blocks(blocks: Any, pointer: str = "/blocks") -> Problems:
    problems: Problems = []
    _MESSAGE_CHECK(blocks, pointer, problems)
    if not problems:
        _one_table(blocks, pointer, problems)
        ids_once(blocks, pointer, problems)
    return problems


def ids_once(blocks: list[Any], pointer: str, problems: Problems) -> None:
    """A block_id once among the blocks, an action_id once in a block."""
    seen: set[str] = set()
    for place, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id and block_id in seen:
            problems.append((f"block_id {block_id} already exists", f"{pointer}/{place}/block_id"))
        seen.add(str(block_id))
        met: set[str] = set()
        for element in actions_of(block):
            action_id = element.get("action_id")
            if action_id and action_id in met:
                problems.append((f"action_id {action_id} already exists", f"{pointer}/{place}"))
            met.add(str(action_id))


def actions_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a block that a person can act on."""
    found = [*(block.get("elements") or ()), block.get("accessory"), block.get("element")]
    return [item for item in found if _is_action(item)]


def _is_action(item: Any) -> bool:
    kind = item.get("type") if isinstance(item, dict) else None
    return isinstance(kind, str) and (kind in INTERACTIVE or kind in INPUTS)


def _one_table(blocks: list[Any], pointer: str, problems: Problems) -> None:
    tables = [place for place, block in enumerate(blocks) if block["type"] == "table"]
    for place in tables[1:]:
        problems.append(("only one table is allowed in a message", f"{pointer}/{place}"))
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_MAX:
        problems.append((f"markdown must be less than {MARKDOWN_MAX + 1} characters", pointer))


def characters(value: Any) -> int:
    """All the text that blocks show, which Slack limits as a whole."""
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(characters(item) for item in value.values())


def with_ids(blocks: list[Any]) -> list[Any]:
    """Blocks and actions without an id get one that their place decides, so that an edit keeps it."""
    named = []
    for place, block in enumerate(blocks):
        whole = {**block, "block_id": block.get("block_id") or f"b{place}"}
        count = 0
        for key in ("elements", "accessory", "element"):
            if key in whole:
                whole[key], count = _with_action_ids(whole[key], place, count)
        named.append(whole)
    return named


def _with_action_ids(value: Any, place: int, count: int) -> tuple[Any, int]:
    if isinstance(value, list):
        found = []
        for item in value:
            named, count = _with_action_ids(item, place, count)
            found.append(named)
        return found, count
    if _is_action(value) and not value.get("action_id"):
        return {**value, "action_id": f"a{place}_{count}"}, count + 1
    return value, count
