"""The views that are open: a stack of modals for each member, and everybody's Home tab."""

import secrets

from sandbox.workspace.call import Json, SlackError
from sandbox.workspace.team import Team
from sandbox.workspace.values import initial_values, kept_values
from sandbox.workspace.view import STACK_MAX, View, wire_view


class Modals:
    def __init__(self, team: Team) -> None:
        self._team = team

    def stack(self, user_id: str) -> list[View]:
        return self._team.modals.get(user_id, [])

    def open(self, user_id: str, content: Json) -> View:
        """A first modal, in place of any that are open."""
        self._external_id_is_free(content, None)
        view = self._new(user_id, content)
        self._team.modals[user_id] = [view]
        self._show(user_id)
        return view

    def push(self, user_id: str, content: Json) -> View:
        """On top of the open ones. Raises SlackError."""
        stack = self.stack(user_id)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK_MAX:
            raise SlackError("push_limit_reached")
        self._external_id_is_free(content, None)
        view = self._new(user_id, content)
        view.previous_id, view.root_id = stack[-1].id, stack[0].id
        stack.append(view)
        self._show(user_id)
        return view

    def update(self, view: View, content: Json) -> None:
        self._external_id_is_free(content, view)
        view.content, view.hash = content, self._hash()
        view.values = kept_values(content["blocks"], view.values)
        if content["type"] == "home":
            self._put_home(view)
        else:
            self._show(view.user_id)

    def publish(self, user_id: str, content: Json, hash: str) -> View:
        view = self._team.homes.get(user_id)
        if view is None:
            self._external_id_is_free(content, None)
            view = self._new(user_id, content)
        else:
            self._same_hash(view, hash)
            self._external_id_is_free(content, view)
            view.content, view.hash = content, self._hash()
            view.values = initial_values(content["blocks"])
        self._put_home(view)
        return view

    def find(self, view_id: str, external_id: str, hash: str) -> View:
        """The view that an update means. Raises SlackError."""
        found = self._team.view_of(view_id) if view_id else self._by_external_id(external_id)
        if found is None:
            raise SlackError("not_found")
        self._same_hash(found, hash)
        return found

    def close(self, view: View) -> list[View]:
        """Takes it away with what lies on top of it; returns what went."""
        stack = self.stack(view.user_id)
        if view not in stack:
            return []
        at = stack.index(view)
        gone = stack[at:]
        del stack[at:]
        self._show(view.user_id)
        return gone

    def clear(self, user_id: str) -> None:
        self._team.modals.pop(user_id, None)
        self._show(user_id)

    def _new(self, user_id: str, content: Json) -> View:
        id = self._team.ids.new("V")
        view = View(id, user_id, content, self._hash(), root_id=id)
        view.values = initial_values(content["blocks"])
        return view

    def _hash(self) -> str:
        return f"{self._team.now_s()}.{secrets.token_hex(4)}"

    def _same_hash(self, view: View, hash: str) -> None:
        if hash and hash != view.hash:
            raise SlackError("hash_conflict")

    def _by_external_id(self, external_id: str) -> View | None:
        views = [view for stack in self._team.modals.values() for view in stack]
        for view in (*views, *self._team.homes.values()):
            if external_id and view.external_id == external_id:
                return view
        return None

    def _external_id_is_free(self, content: Json, own: View | None) -> None:
        other = self._by_external_id(str(content.get("external_id") or ""))
        if other is not None and other is not own:
            raise SlackError("duplicate_external_id")

    def _put_home(self, view: View) -> None:
        self._team.put_home(view)
        self._team.watchers.tell(
            lambda: {"kind": "home", "view": wire_view(view)}, lambda user: user == view.user_id
        )

    def _show(self, user_id: str) -> None:
        def frame() -> Json:
            return {"kind": "views", "stack": [wire_view(view) for view in self.stack(user_id)]}

        self._team.watchers.tell(frame, lambda user: user == user_id)
