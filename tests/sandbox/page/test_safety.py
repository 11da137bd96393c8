"""Whatever an app or a person sends is shown as text; the page loads and runs nothing but its own files."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import actions, asks, button, element, modal, mrkdwn, option, plain
from tests.sandbox.page.samples import section as section_block
from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import Json

pytestmark = pytest.mark.long

EVIL = '"><img src=x onerror=window.hit=1><script>window.hit=1</script>'
ESCAPED = EVIL.replace("<", "&lt;").replace(">", "&gt;")
FOUND = "[...document.querySelectorAll('img[src=x], script:not([src]), iframe, object')].length"


def hostile_blocks() -> list[Json]:
    """Every place in which a text, an address or an id can stand."""
    short = EVIL[:70]
    evil_link = "<javascript:window.hit=1|click me>"
    return [
        {"type": "header", "text": plain(EVIL)},
        section_block(
            f"{ESCAPED} {evil_link} <@{EVIL[2:12]}> <!date^1^{{{EVIL[:9]}}}|{ESCAPED}>",
            fields=[mrkdwn(f"`{ESCAPED}` *{ESCAPED}*"), plain(EVIL)],
            accessory=element(
                "static_select",
                "a",
                placeholder=plain(EVIL),
                options=[option(short, EVIL), {**option("x"), "description": plain(short)}],
            ),
        ),
        actions(
            button(short, EVIL, url="javascript:window.hit=1", accessibility_label=short),
            element("checkboxes", "c", options=[{"text": mrkdwn(short), "value": EVIL}]),
            element("overflow", "o", options=[{**option(short), "url": "javascript:window.hit=1"}]),
        ),
        {"type": "context", "elements": [mrkdwn(f"```{ESCAPED}```"), plain(EVIL)]},
        {"type": "image", "image_url": f"https://x/{EVIL}", "alt_text": EVIL, "title": plain(EVIL)},
        asks("Evil", element("plain_text_input", "p", initial_value=EVIL), hint=plain(EVIL)),
        {
            "type": "markdown",
            "text": f"# {EVIL}\n[click](javascript:window.hit=1)\n```\n{EVIL}\n```",
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": EVIL}]]},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": EVIL},
                        {"type": "link", "url": "javascript:window.hit=1", "text": EVIL},
                        {"type": "emoji", "name": EVIL, "unicode": EVIL},
                        {"type": EVIL},
                    ],
                }
            ],
        },
        {"type": "card", "title": EVIL, EVIL: EVIL},
    ]


def nothing_ran(room: Room) -> bool:
    return room.page.evaluate(f"window.hit === undefined && {FOUND} === 0") is True


def test_hostile_content_is_text_everywhere(room: Room) -> None:
    attachment: dict[str, Any] = {"color": 'red" onload="x', "title": EVIL, "text": ESCAPED}
    attachment |= {"title_link": "javascript:window.hit=1", "footer": EVIL, "pretext": ESCAPED}
    ts = room.post(
        ESCAPED, blocks=hostile_blocks(), attachments=[attachment], username=f"perps {EVIL}"
    )
    shown = room.article(ts)
    expect(shown.get_by_role("heading", name=EVIL, exact=True).first).to_be_visible()
    expect(shown.locator("pre", has_text="window.hit=1").first).to_be_visible()
    assert nothing_ran(room)
    assert shown.locator("a[href^=javascript]").count() == 0
    for name in ("click me", "More options"):
        shown.get_by_text(name).or_(shown.get_by_role("button", name=name)).first.click()
    assert nothing_ran(room)


def test_a_person_s_words_are_text_too(room: Room) -> None:
    room.say(EVIL)
    expect(room.conversation.get_by_text(EVIL, exact=True)).to_be_visible()
    room.workspace.call("conversations.setTopic", channel=room.id, topic=EVIL)
    expect(room.conversation.locator(".topic")).to_have_text(EVIL)
    room.tool("Inspector").get_by_role("tab", name="Requests").click()
    assert nothing_ran(room)


def test_a_hostile_modal_and_home_tab(room: Room, app: PlainApp) -> None:
    blocks = [block for block in hostile_blocks() if block["type"] not in ("markdown", "table")]

    def answer(envelope: Json) -> None:
        if envelope["payload"].get("type") == "shortcut":
            view = modal(EVIL[:24], *blocks)
            room.slack.views_open(trigger_id=envelope["payload"]["trigger_id"], view=view)

    app.answer = answer
    room.page.get_by_role("button", name="Shortcuts").click()
    room.page.get_by_role("menuitem", name="Declare incident").click()
    expect(room.page.get_by_role("dialog", name=EVIL[:24])).to_be_visible()
    room.slack.views_publish(user_id="U0ALICE01", view={"type": "home", "blocks": blocks})
    room.page.keyboard.press("Escape")
    room.page.get_by_role("link", name="Perps Desk Home").click()
    expect(room.page.get_by_role("heading", name=EVIL).first).to_be_visible()
    assert nothing_ran(room)


def test_the_page_asks_nobody_else(room: Room) -> None:
    room.show(
        {"type": "image", "image_url": "https://example.com/spy.png", "alt_text": "spy"},
        {"type": "image", "image_url": f"{room.workspace.url}/page/icon.svg", "alt_text": "own"},
    ).get_by_role("img", name="spy").wait_for()
    own = (room.workspace.url, "data:")
    assert [url for url in room.asked_for if not url.startswith(own)] == []


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/base.css"])
def test_every_file_forbids_foreign_content(room: Room, path: str) -> None:
    reply = room.workspace.raw("GET", path)
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_no_module_builds_markup_from_text() -> None:
    from sandbox.workspace import people_page

    for file in people_page.FOLDER.glob("*.js"):
        source = file.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in source, f"{file.name} uses {word}"
