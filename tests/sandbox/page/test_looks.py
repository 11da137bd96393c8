"""How the page looks and is read: colours, narrow windows, and a name for all that can be pressed."""

import re

from playwright.sync_api import Locator, expect

from tests.sandbox.page.room import Room
from tests.sandbox.page.samples import actions, button, element, options, plain, section

WIDE = "() => document.documentElement.scrollWidth - innerWidth"


def test_colours_as_the_system_says_or_as_chosen(room: Room) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = room.page.evaluate(ground)
    room.page.emulate_media(color_scheme="dark")
    dark = room.page.evaluate(ground)
    assert light != dark
    room.page.get_by_role("button", name="Colours: as the system").click()
    expect(room.page.get_by_role("button", name="Colours: light")).to_be_visible()
    assert room.page.evaluate(ground) == light
    room.page.reload()
    room.field.wait_for()
    assert room.page.evaluate(ground) == light


def test_a_narrow_window_has_room_for_everything(room: Room) -> None:
    many = [button(f"Button number {number}", f"b{number}") for number in range(8)]
    shown = room.show(section("word" * 200), actions(*many))
    room.page.set_viewport_size({"width": 900, "height": 640})
    room.tool("Inspector")
    assert room.page.evaluate(WIDE) <= 0
    expect(room.field).to_be_in_viewport()
    expect(room.page.get_by_role("region", name="Guided drill")).to_be_in_viewport()
    assert shown.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    expect(room.page.get_by_label("Act as").get_by_role("radio", name="bob")).to_be_attached()


def test_everything_that_can_be_pressed_has_a_name(room: Room) -> None:
    room.show(
        actions(
            button("Confirm", "agree"),
            element("static_select", "s", options=options("A")),
            element("datepicker", "d"),
            element("overflow", "o", options=options("A", "B")),
            element("checkboxes", "c", options=options("A")),
        ),
        section("with", accessory=element("users_select", "u", placeholder=plain("Who"))),
    )
    room.tool("Inspector")
    room.tool("Faults & market")
    controls = room.page.locator("button, a, input, select, textarea, summary")
    for control in filter(Locator.is_visible, controls.all()):
        expect(control).to_have_accessible_name(re.compile(r"\S"))


def test_motion_is_spared_where_the_system_asks_for_it(room: Room) -> None:
    room.page.emulate_media(reduced_motion="reduce")
    ts = room.post("one", blocks=[section("one")])
    shown = room.article(ts)
    shown.wait_for()
    duration = shown.evaluate("element => getComputedStyle(element).animationDuration")
    assert duration in ("0s", "1e-05s")
