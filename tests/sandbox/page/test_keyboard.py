"""The whole way of a kill without a mouse, and what keys do while nobody types."""

import re

import pytest
from playwright.sync_api import expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import actions, button, question, section
from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import Json, wait_until

pytestmark = pytest.mark.long


def test_a_kill_by_keyboard_alone(room: Room, app: PlainApp) -> None:
    asks = question("Kill main?", "Cancel and close all")
    confirm = button("Confirm", "agree", style="danger", confirm=asks)

    def answer(envelope: Json) -> None:
        if envelope["type"] == "slash_commands":
            room.post("HELD", blocks=[section("HELD"), actions(confirm, button("Object", "no"))])

    app.answer = answer
    keys = room.page.keyboard
    room.page.locator("body").focus()
    keys.press("/")
    expect(room.field).to_be_focused()
    expect(room.field).to_have_value("/")
    keys.type("perps k")
    expect(room.page.get_by_role("option", selected=True)).to_contain_text("/perps kill")
    keys.press("Tab")
    keys.type("it looks wrong")
    keys.press("Enter")
    card = room.conversation.get_by_role("article", name=re.compile("HELD"))
    card.wait_for()
    assert [p["text"] for p in app.payloads if "command" in p] == ["kill it looks wrong"]
    keys.press("Shift+Tab")
    for _ in range(12):
        if room.page.evaluate("document.activeElement.textContent") == "Confirm":
            break
        keys.press("Shift+Tab")
    expect(card.get_by_role("button", name="Confirm")).to_be_focused()
    keys.press("2")
    room.page.wait_for_function("() => document.title.includes('bob ·')")
    card.get_by_role("button", name="Confirm").focus()
    keys.press("Enter")
    dialog = room.page.get_by_role("dialog", name="Kill main?")
    expect(dialog.get_by_role("button", name="Not now")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    wait_until(lambda: any(p.get("type") == "block_actions" for p in app.payloads))
    pressed = [p for p in app.payloads if p.get("type") == "block_actions"]
    assert [(p["user"]["name"], p["actions"][0]["action_id"]) for p in pressed] == [
        ("bob", "agree")
    ]


def test_digits_are_text_while_somebody_types(room: Room) -> None:
    room.field.press_sequentially("at 2 or 3")
    expect(room.page.get_by_role("radio", name="alice")).to_be_checked()
    expect(room.field).to_have_value("at 2 or 3")


def test_what_was_sent_can_be_sent_again(room: Room) -> None:
    for text in ("first", "second"):
        room.say(text)
    room.field.press("ArrowUp")
    expect(room.field).to_have_value("second")
    room.field.press("ArrowUp")
    expect(room.field).to_have_value("first")
    room.field.press("ArrowDown")
    expect(room.field).to_have_value("second")


def test_names_are_offered_after_an_at_sign(room: Room) -> None:
    room.field.press_sequentially("ask @ca")
    expect(room.page.get_by_role("option")).to_have_text([re.compile("@carol")])
    room.field.press("Enter")
    expect(room.field).to_have_value("ask @carol ")
    room.field.press("Enter")
    said = room.conversation.get_by_role("article", name=re.compile("^alice at"))
    expect(said).to_contain_text("would notify: carol")
    expect(said.locator(".mention")).to_have_text("@carol")


def test_the_next_conversation(room: Room) -> None:
    alerts = room.page.get_by_role("link", name="perps-alerts")
    alerts.click()
    expect(alerts).to_have_attribute("aria-current", "page")
    room.page.keyboard.press("Alt+ArrowDown")
    expect(room.page.get_by_role("link", name="perps-desk")).to_have_attribute(
        "aria-current", "page"
    )
    room.page.keyboard.press("Alt+ArrowUp")
    expect(room.page.get_by_role("textbox", name="Message perps-alerts")).to_be_visible()


def test_the_list_of_keys(room: Room) -> None:
    room.page.locator("body").focus()
    room.page.keyboard.press("?")
    expect(room.page.get_by_role("dialog", name="Keys")).to_contain_text("act as that member")
    room.page.keyboard.press("Escape")
    expect(room.page.get_by_role("dialog")).to_have_count(0)


def test_a_menu_moves_with_arrows_and_gives_the_focus_back(room: Room) -> None:
    ts = room.post("a message")
    more = room.article(ts).get_by_role("button", name="More actions")
    more.focus()
    room.page.keyboard.press("Enter")
    items = room.page.get_by_role("menuitem")
    expect(items.nth(0)).to_be_focused()
    room.page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    room.page.keyboard.press("Escape")
    expect(more).to_be_focused()
