"""What somebody wants to post, checked against Slack's limits before it becomes a message."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.loopback import to_json
from sandbox.workspace.blocks import CHARACTERS_MAX, characters, check_message_blocks, with_ids
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.mrkdwn import link_names, normalised
from sandbox.workspace.shapes import Problems, messages
from sandbox.workspace.team import Team

TEXT_KEPT, TEXT_IN_UPDATE = 40_000, 4_000
ATTACHMENTS_MAX = 100
METADATA_BYTES_MAX = 16_000
NO_PREVIEW = "[no preview available]"


@dataclass(frozen=True, slots=True)
class Draft:
    """None: was not said, which matters when a message is edited."""

    text: str | None
    blocks: list[Any] | None
    attachments: list[Any] | None
    metadata: Json | None
    dressed_as: Json = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.blocks or self.attachments)


def read_draft(team: Team, call: Call, text_max: int | None = None) -> Draft:
    """Raises SlackError with Slack's codes; longer texts than ``text_max`` are refused."""
    text = _text(team, call)
    if call.has("markdown_text"):
        return _markdown_draft(call)
    if text_max is not None and text is not None and len(text) > text_max:
        raise SlackError("msg_too_long")
    return Draft(
        None if text is None else text[:TEXT_KEPT],
        _blocks(team, call),
        _attachments(team, call),
        _metadata(call),
        _dress(call),
    )


def require_content(draft: Draft) -> Draft:
    if draft.is_empty:
        raise SlackError("no_text")
    return draft


def invalid_blocks(problems: Problems) -> SlackError:
    told = messages(problems)
    return SlackError(
        "invalid_blocks",
        errors=told,
        response_metadata={"messages": [f"[ERROR] {one}" for one in told]},
    )


def _text(team: Team, call: Call) -> str | None:
    if call.args.get("text") is None:
        return None
    text = normalised(call.text("text"))
    if call.flag("link_names") or call.text("parse") == "full":
        text = link_names(team, text)
    return text


def _markdown_draft(call: Call) -> Draft:
    if call.has("text") or call.has("blocks"):
        raise SlackError("markdown_text_conflict")
    text = call.text("markdown_text")
    if len(text) > 12_000:
        raise SlackError("msg_too_long")
    blocks = [{"type": "markdown", "text": text, "block_id": "b0"}]
    return Draft(text, blocks, None, _metadata(call), _dress(call))


def _blocks(team: Team, call: Call) -> list[Any] | None:
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    return checked_blocks(team, blocks, "/blocks")


def checked_blocks(team: Team, blocks: list[Any], pointer: str) -> list[Any]:
    problems = check_message_blocks(blocks, pointer)
    if not problems:
        problems = unusable_files(team, blocks, pointer)
    if problems:
        raise invalid_blocks(problems)
    if characters(blocks) > CHARACTERS_MAX:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)


def unusable_files(team: Team, blocks: list[Any], pointer: str) -> Problems:
    """An image may show an uploaded file only once Slack has processed it."""
    problems: Problems = []
    for place, block in enumerate(blocks):
        images = [block, block.get("accessory") or {}, *(block.get("elements") or ())]
        for image in images:
            named = image.get("slack_file") if isinstance(image, dict) else None
            if not isinstance(named, dict) or named.get("id") is None:
                continue
            file = team.files.get(str(named["id"]))
            if file is None or not file.completed:
                problems.append(("invalid slack file", f"{pointer}/{place}/slack_file"))
    return problems


def _attachments(team: Team, call: Call) -> list[Any] | None:
    attachments = call.structure("attachments", "invalid_attachments")
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS_MAX:
        raise SlackError("too_many_attachments")
    stored = []
    for place, attachment in enumerate(attachments):
        kept = {"id": place + 1, "fallback": NO_PREVIEW, **attachment}
        if isinstance(attachment.get("color"), str):
            kept["color"] = attachment["color"].removeprefix("#")
        if attachment.get("blocks") is not None:
            inner = attachment["blocks"]
            kept["blocks"] = checked_blocks(team, inner, f"/attachments/{place}/blocks")
        stored.append(kept)
    return stored


def _metadata(call: Call) -> Json | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict) or not (_is_event(metadata) or "entities" in metadata):
        raise SlackError("invalid_metadata_format")
    if len(to_json(metadata)) > METADATA_BYTES_MAX:
        raise SlackError("metadata_too_large")
    return metadata


def _is_event(metadata: Json) -> bool:
    name, payload = metadata.get("event_type"), metadata.get("event_payload")
    return isinstance(name, str) and bool(name) and isinstance(payload, dict)


def _dress(call: Call) -> Json:
    dress: Json = {}
    if call.has("username"):
        dress["username"] = call.text("username")
    if call.has("icon_emoji"):
        dress["icons"] = {"emoji": call.text("icon_emoji")}
    elif call.has("icon_url"):
        dress["icons"] = {"image_48": call.text("icon_url")}
    return dress
