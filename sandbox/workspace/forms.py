"""A person in a modal or on the Home tab: submit, close, open."""

from typing import Any

from sandbox.loopback import BadInput
from sandbox.workspace.acting import Acting
from sandbox.workspace.blocks import actions_of
from sandbox.workspace.call import Json, SlackError
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.envelope import Kind
from sandbox.workspace.events import Events
from sandbox.workspace.hooks import Hooks
from sandbox.workspace.modals import Modals
from sandbox.workspace.payloads import Payloads
from sandbox.workspace.people import Member
from sandbox.workspace.team import Team
from sandbox.workspace.values import entered, is_empty
from sandbox.workspace.view import View, wire_view
from sandbox.workspace.view_check import checked_view

TROUBLE = "We had some trouble connecting. Try again?"
REQUIRED = "Please complete this required field."


class Forms:
    def __init__(
        self,
        team: Team,
        modals: Modals,
        delivery: Delivery,
        payloads: Payloads,
        hooks: Hooks,
        events: Events,
        acting: Acting,
    ) -> None:
        self._team = team
        self._modals = modals
        self._delivery = delivery
        self._payloads = payloads
        self._hooks = hooks
        self._events = events
        self._acting = acting

    async def submit(self, member: Member, view: View, values: Json) -> Json:
        self._fill_in(view, values)
        missing = _missing(view)
        if missing:
            return {"ok": False, "errors": dict.fromkeys(missing, REQUIRED)}
        payload = self._payloads.submission(member, view, self._response_urls(member, view))
        envelope = self._delivery.send(Kind.INTERACTIVE, payload)
        trouble = "" if await self._delivery.answered(envelope) else envelope.trouble
        if not trouble:
            try:
                errors = self._follow(member, view, envelope.ack_payload)
            except SlackError as bad:
                trouble = bad.code
        if trouble:
            self._acting.trouble(member, {"view_id": view.id, "text": TROUBLE})
            return {"ok": False, "error": trouble, "envelope_id": envelope.id}
        if errors:
            return {"ok": False, "errors": errors, "envelope_id": envelope.id}
        return {"ok": True, "envelope_id": envelope.id}

    def close(self, member: Member, view: View) -> Json:
        """Told to the app only when the view asks for it; nobody waits for the answer."""
        gone = self._modals.close(view)
        for closed in reversed(gone):
            if closed.content.get("notify_on_close"):
                payload = self._payloads.closed(member, closed, len(gone) > 1)
                self._delivery.send(Kind.INTERACTIVE, payload)
        return {"ok": True}

    def open_home(self, member: Member, tab: str) -> Json:
        view = self._team.homes.get(member.id)
        shown = None if view is None or tab != "home" else wire_view(view)
        self._events.home_opened(member.id, self._team.direct(member.id), tab, shown)
        return {"ok": True}

    def _follow(self, member: Member, view: View, ack: Any) -> Json:
        """Does what the acknowledgement says; returns the errors to show. Raises SlackError."""
        answer = ack if isinstance(ack, dict) else {}
        action = answer.get("response_action")
        if action == "errors":
            return _told_errors(view, answer.get("errors"))
        if action == "clear":
            self._modals.clear(member.id)
        elif action == "update":
            self._modals.update(view, checked_view(self._team, answer.get("view"), "modal"))
        elif action == "push":
            self._modals.push(member.id, checked_view(self._team, answer.get("view"), "modal"))
        elif action is not None:
            raise SlackError("invalid_response_action")
        elif view.content.get("clear_on_close"):
            self._modals.clear(member.id)
        else:
            self._modals.close(view)
        return {}

    def _fill_in(self, view: View, values: Json) -> None:
        """Raises BadInput."""
        if not isinstance(values, dict) or not all(isinstance(v, dict) for v in values.values()):
            raise BadInput("values must be {block_id: {action_id: value}}")
        elements = _elements(view)
        for block_id, held in values.items():
            for action_id, value in held.items():
                element = elements.get((block_id, action_id))
                if element is None:
                    known = ", ".join("/".join(name) for name in elements)
                    raise BadInput(f"no input {block_id}/{action_id} in the view; it has {known}")
                view.values[block_id][action_id] = entered(self._team, element, value)

    def _response_urls(self, member: Member, view: View) -> list[Json]:
        """One for each conversation that was chosen in a menu with response_url_enabled."""
        urls = []
        for (block_id, action_id), element in _elements(view).items():
            held = view.values[block_id][action_id]
            chosen = held.get("selected_conversation") or held.get("selected_channel")
            if element.get("response_url_enabled") and chosen:
                address = self._hooks.new_address(self._team.base, member.id, chosen)
                told = {"block_id": block_id, "action_id": action_id, "channel_id": chosen}
                urls.append({**told, "response_url": address})
        return urls


def _elements(view: View) -> dict[tuple[str, str], Json]:
    """Those that hold a value."""
    return {
        (block["block_id"], element["action_id"]): element
        for block in view.content["blocks"]
        for element in actions_of(block)
        if element["action_id"] in view.values.get(block["block_id"], {})
    }


def _missing(view: View) -> list[str]:
    """Blocks that Slack would not let a person leave empty."""
    found = []
    for block in view.content["blocks"]:
        if block["type"] != "input" or block.get("optional"):
            continue
        held = view.values.get(block["block_id"], {}).values()
        if all(is_empty(value) for value in held):
            found.append(block["block_id"])
    return found


def _told_errors(view: View, errors: Any) -> Json:
    known = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - known:
        raise SlackError("invalid_errors")
    return errors
