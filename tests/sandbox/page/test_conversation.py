"""Messages as they come, change and go: in place, in threads, for one person, read and unread."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import actions, button, section

pytestmark = pytest.mark.long

TOP = "element => element.getBoundingClientRect().top"


def test_a_message_is_edited_in_place(room: Room) -> None:
    above = room.post("above")
    ts = room.post("asked", blocks=[section("*HELD*"), actions(button("Confirm", "agree"))])
    below = room.post("below")
    room.article(below).wait_for()
    before = room.article(ts).evaluate(TOP), room.article(above).evaluate(TOP)
    room.slack.chat_update(channel=room.id, ts=ts, text="done", blocks=[section("*KILLED*")])
    expect(room.article(ts)).to_contain_text("KILLED")
    expect(room.article(ts)).to_contain_text("(edited)")
    expect(room.article(ts).get_by_role("button", name="Confirm")).to_have_count(0)
    assert (room.article(ts).evaluate(TOP), room.article(above).evaluate(TOP)) == before
    assert room.conversation.get_by_role("article").count() == 3


def test_the_focus_stays_on_a_button_whose_message_is_edited(room: Room) -> None:
    blocks = [section("one"), actions(button("Confirm", "agree"))]
    ts = room.post("one", blocks=blocks)
    room.article(ts).get_by_role("button", name="Confirm").focus()
    room.slack.chat_update(channel=room.id, ts=ts, text="two", blocks=[section("two"), *blocks[1:]])
    expect(room.article(ts)).to_contain_text("two")
    expect(room.article(ts).get_by_role("button", name="Confirm")).to_be_focused()


def test_a_deleted_message_goes(room: Room) -> None:
    ts = room.post("a mistake")
    room.article(ts).wait_for()
    room.slack.chat_delete(channel=room.id, ts=ts)
    expect(room.article(ts)).to_have_count(0)


def test_a_thread_beside_the_channel(room: Room) -> None:
    root = room.post("main: HELD")
    room.post("entries cancelled", thread_ts=root)
    expect(room.conversation.get_by_text("entries cancelled")).to_have_count(0)
    room.article(root).get_by_role("button", name="1 reply").click()
    thread = room.page.get_by_role("region", name="Thread", exact=True)
    expect(thread.get_by_role("article")).to_have_count(2)
    field = thread.get_by_role("textbox", name=f"Reply to thread in {room.name}")
    expect(field).to_be_focused()
    field.fill("who looks?")
    field.press("Enter")
    expect(thread.get_by_role("article", name=re.compile("who looks"))).to_be_visible()
    expect(room.article(root).get_by_role("button", name="2 replies")).to_be_visible()
    room.post("sweep verified", thread_ts=root, reply_broadcast=True)
    expect(room.conversation.get_by_text("sweep verified")).to_be_visible()
    field.press("Escape")
    expect(thread).to_be_hidden()


def test_no_commands_in_threads(room: Room) -> None:
    root = room.post("root")
    room.article(root).hover()
    room.article(root).get_by_role("button", name="Reply in thread").click()
    field = room.page.get_by_role("textbox", name="Reply to thread")
    field.fill("/perps kill")
    field.press("Enter")
    told = room.page.get_by_role("region", name="Notices")
    expect(told).to_contain_text("no commands in threads")
    expect(field).to_have_value("/perps kill")


def test_an_ephemeral_message_is_for_one_person(room: Room) -> None:
    said: Any = {"channel": room.id, "text": "you may not"}
    room.slack.chat_postEphemeral(user="U0BOB0001", **said)
    shown = room.conversation.get_by_role("article", name=re.compile("you may not"))
    room.article(room.post("afterwards")).wait_for()
    expect(shown).to_have_count(0)
    room.act_as("bob")
    expect(shown).to_contain_text("Only visible to you")


def test_reactions(room: Room) -> None:
    ts = room.post("ack me")
    room.article(ts).hover()
    room.article(ts).get_by_role("button", name="Add reaction").click()
    room.page.get_by_role("menuitem", name="eyes").click()
    mine = room.article(ts).get_by_role("button", name="eyes: alice")
    expect(mine).to_have_attribute("aria-pressed", "true")
    room.slack.reactions_add(channel=room.id, timestamp=ts, name="eyes")
    expect(room.article(ts).get_by_role("button", name=re.compile("eyes: "))).to_have_text("👀2")


def test_what_is_unread_is_counted(room: Room) -> None:
    room.page.get_by_role("link", name="perps-desk").click()
    room.post("one")
    room.post("two <@U0ALICE01>")
    link = room.page.get_by_role("link", name=room.name)
    expect(link.get_by_label("2 unread")).to_be_visible()
    expect(room.page).to_have_title(re.compile(r"\(\d+\) alice"))
    link.click()
    expect(link.get_by_label("unread")).to_have_count(0)


def test_a_click_counts_although_a_message_arrives_between_press_and_release(room: Room) -> None:
    room.page.get_by_role("link", name="perps-desk").click()
    link = room.page.get_by_role("link", name=room.name)
    link.get_by_text(room.name).hover()
    room.page.mouse.down()
    room.post("one")
    expect(link.get_by_label("1 unread")).to_be_visible()
    room.page.mouse.up()
    expect(link).to_have_attribute("aria-current", "page")


def test_a_channel_that_one_is_brought_into_comes_with_its_history(room: Room) -> None:
    name = f"inc-{room.name}"
    made: Any = room.slack.conversations_create(name=name)
    channel = made["channel"]["id"]
    room.slack.chat_postMessage(channel=channel, text="before alice came")
    expect(room.page.get_by_role("link", name=name)).to_have_count(0)
    room.slack.conversations_invite(channel=channel, users=["U0ALICE01"])
    room.slack.chat_postMessage(channel=channel, text="after alice came")
    room.page.get_by_role("link", name=f"{name} 2 unread").click()  # once both have arrived
    for text in ("before alice came", "after alice came"):
        expect(room.conversation.get_by_role("article", name=re.compile(text))).to_be_visible()
    room.slack.conversations_archive(channel=channel)
    room.page.get_by_role("link", name=room.name, exact=True).click()
    expect(room.page.get_by_role("link", name=name)).to_have_count(0)


def test_the_bottom_stays_the_bottom_only_where_one_was_there(room: Room) -> None:
    for number in range(40):
        room.post(f"line {number}", blocks=[section(f"line {number}")])
    rows = room.page.get_by_role("region", name=f"Messages in {room.name}")
    expect(rows.get_by_text("line 39")).to_be_in_viewport()
    room.post("line 40")
    expect(rows.get_by_text("line 40")).to_be_in_viewport()
    rows.evaluate("element => (element.scrollTop = 100)")
    room.page.wait_for_timeout(50)
    room.article(room.post("line 41")).wait_for(state="attached")
    expect(rows.get_by_text("line 41")).not_to_be_in_viewport()
    assert rows.evaluate("element => element.scrollTop") == 100


def test_json_of_a_message(room: Room) -> None:
    metadata = {"event_type": "card", "event_payload": {"id": "r-1"}}
    ts = room.post("a card", metadata=metadata)
    room.article(ts).hover()
    room.article(ts).get_by_role("button", name="More actions").click()
    room.page.get_by_role("menuitem", name="Show as JSON").click()
    dialog = room.page.get_by_role("dialog", name=f"Message {ts}")
    expect(dialog).to_contain_text('"event_type": "card"')
    room.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_home_tab_keeps_its_place_when_it_is_published_anew(room: Room) -> None:
    lines = [section(f"line {number}") for number in range(60)]
    home: Any = {"type": "home", "blocks": [actions(button("Refresh", "refresh")), *lines]}
    room.slack.views_publish(user_id="U0ALICE01", view=home)
    room.page.get_by_role("link", name="Perps Desk Home").click()
    tab = room.page.get_by_role("region", name="Home tab")
    tab.get_by_role("button", name="Refresh").focus()
    tab.evaluate("element => (element.scrollTop = 300)")
    home["blocks"][-1] = section("the end")
    room.slack.views_publish(user_id="U0ALICE01", view=home)
    expect(tab.get_by_text("the end")).to_be_attached()
    expect(tab.get_by_role("button", name="Refresh")).to_be_focused()
    assert tab.evaluate("element => element.scrollTop") == 300


def test_a_permalink_leads_to_its_message(room: Room) -> None:
    lines = [room.post(f"line {number}", blocks=[section("line")]) for number in range(40)]
    wanted = lines[5]
    link: Any = room.slack.chat_getPermalink(channel=room.id, message_ts=wanted)
    room.page.goto(link["permalink"])
    expect(room.article(wanted)).to_be_in_viewport()
