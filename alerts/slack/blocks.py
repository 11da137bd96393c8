"""The few Slack blocks that an alert's message is made of, within Slack's limits."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.alerting.wording import fit
from core.oncall.contacts import Means

Block = dict[str, Any]

TEXT_MAX = 3_000
HEADER_MAX = 150


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to be sent. `text` says all of it again: notifications and screen readers read it."""

    text: str
    blocks: Sequence[Block]

    @property
    def digest(self) -> str:
        """Equal for equal messages."""
        whole = json.dumps([self.text, self.blocks], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


def foreign(text: str) -> str:
    """Text that came from elsewhere, made harmless for mrkdwn."""
    return fit(text, Means.CHANNEL)


def moment(at: datetime) -> str:
    """In the reader's own zone; in UTC where that cannot be done."""
    return f"<!date^{int(at.timestamp())}^{{time_secs}}|{at:%H:%M:%S} UTC>"


def header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:HEADER_MAX]}}


def section(text: str) -> Block:
    """`text` is mrkdwn, harmless already."""
    shown = {"type": "mrkdwn", "text": text[:TEXT_MAX], "verbatim": True}
    return {"type": "section", "text": shown}


def context(text: str) -> Block:
    element = {"type": "mrkdwn", "text": text[:TEXT_MAX], "verbatim": True}
    return {"type": "context", "elements": [element]}


def actions(block_id: str, buttons: Sequence[Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def button(action_id: str, label: str, value: str, style: str = "") -> Block:
    """`value` says which alert and what its reader saw; what a click means is looked up when it comes."""
    found: Block = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label},
        "value": value,
    }
    return found | ({"style": style} if style else {})


def option(text: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": text[:75]}, "value": value}


def checkboxes(action_id: str, options: Sequence[Block], ticked: Sequence[Block]) -> Block:
    found: Block = {"type": "checkboxes", "action_id": action_id, "options": list(options)}
    return found | ({"initial_options": list(ticked)} if ticked else {})
