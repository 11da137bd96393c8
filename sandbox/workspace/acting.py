"""A person acts and waits for the app: commands, buttons, menus and shortcuts."""

from typing import Any

from sandbox.loopback import BadInput
from sandbox.workspace.answers import Answers
from sandbox.workspace.blocks import actions_of
from sandbox.workspace.call import Json, SlackError
from sandbox.workspace.channel import Channel
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.envelope import Envelope, Kind
from sandbox.workspace.message import Message
from sandbox.workspace.mrkdwn import typed_to_wire
from sandbox.workspace.payloads import Payloads, action_of
from sandbox.workspace.people import Member
from sandbox.workspace.posts import Posts
from sandbox.workspace.team import Team
from sandbox.workspace.values import entered, kept_values
from sandbox.workspace.view import View, wire_view

REMEMBERED = 10_000
COMMANDS = [
    {
        "command": "/perps",
        "description": "Perps desk control",
        "usage_hint": "status | positions | kill | reduce-only | resume | help",
    }
]
SHORTCUTS = [
    {"name": "Declare incident", "type": "global", "callback_id": "declare_incident"},
    {"name": "Add to incident timeline", "type": "message", "callback_id": "add_to_timeline"},
]


class Acting:
    def __init__(
        self, team: Team, delivery: Delivery, payloads: Payloads, posts: Posts, answers: Answers
    ) -> None:
        self._team = team
        self._delivery = delivery
        self._payloads = payloads
        self._posts = posts
        self._answers = answers
        self._chosen: dict[tuple[str, str, str], Json] = {}
        """What a person has chosen in a message, by channel, message and member."""

    async def command(self, member: Member, channel: Channel, typed: str) -> Json:
        name, text = _split(typed)
        if name not in [command["command"] for command in COMMANDS]:
            self._posts.slackbot_says(channel, member.id, f"`{name}` is not a valid command.")
            return {"ok": False, "error": "unknown_command"}
        wire_text = typed_to_wire(self._team, text)
        payload = self._payloads.command(member, channel, name, wire_text)
        envelope = self._delivery.send(Kind.COMMAND, payload)
        error = "" if await self._delivery.answered(envelope) else envelope.trouble
        if not error:
            try:
                self._answers.to_command(member.id, channel, typed, envelope.ack_payload)
            except SlackError as bad:
                error = bad.code
        if error:
            text = f'{name} failed with the error "{error}"'
            self._posts.slackbot_says(channel, member.id, text)
            self.trouble(member, {"channel": channel.id, "text": text})
            return {"ok": False, "error": error, "envelope_id": envelope.id}
        return {"ok": True, "envelope_id": envelope.id}

    async def press(
        self, member: Member, channel: Channel, ts: str, action_id: str, block_id: str, value: Any
    ) -> Json:
        message = self._seen(member, channel, ts)
        blocks = [*message.blocks]
        for attachment in message.attachments:
            blocks.extend(attachment.get("blocks") or ())
        block, element = _pressed(blocks, action_id, block_id)
        values = self._values(member, message, blocks)
        held = self._entered(element, value)
        if isinstance(held, dict) and element["type"] != "overflow":
            values.setdefault(block, {})[action_id] = held
        action = action_of(block, element, held, self._team.ids.ts())
        payload = self._payloads.press_in_message(member, channel, message, action, values)
        where = {"channel": channel.id, "ts": ts, "action_id": action_id}
        return await self._interact(member, payload, where, action_id)

    async def press_in_view(
        self, member: Member, view: View, action_id: str, block_id: str, value: Any
    ) -> Json:
        if view.user_id != member.id:
            raise BadInput(f"view {view.id} is not {member.name}'s")
        block, element = _pressed(view.content["blocks"], action_id, block_id)
        held = self._entered(element, value)
        if isinstance(held, dict) and element["type"] != "overflow":
            view.values.setdefault(block, {})[action_id] = held
        action = action_of(block, element, held, self._team.ids.ts())
        payload = self._payloads.press_in_view(member, view, action)
        where = {"view_id": view.id, "action_id": action_id}
        return await self._interact(member, payload, where, action_id)

    async def shortcut(
        self, member: Member, callback_id: str, channel: Channel | None, ts: str
    ) -> Json:
        kind = next((one["type"] for one in SHORTCUTS if one["callback_id"] == callback_id), None)
        if kind is None:
            known = ", ".join(one["callback_id"] for one in SHORTCUTS)
            raise BadInput(f"no shortcut {callback_id!r}; there are {known}")
        where: Json = {}
        if kind == "global":
            payload = self._payloads.shortcut(member, callback_id)
        elif channel is None:
            raise BadInput(f"{callback_id} is for a message: say its channel and ts")
        else:
            message = self._seen(member, channel, ts)
            payload = self._payloads.message_shortcut(member, channel, message, callback_id)
            where = {"channel": channel.id, "ts": ts}
        return await self._interact(member, payload, where, callback_id)

    async def suggest(
        self, member: Member, where: View | tuple[Channel, str], action_id: str, typed: str
    ) -> Json:
        """The options that the app offers in an external menu for what was typed."""
        told: Json
        if isinstance(where, View):
            blocks, told = where.content["blocks"], {"view": wire_view(where)}
            told["container"] = {"type": "view", "view_id": where.id}
        else:
            channel, ts = where
            blocks = self._seen(member, channel, ts).blocks
            container = {"type": "message", "message_ts": ts, "channel_id": channel.id}
            told = {"container": container, "channel": {"id": channel.id, "name": channel.name}}
        block, element = _pressed(blocks, action_id, "")
        told["block_id"] = block
        payload = self._payloads.suggestion(member, told, element, typed)
        envelope = self._delivery.send(Kind.INTERACTIVE, payload)
        if not await self._delivery.answered(envelope):
            return {"ok": False, "error": envelope.trouble, "envelope_id": envelope.id}
        ack = envelope.ack_payload if isinstance(envelope.ack_payload, dict) else {}
        options = {name: ack[name] for name in ("options", "option_groups") if name in ack}
        return {"ok": True, "envelope_id": envelope.id, **options}

    def trouble(self, member: Member, where: Json) -> None:
        frame = {"kind": "trouble", "channel": None, "ts": None, "action_id": None, "view_id": None}
        self._team.watchers.tell(lambda: frame | where, lambda user: user == member.id)

    async def _interact(self, member: Member, payload: Json, where: Json, what: str) -> Json:
        envelope: Envelope = self._delivery.send(Kind.INTERACTIVE, payload)
        if await self._delivery.answered(envelope):
            return {"ok": True, "envelope_id": envelope.id}
        text = f'⚠ {what} failed with the error "{envelope.trouble}"'
        self.trouble(member, where | {"text": text})
        return {"ok": False, "error": envelope.trouble, "envelope_id": envelope.id}

    def _values(self, member: Member, message: Message, blocks: list[Any]) -> Json:
        """What this member has chosen in the message as it stands now."""
        key = (message.channel_id, message.ts, member.id)
        values = kept_values(blocks, self._chosen.pop(key, {}))
        self._chosen[key] = values
        if len(self._chosen) > REMEMBERED:
            del self._chosen[next(iter(self._chosen))]
        return values

    def _entered(self, element: Json, value: Any) -> Any:
        """A button carries its own value; control may send another, as a forger would."""
        if element["type"] in ("button", "workflow_button"):
            return element.get("value") if value is None else str(value)
        return entered(self._team, element, value)

    def _seen(self, member: Member, channel: Channel, ts: str) -> Message:
        """Raises BadInput for a message that this member does not see."""
        message = channel.messages.get(ts)
        hidden = message is not None and message.ephemeral_to not in (None, member.id)
        if message is None or message.deleted or hidden:
            raise BadInput(f"{member.name} sees no message {ts!r} in {channel.name or channel.id}")
        return message


def _split(typed: str) -> tuple[str, str]:
    """The command and the rest of the line; any white space ends the command."""
    words = typed.split(maxsplit=1)
    return words[0], words[1].strip() if len(words) > 1 else ""


def _pressed(blocks: list[Any], action_id: str, block_id: str) -> tuple[str, Json]:
    """The block's id and the element. Raises BadInput."""
    known = []
    for block in blocks:
        for element in actions_of(block):
            known.append(f"{block['block_id']}/{element['action_id']}")
            if element["action_id"] == action_id and block_id in ("", block["block_id"]):
                return block["block_id"], element
    raise BadInput(f"no element {action_id!r} there; there are {', '.join(known) or 'none'}")
