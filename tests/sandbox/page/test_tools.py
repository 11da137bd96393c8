"""The tools of a rehearsal: the inspector, the faults, the clock, the members and the market."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.exchange_process import BIP, ExchangeProcess
from tests.sandbox.page.room import Room
from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import WorkspaceProcess, wait_until

pytestmark = pytest.mark.long


def test_the_inspector_shows_envelopes_and_requests(room: Room, app: PlainApp) -> None:
    inspector = room.tool("Inspector")
    room.say("/perps status one-of-a-kind")
    row = inspector.get_by_role("row", name=re.compile("status one-of-a-kind"))
    expect(row).to_contain_text("acked")
    expect(row).to_contain_text("alice")
    row.get_by_role("button").click()
    detail = inspector.get_by_role("region", name="Detail")
    expect(detail).to_contain_text('"text": "status one-of-a-kind"')
    inspector.get_by_role("tab", name="Requests").click()
    room.post("find me in there")
    inspector.get_by_role("searchbox", name="Filter").fill("find me in")
    rows = inspector.get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("/api/chat.postMessage")
    expect(rows.nth(1)).to_contain_text("200")
    inspector.get_by_role("button", name="Close inspector").click()
    expect(inspector).to_be_hidden()


def test_a_fault_is_switched_on_and_off(room: Room) -> None:
    panel = room.tool("Faults & market")
    late = panel.get_by_role("switch", name="Late answers", exact=True)
    late.click()
    expect(late).to_be_checked()
    [fault] = room.workspace.ask("/_sim/faults")["faults"]
    assert (fault["kind"], fault["args"]["ms"], fault["count"]) == ("latency", 4000, None)
    expect(panel.get_by_role("list", name="Faults in force: Slack")).to_contain_text("latency")
    late.click()
    expect(late).not_to_be_checked()
    wait_until(lambda: room.workspace.ask("/_sim/faults")["faults"] == [])


def test_a_fault_for_once_is_removed_by_hand(room: Room) -> None:
    panel = room.tool("Faults & market")
    panel.get_by_role("button", name="Lost reply of chat.postMessage, once").click()
    remove = panel.get_by_role("button", name="Remove drop_after")
    expect(remove).to_be_visible()
    expect(panel.get_by_role("switch", name="Lost reply")).not_to_be_checked()
    remove.click()
    wait_until(lambda: room.workspace.ask("/_sim/faults")["faults"] == [])


def test_every_switch_is_understood(room: Room) -> None:
    panel = room.tool("Faults & market")
    for switch in panel.get_by_role("switch").all():
        switch.click()
        expect(switch).to_be_checked()
    assert len(room.workspace.ask("/_sim/faults")["faults"]) == panel.get_by_role("switch").count()
    for switch in panel.get_by_role("switch").all():
        switch.click()
        expect(switch).not_to_be_checked()


def test_connections_are_refreshed(room: Room, app: PlainApp) -> None:
    panel = room.tool("Faults & market")
    panel.get_by_role("button", name="Warn, then refresh").click()
    wait_until(lambda: any(frame.get("reason") == "warning" for frame in app.frames))
    panel.get_by_role("button", name="Refresh now").click()
    wait_until(lambda: any(frame.get("reason") == "refresh_requested" for frame in app.frames))


def test_a_member_is_deactivated(room: Room) -> None:
    panel = room.tool("Faults & market")
    panel.get_by_role("checkbox", name="dave is deactivated").click()
    expect(room.page.get_by_label("Act as")).to_contain_text("dave (deactivated)")
    panel.get_by_role("checkbox", name="dave is deactivated").click()
    expect(room.page.get_by_label("Act as")).not_to_contain_text("deactivated")


def test_without_an_exchange_the_panel_says_how_to_get_one(room: Room) -> None:
    expect(room.tool("Faults & market")).to_contain_text("--exchange-control")


@pytest.fixture
def beside(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, ExchangeProcess]]:
    """A page whose workspace knows of an exchange."""
    exchange = ExchangeProcess(tmp_path / "exchange", "--no-rate-limits")
    workspace = WorkspaceProcess(
        tmp_path / "workspace", f"--exchange-control={exchange.control_url}"
    )
    room = Room(browser, workspace, "market")
    yield room.page, exchange
    room.close()
    assert room.complaints == []
    assert workspace.stop() == 0
    assert exchange.stop() == 0


def test_the_market_is_bent(beside: tuple[Page, ExchangeProcess]) -> None:
    page, exchange = beside
    page.get_by_role("button", name="Faults & market").click()
    market = page.get_by_role("region", name="Market", exact=True)
    market.get_by_role("button", name="Crash −8 %").click()
    quote = market.get_by_role("status")
    expect(quote).to_contain_text("session open")
    market.get_by_role("button", name="Close session").click()
    expect(quote).to_contain_text("session closed")
    market.get_by_role("button", name="Reopen").click()
    expect(quote).not_to_contain_text("session closed")
    market.get_by_role("button", name="Freeze").click()
    market.get_by_role("button", name="Wide spread").click()
    wait_until(lambda: "ask" in (quote.text_content() or ""))
    expect(market).to_contain_text("no positions")
    client = exchange.client()
    client.market_order_buy("page-1", BIP, base_size="2")
    expect(market.get_by_role("row", name=re.compile(BIP))).to_contain_text("LONG")


def test_the_exchange_has_faults_of_its_own(beside: tuple[Page, ExchangeProcess]) -> None:
    page, exchange = beside
    page.get_by_role("button", name="Faults & market").click()
    board = page.get_by_role("region", name="Exchange faults")
    names = ("Slow", "Failing (503)", "Replies of orders lost", "Key refused", "Market data silent")
    for name in names:
        switch = board.get_by_role("switch", name=name, exact=True)
        switch.click()
        expect(switch).to_be_checked()
    kinds = [fault["kind"] for fault in exchange.ask("/_sim/faults")["faults"]]
    assert kinds == ["latency", "status", "drop_after", "auth_error", "silence"]
    for remove in board.get_by_role("button", name=re.compile("^Remove")).all()[::-1]:
        remove.click()
    wait_until(lambda: exchange.ask("/_sim/faults")["faults"] == [])
