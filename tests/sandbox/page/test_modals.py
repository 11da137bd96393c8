"""Modals: filled in, refused with words at the field, stacked, closed by Escape, kept when updated."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import (
    actions,
    asks,
    button,
    element,
    modal,
    mrkdwn,
    option,
    options,
)
from tests.sandbox.workspace.plain_app import NO_ACK, PlainApp
from tests.sandbox.workspace.workspace_process import Json, wait_until

pytestmark = pytest.mark.long

Open = Callable[..., Locator]
FORM = [
    asks("Title", element("plain_text_input", "t")),
    asks("Story", element("plain_text_input", "s", multiline=True), optional=True),
    asks("Minutes", element("number_input", "n", is_decimal_allowed=False, max_value="60")),
    asks("Severity", element("static_select", "v", options=options("SEV1", "SEV2"))),
    asks("Lead", element("users_select", "u")),
    asks("Products", element("multi_static_select", "p", options=options("BTC", "ETH"))),
    asks(
        "Scope",
        element(
            "radio_buttons", "r", options=options("Desk", "All"), initial_option=option("Desk")
        ),
    ),
    asks("Tell", element("checkboxes", "c", options=options("Team", "Risk"))),
    asks("Day", element("datepicker", "d")),
    asks("Hour", element("timepicker", "h")),
]


class Former:
    """An app that opens a modal for the global shortcut and answers submissions."""

    def __init__(self, room: Room, view: Json) -> None:
        self.room = room
        self.view = view
        self.submitted: list[Json] = []
        self.pressed: list[Json] = []
        self.on_submit: Any = None
        self.view_id = ""

    def answer(self, envelope: Json) -> Any:
        payload = envelope["payload"]
        match payload.get("type"):
            case "shortcut":
                told: Any = self.room.slack.views_open(
                    trigger_id=payload["trigger_id"], view=self.view
                )
                self.view_id = told["view"]["id"]
            case "view_submission":
                self.submitted.append(payload["view"]["state"]["values"])
                return self.on_submit
            case "block_actions":
                self.pressed.append(payload)
        return None


def opened(room: Room, app: PlainApp, view: Json) -> tuple[Former, Locator]:
    former = Former(room, view)
    app.answer = former.answer
    room.page.get_by_role("button", name="Shortcuts").click()
    room.page.get_by_role("menuitem", name="Declare incident").click()
    dialog = room.page.get_by_role("dialog", name=view["title"]["text"])
    dialog.wait_for()
    return former, dialog


def test_a_form_is_filled_in_and_sent(room: Room, app: PlainApp) -> None:
    former, dialog = opened(room, app, modal("Declare", *FORM))
    expect(dialog.get_by_role("textbox", name="Title")).to_be_focused()
    dialog.get_by_label("Title").fill("Feed is stale")
    dialog.get_by_label("Story").fill("two\nlines")
    dialog.get_by_label("Minutes").fill("15")
    dialog.get_by_label("Severity").select_option("SEV2")
    dialog.get_by_label("Lead").select_option("carol")
    dialog.get_by_text("Choose…").last.click()
    dialog.get_by_role("checkbox", name="ETH").check()
    dialog.get_by_role("radio", name="All").check()
    dialog.get_by_role("checkbox", name="Risk").check()
    dialog.get_by_label("Day").fill("2026-02-03")
    dialog.get_by_label("Hour").fill("09:15")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_have_count(0)
    [values] = former.submitted
    assert values["title"]["t"]["value"] == "Feed is stale"
    assert values["story"]["s"]["value"] == "two\nlines"
    assert values["minutes"]["n"]["value"] == "15"
    assert values["severity"]["v"]["selected_option"]["value"] == "sev2"
    assert values["lead"]["u"]["selected_user"] == "U0CAROL01"
    assert [one["value"] for one in values["products"]["p"]["selected_options"]] == ["eth"]
    assert values["scope"]["r"]["selected_option"]["value"] == "all"
    assert [one["value"] for one in values["tell"]["c"]["selected_options"]] == ["risk"]
    assert values["day"]["d"]["selected_date"] == "2026-02-03"
    assert values["hour"]["h"]["selected_time"] == "09:15"


def test_errors_stand_at_their_fields(room: Room, app: PlainApp) -> None:
    former, dialog = opened(room, app, modal("Declare", FORM[0], FORM[2]))
    title, minutes = dialog.get_by_label("Title"), dialog.get_by_label("Minutes")
    dialog.get_by_role("button", name="Send").click()
    expect(title).to_have_accessible_description("Please complete this required field.")
    expect(title).to_be_focused()
    title.fill("x")
    minutes.fill("61")
    dialog.get_by_role("button", name="Send").click()
    expect(minutes).to_have_attribute("aria-invalid", "true")
    expect(title).not_to_have_attribute("aria-invalid", "true")
    assert former.submitted == []
    former.on_submit = {"response_action": "errors", "errors": {"title": "Say more than x."}}
    minutes.fill("5")
    dialog.get_by_role("button", name="Send").click()
    expect(title).to_have_accessible_description("Say more than x.")
    expect(title).to_have_value("x")


def test_an_app_that_does_not_answer(room: Room, app: PlainApp) -> None:
    former, dialog = opened(room, app, modal("Declare", FORM[0]))
    former.on_submit = NO_ACK
    dialog.get_by_label("Title").fill("x")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert").filter(has_text="trouble connecting")).to_be_visible()
    expect(dialog.get_by_label("Title")).to_have_value("x")


def test_escape_closes_and_the_app_is_told(room: Room, app: PlainApp) -> None:
    _, dialog = opened(room, app, modal("Declare", FORM[0], notify_on_close=True))
    room.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    wait_until(lambda: any(p.get("type") == "view_closed" for p in app.payloads))


def test_modals_lie_on_each_other(room: Room, app: PlainApp) -> None:
    former, first = opened(room, app, modal("First", FORM[0]))
    former.on_submit = {"response_action": "push", "view": modal("Second", FORM[2])}
    first.get_by_label("Title").fill("kept")
    first.get_by_role("button", name="Send").click()
    second = room.page.get_by_role("dialog", name="Second")
    expect(second.get_by_label("Minutes")).to_be_focused()
    room.page.keyboard.press("Escape")
    expect(first.get_by_label("Title")).to_have_value("kept")
    room.page.keyboard.press("Escape")
    expect(room.page.get_by_role("dialog")).to_have_count(0)


def test_what_was_typed_stays_when_the_app_updates_the_view(room: Room, app: PlainApp) -> None:
    press = actions(button("More", "more"))
    former, dialog = opened(room, app, modal("Declare", FORM[0], press))
    dialog.get_by_label("Title").fill("half a wo")
    dialog.get_by_role("button", name="More").click()
    wait_until(lambda: len(former.pressed) == 1)
    longer = modal("Declare", FORM[0], press, FORM[1])
    room.slack.views_update(view_id=former.view_id, view=longer)
    dialog.get_by_label("Story").wait_for()
    expect(dialog.get_by_label("Title")).to_have_value("half a wo")


def test_a_modal_is_still_there_after_a_reload(room: Room, app: PlainApp) -> None:
    _, dialog = opened(room, app, modal("Declare", FORM[0]))
    room.page.reload()
    expect(dialog.get_by_label("Title")).to_be_focused()
    room.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_an_alert_stands_in_a_modal(room: Room, app: PlainApp) -> None:
    warning = {"type": "alert", "text": mrkdwn("*Everyone* is paged."), "level": "warning"}
    _, dialog = opened(room, app, modal("Declare", warning, FORM[0]))
    expect(dialog.get_by_role("note")).to_have_text("Everyone is paged.")


@pytest.mark.parametrize("kind", ["email_text_input", "url_text_input"])
def test_addresses_are_checked_by_their_shape(room: Room, app: PlainApp, kind: str) -> None:
    former, dialog = opened(room, app, modal("Declare", asks("Where", element(kind, "w"))))
    dialog.get_by_label("Where").fill("not one")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_label("Where")).to_have_attribute("aria-invalid", "true")
    assert former.submitted == []
