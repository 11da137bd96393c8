"""views.*: modals, and the Home tab."""

from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.hooks import Hooks
from sandbox.workspace.modals import Modals
from sandbox.workspace.team import Team
from sandbox.workspace.view import View, wire_view
from sandbox.workspace.view_check import read_view


class Views:
    def __init__(self, team: Team, modals: Modals, hooks: Hooks) -> None:
        self._team = team
        self._modals = modals
        self._hooks = hooks

    def open(self, call: Call) -> Json:
        content = read_view(self._team, call, "modal")
        trigger = self._hooks.use_trigger(_trigger(call))
        return _shown(self._modals.open(trigger.user_id, content))

    def push(self, call: Call) -> Json:
        content = read_view(self._team, call, "modal")
        trigger = self._hooks.use_trigger(_trigger(call))
        if trigger.view_id is None:
            raise SlackError("invalid_trigger_id")
        return _shown(self._modals.push(trigger.user_id, content))

    def update(self, call: Call) -> Json:
        content = read_view(self._team, call)
        view = self._modals.find(call.text("view_id"), call.text("external_id"), call.text("hash"))
        self._modals.update(view, content)
        return _shown(view)

    def publish(self, call: Call) -> Json:
        content = read_view(self._team, call, "home")
        member = self._team.members.get(call.text("user_id"))
        if member is None or member.is_bot:
            raise SlackError("user_not_found")
        return _shown(self._modals.publish(member.id, content, call.text("hash")))


def _trigger(call: Call) -> str:
    return call.text("trigger_id") or call.text("interactivity_pointer")


def _shown(view: View) -> Json:
    return {"ok": True, "view": wire_view(view)}
