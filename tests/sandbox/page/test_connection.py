"""The workspace goes away and comes back: the page says so, and catches up."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.sandbox.page.room import Room
from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import WorkspaceProcess

pytestmark = pytest.mark.long


def test_the_page_finds_its_way_back_after_a_restart(browser: Browser, tmp_path: Path) -> None:
    workspace = WorkspaceProcess(tmp_path, "--no-rate-limits")
    room = Room(browser, workspace, "restarted")
    before = room.post("before")
    room.article(before).wait_for()
    room.field.fill("half a sentence")
    assert workspace.stop() == 0
    banner = room.page.get_by_role("alert").filter(has_text="does not answer")
    expect(banner).to_be_visible()
    port = str(urlsplit(workspace.url).port)
    again = WorkspaceProcess(tmp_path, "--no-rate-limits", "--port", port)
    room.slack.chat_postMessage(channel=room.id, text="while you were away")
    caught_up = room.conversation.get_by_role("article", name=re.compile("while you were away"))
    expect(caught_up).to_be_visible(timeout=10_000)
    expect(banner).to_be_hidden()
    expect(room.article(before)).to_be_visible()
    expect(room.field).to_have_value("half a sentence")
    room.close()
    assert again.stop() == 0


def test_whether_the_app_is_connected(room: Room, app: PlainApp) -> None:
    state = room.page.get_by_role("status").filter(has_text="Perps Desk:")
    expect(state).to_have_text("Perps Desk: 1 connection")
    with PlainApp(room.workspace):
        expect(state).to_have_text("Perps Desk: 2 connections")
    app.close()
    expect(state).to_have_text("Perps Desk: not connected")


def test_the_member_and_the_channel_survive_a_reload(room: Room) -> None:
    room.act_as("carol")
    room.page.reload()
    expect(room.field).to_be_visible()
    expect(room.page.get_by_role("radio", name="carol")).to_be_checked()


def test_an_address_may_name_the_member(room: Room) -> None:
    other = room.open(**{"as": "dave"})
    expect(other.get_by_role("radio", name="dave")).to_be_checked()
    expect(room.page.get_by_role("radio", name="alice")).to_be_checked()
    assert "as=" not in other.url


def test_a_member_who_is_not_in_the_channel_sees_another(room: Room) -> None:
    room.act_as("eve")
    expect(room.page.get_by_role("textbox", name="Message perps-desk")).to_be_visible()
    expect(room.page.get_by_role("link", name=room.name)).to_have_count(0)
