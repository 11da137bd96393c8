"""Every block and element is drawn so that a person, and a reader of roles and labels, finds it."""

import re
import struct
import zlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import (
    actions,
    asks,
    button,
    element,
    mrkdwn,
    option,
    options,
    plain,
)
from tests.sandbox.page.samples import section as section_block
from tests.sandbox.workspace.workspace_process import Json, wait_until

Look = Callable[[Locator], None]


def _png() -> bytes:
    """Two by two pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" + b"\xc0\x10\x10" * 2 + b"\0" + b"\x10\x80\x10" * 2)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def heading(shown: Locator) -> None:
    expect(shown.get_by_role("heading", name="🔴 main: HELD", level=3)).to_be_visible()


def section(shown: Locator) -> None:
    expect(shown.locator("strong", has_text="Nothing new leaves")).to_be_visible()


def fields(shown: Locator) -> None:
    expect(shown.locator(".fields > div")).to_have_count(2)
    expect(shown.locator(".fields")).to_contain_text("50,120.44")


def menu_beside(shown: Locator) -> None:
    chosen = shown.get_by_role("combobox", name="Snooze for")
    expect(chosen.get_by_role("option")).to_have_text(["Snooze for", "5 min", "1 h"])


def small_print(shown: Locator) -> None:
    expect(shown.locator(".context")).to_contain_text("request r-1")
    expect(shown.locator(".context").get_by_role("img", name="a chart")).to_be_visible()


def buttons(shown: Locator) -> None:
    expect(shown.get_by_role("button", name="Acknowledge")).to_have_class(re.compile("primary"))
    expect(shown.get_by_role("button", name="Kill")).to_have_class(re.compile("danger"))
    expect(shown.get_by_role("button", name="Look closer")).to_have_text("Look")


def menus(shown: Locator) -> None:
    people = shown.get_by_role("combobox", name="Hand over to").get_by_role("option")
    expect(people).to_have_text(["Hand over to", "alice", "bob", "carol", "dave", "eve"])
    grouped = shown.get_by_role("combobox", name="Product")
    expect(grouped.locator("optgroup")).to_have_attribute("label", "Perps")
    shown.get_by_role("button", name="More options").click()
    items = shown.page.get_by_role("menu", name="More options").get_by_role("menuitem")
    expect(items).to_have_text(["Silence", "Runbook"])


def choices(shown: Locator) -> None:
    expect(shown.get_by_role("checkbox", name="page")).to_be_checked()
    expect(shown.get_by_role("checkbox", name="mail")).not_to_be_checked()
    expect(shown.get_by_role("radio", name="now")).to_be_checked()
    several = shown.get_by_role("group", name="Products")
    shown.get_by_text("BTC", exact=True).first.click()
    expect(several.get_by_role("checkbox", name="BTC")).to_be_checked()


def pickers(shown: Locator) -> None:
    expect(shown.get_by_label("From day")).to_have_value("2026-01-05")
    expect(shown.get_by_label("From hour")).to_have_value("14:30")


def line(shown: Locator) -> None:
    expect(shown.get_by_role("separator")).to_have_count(1)


def image_from_elsewhere(shown: Locator) -> None:
    expect(shown.get_by_role("img", name="P&L of today: +120")).to_be_visible()
    expect(shown.get_by_role("link", name="from elsewhere, not loaded")).to_be_visible()


def question(shown: Locator) -> None:
    asked = shown.get_by_role("textbox", name="Reason")
    expect(asked).to_have_value("drill")
    expect(asked).to_have_accessible_description("Why you do it.")


def rich(shown: Locator) -> None:
    expect(shown.locator("strong", has_text="loud")).to_be_visible()
    expect(shown.locator(".mention")).to_have_text(["@bob", f"#{'perps-alerts'}", "@oncall"])
    expect(shown.get_by_role("listitem")).to_have_text(["one", "two"])
    expect(shown.get_by_role("blockquote")).to_have_text("quoted")
    expect(shown.locator("pre")).to_have_text("x = 1")
    expect(shown.get_by_role("link", name="runbook")).to_have_attribute(
        "href", "https://example.com/r"
    )
    expect(shown.locator(".emoji")).to_have_text("🔥")


def table(shown: Locator) -> None:
    head = shown.get_by_role("columnheader")
    expect(head).to_have_text(["Product", "Contracts"])
    expect(shown.get_by_role("cell", name="4", exact=True)).to_have_class(re.compile("right"))
    expect(shown.get_by_role("cell", name="bold")).to_be_visible()


def video(shown: Locator) -> None:
    expect(shown.get_by_role("link", name="How to kill")).to_have_attribute(
        "href", "https://example.com/v"
    )


def standard_markdown(shown: Locator) -> None:
    expect(shown.get_by_role("heading", name="Report")).to_be_visible()
    expect(shown.get_by_role("listitem")).to_have_text([re.compile("first"), "inner", "second"])
    expect(shown.get_by_role("cell")).to_have_text(["1", "2"])
    expect(shown.locator("pre")).to_have_text("code")


def unknown(shown: Locator) -> None:
    told = shown.get_by_role("figure", name="Unknown block: data_visualization")
    expect(told).to_contain_text('"title": "Equity"')


CASES: list[tuple[Look, list[Json]]] = [
    (heading, [{"type": "header", "text": plain("🔴 main: HELD")}]),
    (section, [section_block("*Nothing new leaves.* Stops stay.")]),
    (
        fields,
        [{"type": "section", "fields": [mrkdwn("*Equity*\n50,120.44"), plain("Day\n+1.00")]}],
    ),
    (
        menu_beside,
        [
            section_block(
                "Alert",
                accessory=element(
                    "static_select",
                    placeholder=plain("Snooze for"),
                    options=[option("5 min", "5"), option("1 h", "60")],
                ),
            )
        ],
    ),
    (
        small_print,
        [
            {
                "type": "context",
                "elements": [
                    mrkdwn("request `r-1`"),
                    {
                        "type": "image",
                        "image_url": "https://example.com/x.png",
                        "alt_text": "a chart",
                    },
                ],
            }
        ],
    ),
    (
        buttons,
        [
            actions(
                button("Acknowledge", "ack", style="primary"),
                button("Kill", "kill", style="danger"),
                button("Look", "look", accessibility_label="Look closer"),
            )
        ],
    ),
    (
        menus,
        [
            actions(
                element("users_select", "who", placeholder=plain("Hand over to")),
                element(
                    "static_select",
                    "what",
                    placeholder=plain("Product"),
                    option_groups=[{"label": plain("Perps"), "options": options("BTC", "ETH")}],
                ),
                element("overflow", "more", options=options("Silence", "Runbook")),
            )
        ],
    ),
    (
        choices,
        [
            actions(
                element(
                    "checkboxes",
                    "how",
                    options=options("page", "mail"),
                    initial_options=options("page"),
                ),
                element(
                    "radio_buttons",
                    "when",
                    options=options("now", "later"),
                    initial_option=option("now"),
                ),
            ),
            section_block(
                "Which?",
                accessory=element(
                    "multi_static_select",
                    "which",
                    placeholder=plain("Products"),
                    options=options("BTC", "ETH"),
                    initial_options=options("BTC"),
                ),
            ),
        ],
    ),
    (
        pickers,
        [
            actions(
                element(
                    "datepicker", "day", initial_date="2026-01-05", placeholder=plain("From day")
                ),
                element("timepicker", "hour", initial_time="14:30", placeholder=plain("From hour")),
            )
        ],
    ),
    (line, [section_block("above"), {"type": "divider"}, section_block("below")]),
    (
        image_from_elsewhere,
        [
            {
                "type": "image",
                "image_url": "https://example.com/chart.png",
                "alt_text": "P&L of today: +120",
                "title": plain("P&L"),
            }
        ],
    ),
    (
        question,
        [
            asks(
                "Reason",
                element("plain_text_input", "why", initial_value="drill"),
                hint=plain("Why you do it."),
            )
        ],
    ),
    (
        rich,
        [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "loud", "style": {"bold": True}},
                            {"type": "user", "user_id": "U0BOB0001"},
                            {"type": "channel", "channel_id": "C0ALERTS1"},
                            {"type": "usergroup", "usergroup_id": "S0ONCALL1"},
                            {"type": "emoji", "name": "fire"},
                            {"type": "link", "url": "https://example.com/r", "text": "runbook"},
                        ],
                    },
                    {
                        "type": "rich_text_list",
                        "style": "bullet",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "text", "text": text}],
                            }
                            for text in ("one", "two")
                        ],
                    },
                    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
                    {
                        "type": "rich_text_preformatted",
                        "elements": [{"type": "text", "text": "x = 1"}],
                    },
                ],
            }
        ],
    ),
    (
        table,
        [
            {
                "type": "table",
                "column_settings": [{"align": "left"}, {"align": "right"}],
                "rows": [
                    [
                        {"type": "raw_text", "text": "Product"},
                        {"type": "raw_text", "text": "Contracts"},
                    ],
                    [{"type": "raw_text", "text": "BIP"}, {"type": "raw_text", "text": "4"}],
                    [
                        {
                            "type": "rich_text",
                            "elements": [
                                {
                                    "type": "rich_text_section",
                                    "elements": [{"type": "text", "text": "bold"}],
                                }
                            ],
                        },
                        {"type": "raw_text", "text": "0"},
                    ],
                ],
            }
        ],
    ),
    (
        video,
        [
            {
                "type": "video",
                "title": plain("How to kill"),
                "title_url": "https://example.com/v",
                "video_url": "https://example.com/e",
                "thumbnail_url": "https://example.com/t.png",
                "alt_text": "a film",
            }
        ],
    ),
    (
        standard_markdown,
        [
            {
                "type": "markdown",
                "text": "## Report\n\n1. **first**\n   - inner\n2. second\n\n"
                "| a | b |\n|---|--:|\n| 1 | 2 |\n\n```\ncode\n```",
            }
        ],
    ),
    (unknown, [{"type": "data_visualization", "title": "Equity", "chart": {"type": "line"}}]),
]


@pytest.mark.parametrize(("look", "blocks"), CASES, ids=[look.__name__ for look, _ in CASES])
def test_a_block_is_drawn(gallery: Room, look: Look, blocks: list[Json]) -> None:
    look(gallery.show(*blocks))


def test_an_attachment_stands_behind_its_colour(gallery: Room) -> None:
    inner = [section_block("buffer 1.8 %")]
    shown = gallery.article(gallery.post("L3", attachments=[{"color": "#d00000", "blocks": inner}]))
    bar = shown.get_by_role("group", name="Attachment")
    expect(bar).to_have_text("buffer 1.8 %")
    assert bar.evaluate("e => getComputedStyle(e, '::before').backgroundColor") == "rgb(208, 0, 0)"


def test_an_old_style_attachment_keeps_its_fields(gallery: Room) -> None:
    told = {
        "title": "Alert",
        "title_link": "https://example.com/a",
        "text": "*now*",
        "fields": [{"title": "Level", "value": "3", "short": True}],
        "footer": "perps",
    }
    shown = gallery.article(gallery.post("an alert", attachments=[told]))
    expect(shown.get_by_role("link", name="Alert")).to_be_visible()
    expect(shown.locator(".fields")).to_have_text("Level3")
    expect(shown).to_contain_text("perps")


def test_an_uploaded_image_is_shown(gallery: Room) -> None:
    asked = gallery.slack.files_upload_v2(
        content=_png(), filename="pnl.png", title="P&L", alt_txt="a chart of the day"
    )
    file = {"id": asked["file"]["id"]}
    image = {"type": "image", "slack_file": file, "alt_text": "equity +0.2 %"}
    posted: list[Json] = []

    def processed() -> bool:
        posted.append(
            gallery.workspace.call("chat.postMessage", channel=gallery.id, blocks=[image])
        )
        return bool(posted[-1]["ok"])

    wait_until(processed)
    drawn = gallery.article(posted[-1]["ts"]).get_by_role("img", name="equity +0.2 %")
    expect(drawn).to_be_visible()
    gallery.page.wait_for_function("image => image.naturalWidth === 2", arg=drawn.element_handle())


def test_shared_files_are_previewed(gallery: Room) -> None:
    gallery.slack.files_upload_v2(
        content=_png(), filename="day.png", alt_txt="the day's chart", channel=gallery.id
    )
    gallery.slack.files_upload_v2(content="a,b\n1,2\n", filename="orders.csv", channel=gallery.id)
    expect(gallery.conversation.get_by_role("img", name="the day's chart")).to_be_visible()
    listed = gallery.conversation.get_by_role("figure", name="File orders.csv")
    expect(listed.locator("pre")).to_contain_text("1,2")
    expect(listed.get_by_role("link", name="orders.csv")).to_have_attribute(
        "download", "orders.csv"
    )


def test_an_element_that_nobody_knows_is_json_too(room: Room) -> None:
    home = {"type": "home", "blocks": [asks("File", element("file_input", "f"))]}
    room.slack.views_publish(user_id="U0ALICE01", view=home)
    room.page.get_by_role("link", name="Perps Desk Home").click()
    told = room.page.get_by_role("figure", name="Unknown element: file_input")
    expect(told).to_contain_text('"action_id": "f"')
