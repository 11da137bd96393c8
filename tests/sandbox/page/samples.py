"""Blocks and elements as an app sends them."""

from typing import Any

from tests.sandbox.workspace.workspace_process import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str = "") -> Json:
    return {"text": plain(text), "value": value or text.lower()}


def options(*texts: str) -> list[Json]:
    return [option(text) for text in texts]


def element(kind: str, action_id: str = "it", **more: Any) -> Json:
    return {"type": kind, "action_id": action_id, **more}


def button(text: str, action_id: str, **more: Any) -> Json:
    return element("button", action_id, text=plain(text), value="1", **more)


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "acts", "elements": list(elements)}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def asks(label: str, it: Json, **more: Any) -> Json:
    """An input block whose id is its label's."""
    block = {"type": "input", "block_id": label.lower(), "label": plain(label), "element": it}
    return block | more


def question(title: str, yes: str, no: str = "Not now") -> Json:
    text = mrkdwn("*Everything* is closed.")
    return {"title": plain(title), "text": text, "confirm": plain(yes), "deny": plain(no)}


def modal(title: str, *blocks: Json, **more: Any) -> Json:
    shown = {"type": "modal", "title": plain(title), "blocks": list(blocks), "close": plain("Stop")}
    return shown | {"submit": plain("Send")} | more
