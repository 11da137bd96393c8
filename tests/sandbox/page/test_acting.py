"""A person acts: commands, clicks and questions before them, as any member; and what becomes of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import actions, button, element, option, options, plain, question
from tests.sandbox.workspace.plain_app import NO_ACK, PlainApp
from tests.sandbox.workspace.workspace_process import wait_until

pytestmark = pytest.mark.long


def clicks(app: PlainApp) -> list[tuple[str, str]]:
    """Who pressed what."""
    return [
        (payload["user"]["name"], payload["actions"][0]["action_id"])
        for payload in app.payloads
        if payload.get("type") == "block_actions"
    ]


def test_a_command_goes_out_and_its_answer_is_for_one_only(room: Room, app: PlainApp) -> None:
    app.answer = lambda envelope: {"text": f"status for {envelope['payload']['user_name']}"}
    room.say("/perps status")
    answer = room.conversation.get_by_role("article", name=re.compile("status for alice"))
    expect(answer).to_contain_text("Only visible to you")
    note = room.conversation.get_by_role("note", name="alice typed /perps status")
    expect(note).to_contain_text("acknowledged in")
    room.act_as("bob")
    expect(room.conversation.get_by_role("article", name=re.compile("status for"))).to_have_count(0)
    expect(note).to_have_count(0)


def test_a_command_that_nobody_hears(room: Room) -> None:
    wait_until(lambda: room.workspace.connections() == 0)
    room.say("/perps status")
    told = re.compile('perps failed with the error "dispatch_failed"')
    expect(room.conversation.get_by_role("article", name=told)).to_be_visible()
    expect(room.page.get_by_role("alert").filter(has_text=told)).to_be_visible()
    expect(room.page.get_by_role("status").filter(has_text="not connected")).to_be_visible()


def test_a_question_is_asked_before_a_click_is_sent(room: Room, app: PlainApp) -> None:
    asks = question("Kill main?", "Cancel and close all")
    shown = room.show(actions(button("Confirm", "kill", style="danger", confirm=asks)))
    shown.get_by_role("button", name="Confirm").click()
    dialog = room.page.get_by_role("dialog", name="Kill main?")
    expect(dialog).to_contain_text("Everything is closed.")
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_have_count(0)
    shown.get_by_role("button", name="Confirm").click()
    room.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert clicks(app) == []
    shown.get_by_role("button", name="Confirm").click()
    dialog.get_by_role("button", name="Cancel and close all").click()
    wait_until(lambda: clicks(app) == [("alice", "kill")])


def test_acting_as_another_member(room: Room, app: PlainApp) -> None:
    shown = room.show(actions(button("Confirm", "agree")))
    room.act_as("bob")
    shown.get_by_role("button", name="Confirm").click()
    wait_until(lambda: clicks(app) == [("bob", "agree")])
    room.say("good morning")
    said = room.conversation.get_by_role("article", name=re.compile("^bob at"))
    expect(said).to_contain_text("good morning")


def test_who_would_be_notified(room: Room) -> None:
    told = room.article(room.post("wake up <@U0BOB0001> <!subteam^S0APPROVE>"))
    expect(told).to_contain_text("would notify: alice, bob, carol")
    expect(room.article(room.post("nobody"))).not_to_contain_text("would notify")


def test_a_button_waits_and_says_when_it_was_not_heard(room: Room, app: PlainApp) -> None:
    app.answer = lambda envelope: NO_ACK
    shown = room.show(actions(button("Confirm", "agree"), button("Object", "object")))
    pressed = shown.get_by_role("button", name="Confirm")
    pressed.click()
    expect(pressed).to_have_attribute("aria-busy", "true")
    pressed.click()
    failed = re.compile("failed with the error .operation_timeout")
    expect(shown.get_by_role("img", name=failed)).to_have_text("⚠")
    expect(pressed).not_to_have_attribute("aria-busy", "true")
    expect(room.page.get_by_role("alert").filter(has_text=failed)).to_be_visible()
    assert clicks(app) == [("alice", "agree")]
    inspector = room.tool("Inspector")
    row = inspector.get_by_role("row", name=re.compile("block_actions agree")).first
    expect(row).to_contain_text("timeout")
    app.acknowledge(next(e for e in app.envelopes if e["type"] == "interactive"))
    expect(row).to_contain_text("late")
    expect(shown.get_by_role("img", name=failed)).to_be_visible()
    app.answer = lambda envelope: None
    pressed.click()
    expect(shown.get_by_role("img", name=failed)).to_have_count(0)


def test_menus_and_choices_send_what_was_chosen(room: Room, app: PlainApp) -> None:
    shown = room.show(
        actions(
            element(
                "static_select", "for", placeholder=plain("Snooze"), options=[option("1 h", "60")]
            ),
            element("users_select", "to", placeholder=plain("Hand over to")),
            element("checkboxes", "how", options=options("page", "mail")),
            element("radio_buttons", "when", options=options("now", "later")),
            element("datepicker", "day", placeholder=plain("Day")),
            element("overflow", "more", options=options("Silence", "Runbook")),
        )
    )
    shown.get_by_role("combobox", name="Snooze").select_option("1 h")
    shown.get_by_role("combobox", name="Hand over to").select_option("bob")
    shown.get_by_role("checkbox", name="page").check()
    shown.get_by_role("radio", name="later").check()
    shown.get_by_label("Day").fill("2026-02-03")
    shown.get_by_label("Day").blur()
    shown.get_by_role("button", name="More options").click()
    room.page.get_by_role("menuitem", name="Runbook").click()
    wait_until(lambda: len(clicks(app)) == 6)
    sent = {
        payload["actions"][0]["action_id"]: payload["actions"][0]
        for payload in app.payloads
        if payload.get("type") == "block_actions"
    }
    assert sent["for"]["selected_option"]["value"] == "60"
    assert sent["to"]["selected_user"] == "U0BOB0001"
    assert [one["value"] for one in sent["how"]["selected_options"]] == ["page"]
    assert sent["when"]["selected_option"]["value"] == "later"
    assert sent["day"]["selected_date"] == "2026-02-03"
    assert sent["more"]["selected_option"]["value"] == "runbook"


def test_a_choice_that_was_not_meant_is_taken_back(room: Room, app: PlainApp) -> None:
    asks = question("Silence it?", "Silence")
    menu = element(
        "static_select", "for", placeholder=plain("Snooze"), options=options("A", "B"), confirm=asks
    )
    chosen = room.show(actions(menu)).get_by_role("combobox", name="Snooze")
    chosen.select_option("B")
    room.page.get_by_role("dialog", name="Silence it?").get_by_role(
        "button", name="Not now"
    ).click()
    expect(chosen).to_have_value("")
    assert clicks(app) == []


def test_what_was_chosen_stays_when_the_message_is_edited(room: Room, app: PlainApp) -> None:
    menu = element("static_select", "for", placeholder=plain("Snooze"), options=options("A", "B"))
    ts = room.post("one", blocks=[actions(menu)])
    chosen = room.article(ts).get_by_role("combobox", name="Snooze")
    chosen.select_option("B")
    wait_until(lambda: len(clicks(app)) == 1)
    room.slack.chat_update(
        channel=room.id, ts=ts, text="two", blocks=[{"type": "divider"}, actions(menu)]
    )
    expect(room.article(ts).get_by_role("separator")).to_be_visible()
    expect(chosen).to_have_value("b")


def test_shortcuts_of_the_app(room: Room, app: PlainApp) -> None:
    told = room.article(room.post("look at this"))
    told.hover()
    told.get_by_role("button", name="More actions").click()
    room.page.get_by_role("menuitem", name="Add to incident timeline").click()
    wait_until(lambda: any(p.get("type") == "message_action" for p in app.payloads))
    room.page.get_by_role("button", name="Shortcuts").click()
    room.page.get_by_role("menuitem", name="Declare incident").click()
    wait_until(lambda: any(p.get("type") == "shortcut" for p in app.payloads))


def test_what_a_member_may_not_do_is_said(room: Room) -> None:
    ts = room.post("here", blocks=[actions(button("Confirm", "agree"))])
    room.article(ts).wait_for()
    room.page.route("**/_sim/click", lambda route: route.fulfill(status=400, json={"error": "no"}))
    room.article(ts).get_by_role("button", name="Confirm").click()
    expect(room.page.get_by_role("alert").filter(has_text=re.compile("^no"))).to_be_visible()
    expect(room.article(ts).get_by_role("img", name="It was not sent")).to_be_visible()
    room.complaints.clear()  # the browser names every answer that is not 200
