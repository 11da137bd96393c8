"""A message in Slack: its blocks, and the whole of it as text for notifications and screen readers."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack.mrkdwn import SECTION_MAX, cut, escape

Block = dict[str, Any]

BLOCKS_MAX = 50
CHARACTERS_MAX = 12_000
"""All blocks together: Slack refuses somewhere above 13,000."""
TEXT_MAX = 3_900
"""Of `text`: an update refuses more than 4,000."""
FIELDS_MAX = 10
HEADER_MAX = 150
CONFIRM_TEXT_MAX = 300


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to be sent. `text` is mrkdwn as well: it is escaped already."""

    text: str
    blocks: Sequence[Block]

    @property
    def digest(self) -> str:
        """Equal for equal messages."""
        whole = json.dumps([self.text, self.blocks], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


def message(text: str, blocks: Iterable[Block]) -> Message:
    """Within Slack's limits: what does not fit is left out, and that is said."""
    kept: list[Block] = []
    left = CHARACTERS_MAX
    whole = list(blocks)
    for block in whole:
        left -= _characters(block)
        if left < 0 or len(kept) == BLOCKS_MAX - 1 < len(whole) - 1:
            kept.append(context(["There is more than fits here: the terminal shows all of it."]))
            break
        kept.append(block)
    return Message(cut(text, TEXT_MAX), kept)


def header(text: str) -> Block:
    plain = {"type": "plain_text", "text": cut(text, HEADER_MAX), "emoji": True}
    return {"type": "header", "text": plain}


def section(text: str) -> Block:
    """`text` is mrkdwn, escaped already."""
    return {"type": "section", "text": _mrkdwn(cut(text, SECTION_MAX))}


def sections(lines: Iterable[str]) -> list[Block]:
    """Lines as few sections, none longer than Slack takes."""
    found: list[Block] = []
    gathered = ""
    for line in lines:
        if gathered and len(gathered) + 1 + len(line) > SECTION_MAX:
            found.append(section(gathered))
            gathered = ""
        gathered = f"{gathered}\n{line}" if gathered else line
    return [*found, section(gathered)] if gathered else found


def fields(pairs: Sequence[tuple[str, str]]) -> list[Block]:
    """Names and values in two columns."""
    shown = [_mrkdwn(f"*{escape(name)}*\n{cut(escape(value), 1900)}") for name, value in pairs]
    return [
        {"type": "section", "fields": shown[at : at + FIELDS_MAX]}
        for at in range(0, len(shown), FIELDS_MAX)
    ]


def context(texts: Iterable[str]) -> Block:
    """Small print; `texts` are mrkdwn."""
    return {"type": "context", "elements": [_mrkdwn(cut(text, SECTION_MAX)) for text in texts][:10]}


def divider() -> Block:
    return {"type": "divider"}


def actions(block_id: str, buttons: Sequence[Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def button(
    action_id: str, label: str, value: str, *, style: str = "", confirm: Block | None = None
) -> Block:
    """`value` is an id and nothing else: what a click means is looked up when it is clicked."""
    found: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label},
        "value": value,
    }
    if style:
        found["style"] = style
    if confirm:
        found["confirm"] = confirm
    return found


def are_you_sure(title: str, text: str, yes: str, no: str, *, danger: bool = True) -> Block:
    """Slack's own question before a click is sent. Not a proof of anything."""
    return {
        "title": {"type": "plain_text", "text": cut(title, 100)},
        "text": _mrkdwn(cut(escape(text), CONFIRM_TEXT_MAX)),
        "confirm": {"type": "plain_text", "text": cut(yes, 30)},
        "deny": {"type": "plain_text", "text": cut(no, 30)},
        "style": "danger" if danger else "primary",
    }


def _mrkdwn(text: str) -> Block:
    """`verbatim`: Slack makes no links or mentions of what merely looks like one."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _characters(block: Block) -> int:
    return len(json.dumps(block, ensure_ascii=False))
