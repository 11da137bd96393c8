"""What stands in a message: its words for a reader, its mentions and buttons, and Slack's limits."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.slack.message import Block, Message

CONTROL = re.compile(r"<([^<>]*)>")
ENTITY = re.compile(r"&(?:amp|lt|gt);")
MESSAGE_BLOCKS_MAX = 50
ALL_BLOCKS_MAX = 13_200
UPDATE_TEXT_MAX = 4_000


def strings(found: Any) -> Iterator[tuple[str, str]]:
    """Every text object's type and text, however deep."""
    if isinstance(found, list | tuple):
        for item in found:
            yield from strings(item)
    elif isinstance(found, dict):
        if found.get("type") in ("mrkdwn", "plain_text"):
            yield found["type"], found["text"]
        for value in found.values():
            yield from strings(value)


def mrkdwn(shown: Message) -> list[str]:
    """Everything in it that Slack parses."""
    return [shown.text, *(text for kind, text in strings(shown.blocks) if kind == "mrkdwn")]


def controls(text: str) -> list[str]:
    """What Slack would act upon: mentions, links and dates."""
    return CONTROL.findall(text)


def notifies(shown: Message) -> set[str]:
    """Mentions of people, groups and channels, dates left aside."""
    found = {control for text in mrkdwn(shown) for control in controls(text)}
    return {control for control in found if not control.startswith("!date^")}


def buttons(blocks: Sequence[Block]) -> dict[str, Block]:
    return {
        element["action_id"]: element
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def readable(text: str) -> str:
    """As a reader has it: dates in UTC, no signs of format."""
    dated = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text)
    return html.unescape(re.sub(r"[*`]", "", dated))


def words(shown: Message) -> str:
    """What the blocks say, without their buttons."""
    said = [
        text for block in shown.blocks if block["type"] != "actions" for _, text in strings(block)
    ]
    return readable("\n".join(said))


def beyond_slack(shown: Message) -> list[str]:
    """What Slack would refuse of it, by the limits that its documentation names."""
    wrong = [] if len(shown.blocks) <= MESSAGE_BLOCKS_MAX else [f"{len(shown.blocks)} blocks"]
    if len(json.dumps(list(shown.blocks), ensure_ascii=False)) > ALL_BLOCKS_MAX:
        wrong.append("all blocks together are too long")
    if not 0 < len(shown.text) <= UPDATE_TEXT_MAX:
        wrong.append(f"a text of {len(shown.text)}")
    for block in shown.blocks:
        wrong += _block(block)
    return wrong + [f"broken: {text[-40:]!r}" for text in mrkdwn(shown) if not whole(text)]


def whole(text: str) -> bool:
    """No mention, date or entity is cut through, no fence is left open."""
    left = CONTROL.sub("", text)
    bare = ENTITY.sub("", left)
    return not re.search(r"[<>](?!\s)|&", bare.removeprefix("> ").replace("\n> ", "\n")) and (
        text.count("```") % 2 == 0
    )


def _block(block: Block) -> list[str]:
    match block["type"]:
        case "header":
            return _between(block["text"]["text"], 150, "header")
        case "section" if "fields" in block:
            each = [_between(field["text"], 2000, "field") for field in block["fields"]]
            many = [] if 1 <= len(each) <= 10 else [f"{len(each)} fields"]
            return [said for wrong in each for said in wrong] + many
        case "section":
            return _between(block["text"]["text"], 3000, "section")
        case "context":
            each = [_between(element["text"], 3000, "context") for element in block["elements"]]
            many = [] if 1 <= len(each) <= 10 else [f"{len(each)} elements"]
            return [said for wrong in each for said in wrong] + many
        case "actions":
            return _actions(block)
        case "divider":
            return []
    return [f"a block {block['type']!r}, which not every Slack takes"]


def _actions(block: Block) -> list[str]:
    wrong = _between(block["block_id"], 255, "block_id")
    ids = [element["action_id"] for element in block["elements"]]
    if not 1 <= len(ids) <= 25 or len(set(ids)) != len(ids):
        wrong.append(f"actions {ids}")
    for element in block["elements"]:
        wrong += _between(element["text"]["text"], 75, "button")
        wrong += _between(element["value"], 2000, "value")
        sure = element.get("confirm")
        if sure:
            wrong += _between(sure["title"]["text"], 100, "confirm title")
            wrong += _between(sure["text"]["text"], 300, "confirm text")
            wrong += _between(sure["confirm"]["text"], 30, "confirm yes")
            wrong += _between(sure["deny"]["text"], 30, "confirm no")
    return wrong


def _between(text: str, most: int, what: str) -> list[str]:
    return [] if 0 < len(text) <= most else [f"{what} of {len(text)}"]
