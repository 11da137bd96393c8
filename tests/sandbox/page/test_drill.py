"""The guided drill ticks what the workspace shows, not what was pressed."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import actions, button, section
from tests.sandbox.workspace.plain_app import NO_ACK, PlainApp
from tests.sandbox.workspace.workspace_process import Json

pytestmark = pytest.mark.long

DESK = "C0DESK001"


class Desk:
    """An app that behaves like the desk's bot, as far as the drill can see."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.silent = False

    def answer(self, envelope: Json) -> Any:
        payload = envelope["payload"]
        if envelope["type"] == "events_api":
            return None
        if self.silent:
            return NO_ACK
        if envelope["type"] == "slash_commands":
            if payload["text"].split()[0] in ("kill", "resume"):
                self._ask(payload["text"].split()[0])
            return {"text": f"told {payload['user_name']}: {payload['text']}"}
        self._done(payload["container"]["message_ts"])
        return None

    def _ask(self, what: str) -> None:
        buttons = actions(button(f"Confirm {what}", "request_confirm"), button("Object", "no"))
        self.room.slack.chat_postMessage(
            channel=DESK, text=f"{what} asked", blocks=[section(what), buttons]
        )

    def _done(self, ts: str) -> None:
        self.room.slack.chat_update(channel=DESK, ts=ts, text="done", blocks=[section("done")])


@pytest.fixture
def desk(room: Room, app: PlainApp) -> Desk:
    made = Desk(room)
    app.answer = made.answer
    return made


def drill(room: Room) -> Locator:
    return room.page.get_by_role("region", name="Guided drill")


def ticked(room: Room, number: int) -> None:
    step = drill(room).get_by_role("listitem").nth(number - 1)
    expect(step.get_by_role("img", name="done", exact=True)).to_be_visible()


def test_the_drill_from_status_to_resume(room: Room, desk: Desk) -> None:
    steps = drill(room)
    for number, text in enumerate(("status", "positions", "kill it looks wrong"), 1):
        expect(steps.get_by_role("listitem").nth(number - 1)).to_contain_text(text.split()[0])
        steps.get_by_role("button", name="Do it as alice").click()
        ticked(room, number)
    steps.get_by_role("button", name="Switch to bob").click()
    confirm = room.conversation.get_by_role("button", name="Confirm kill")
    expect(confirm).to_be_focused()
    expect(room.page.get_by_role("radio", name="bob")).to_be_checked()
    expect(steps.get_by_role("status")).to_have_text("3 of 7")
    confirm.press("Enter")
    ticked(room, 4)
    steps.get_by_role("button", name="Do it as alice").click()
    room.conversation.get_by_role("button", name="Confirm resume").wait_for()
    expect(room.page.get_by_role("radio", name="alice")).to_be_checked()
    steps.get_by_role("button", name="Switch to bob").click()
    room.conversation.get_by_role("button", name="Confirm resume").click()
    ticked(room, 5)
    expect(steps).to_contain_text("--exchange-control")
    room.page.reload()
    ticked(room, 5)


def test_a_step_that_was_pressed_and_not_heard_is_not_ticked(room: Room, desk: Desk) -> None:
    desk.silent = True
    drill(room).get_by_role("button", name="Do it as alice").click()
    failed = re.compile("perps failed with the error")
    expect(room.page.get_by_role("alert").filter(has_text=failed)).to_be_visible()
    expect(drill(room).get_by_role("status")).to_have_text("0 of 7")


def test_a_step_is_ticked_however_it_came_about(room: Room, desk: Desk) -> None:
    room.workspace.command("/perps status", user="carol")
    ticked(room, 1)
    expect(drill(room).get_by_role("status")).to_have_text("1 of 7")


def test_the_drill_is_dismissed_and_comes_back(room: Room) -> None:
    drill(room).get_by_role("button", name="Close guided drill").click()
    expect(drill(room)).to_be_hidden()
    room.page.reload()
    room.field.wait_for()
    expect(drill(room)).to_be_hidden()
    room.tool("Guided drill").wait_for()


def test_starting_over(room: Room, desk: Desk) -> None:
    drill(room).get_by_role("button", name="Do it as alice").click()
    ticked(room, 1)
    drill(room).get_by_role("button", name="Start over").click()
    expect(drill(room).get_by_role("status")).to_have_text("0 of 7")
