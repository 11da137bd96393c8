"""People's phones beside the conversation: they ring, speak, are answered, and take replies."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.sandbox.page.room import Room
from tests.sandbox.pager.paged_app import PagedApp
from tests.sandbox.pager.pager_process import PagerProcess
from tests.sandbox.workspace.workspace_process import WorkspaceProcess

ALICE, BOB, CAROL = "+15550200001", "+15550200002", "+15550200003"


@pytest.fixture(scope="module")
def pager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagerProcess]:
    people = [f"--person=alice={ALICE},perps-alice", f"--person=bob={BOB}"]
    started = PagerProcess(tmp_path_factory.mktemp("pager"), "--no-rate-limits", *people)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def beside(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, pager: PagerProcess
) -> Iterator[Room]:
    """A page whose workspace knows of the pager."""
    home = tmp_path_factory.mktemp("beside")
    workspace = WorkspaceProcess(home, f"--pager-control={pager.url}")
    room = Room(browser, workspace, "phones")
    yield room
    room.close()
    assert room.complaints == []
    assert workspace.stop() == 0


@pytest.fixture
def page(beside: Room) -> Iterator[Page]:
    """The panel is closed before each test."""
    yield beside.page
    close = beside.page.get_by_role("button", name="Close phones")
    if close.is_visible():
        close.click()


@pytest.fixture
def app(pager: PagerProcess) -> Iterator[PagedApp]:
    with PagedApp() as listening:
        pager.tell("/_sim/hooks", sms_url=f"{listening.url}/sms")
        yield listening


def twiml(app: PagedApp) -> str:
    ask = f'<Gather numDigits="1" timeout="60" action="{app.url}/key">'
    return f"<Response>{ask}<Say>Drawdown. Press 4.</Say></Gather></Response>"


def phone(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=f"Phone of {name}")


def test_two_phones_ring_and_one_is_answered_by_keyboard(
    page: Page, pager: PagerProcess, app: PagedApp
) -> None:
    app.says["/key"] = (200, "<Response><Say>You have it</Say></Response>")
    for number in (ALICE, BOB):
        pager.call(number, twiml(app))
    expect(page.get_by_role("button", name=re.compile("alice.*ringing"))).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("rings")
    bobs = phone(page, "bob")
    expect(bobs).to_contain_text("Ringing")
    expect(bobs).not_to_contain_text("Drawdown")
    bobs.get_by_role("button", name="Answer the phone of bob").press("Enter")
    expect(bobs).to_contain_text("Drawdown. Press 4.")
    expect(page.get_by_role("log")).to_contain_text("Drawdown")
    expect(bobs.get_by_role("button", name="Key 4 on the phone of bob")).to_be_focused()
    page.keyboard.press("4")
    expect(bobs).to_contain_text("Call completed, pressed 4")
    assert app.at("/key")[0].form["Digits"] == "4"
    expect(page.get_by_role("button", name="alice: ringing", exact=True)).to_be_visible()
    phone(page, "alice").get_by_role("button", name="Decline the call for alice").click()
    expect(phone(page, "alice")).to_contain_text("Call busy")
    expect(page.get_by_role("button", name="alice: ringing")).to_be_hidden()


def test_a_text_message_is_replied_to(page: Page, pager: PagerProcess, app: PagedApp) -> None:
    page.get_by_role("button", name="Phones", exact=True).click()
    app.says["/sms"] = (200, "<Response><Message>it is yours</Message></Response>")
    pager.text(CAROL, "look: ACK 7K2")
    carols = phone(page, CAROL)
    field = carols.get_by_role("textbox", name=f"Reply as {CAROL}")
    field.fill("ACK ")
    pager.text(CAROL, "look again")
    expect(carols).to_contain_text("look again")
    expect(field).to_have_value("ACK ")
    field.press("End")
    field.press_sequentially("7K2")
    field.press("Enter")
    expect(carols).to_contain_text("it is yours")
    assert [told.form["Body"] for told in app.at("/sms")] == ["ACK 7K2"]


def test_buttons_of_notifications_and_incidents(
    page: Page, pager: PagerProcess, app: PagedApp
) -> None:
    page.get_by_role("button", name="Phones", exact=True).click()
    action = {"action": "http", "label": "Ack", "url": f"{app.url}/ack"}
    body = {"topic": "perps-alice", "title": "CRITICAL", "message": "look", "actions": [action]}
    pager.raw("POST", "/", json=body)
    phone(page, "alice").get_by_role("button", name="Ack", exact=True).click()
    expect(phone(page, "alice")).to_contain_text("answered: Ack")
    assert len(app.at("/ack")) == 1
    pager.trigger("incident")
    on_call = phone(page, "on-call")
    on_call.get_by_role("button", name="Acknowledge").click()
    expect(on_call).to_contain_text("acknowledged by alice")
    expect(on_call.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_a_phone_is_switched_off_and_an_app_that_fails_is_told_of(
    page: Page, pager: PagerProcess, app: PagedApp
) -> None:
    page.get_by_role("button", name="Phones", exact=True).click()
    made = pager.text(BOB, "look")
    pager.reaches(made["sid"], "delivered")
    app.says["/sms"] = (500, "")
    field = phone(page, "bob").get_by_role("textbox", name="Reply as bob")
    field.fill("ACK")
    field.press("Enter")
    notice = page.get_by_text("The app did not take it: status 500")
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    phone(page, "bob").get_by_role("combobox", name="Phone of bob is").select_option("off")
    expect(phone(page, "bob").get_by_role("combobox")).to_have_value("off")
    made = pager.text(BOB, "are you there")
    expect(phone(page, "bob")).to_contain_text("undelivered")
    controls = page.get_by_role("region", name="People's phones").locator("button, select, input")
    for control in filter(Locator.is_visible, controls.all()):
        expect(control).to_have_accessible_name(re.compile(r"\S"))


def test_the_pager_has_faults_of_its_own(page: Page, pager: PagerProcess) -> None:
    page.get_by_role("button", name="Faults & market").click()
    board = page.get_by_role("region", name="Pager faults")
    for switch in board.get_by_role("switch").all():
        switch.click()
        expect(switch).to_be_checked()
    kinds = [fault["kind"] for fault in pager.ask("/_sim/faults")["faults"]]
    assert kinds == ["status", "drop_after", "status", "status", "half_open"]
    pager.raw("DELETE", "/_sim/faults")
    page.get_by_role("button", name="Close faults and market").click()


def test_without_a_pager_the_panel_says_how_to_get_one(room: Room) -> None:
    expect(room.tool("Phones")).to_contain_text("--pager-control")
