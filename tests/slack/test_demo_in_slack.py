"""The whole demo, with an exchange and a trader: from a kill in Slack to flat, and back to trading."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.slack.card import CONFIRM
from core.modes import Mode
from store.heartbeats import read_heartbeats
from tests.ports import free_ports
from tests.slack.home import Home
from tests.slack.reading import buttons
from tests.slack.workspace_process import DESK_ID, Workspace, wait_until
from tests.slack.world import memory

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

DESK = "main"
BESIDE = 8
FLAT_S = 30
JUMPS, JUMP_S = 40, 3
PRODUCTS = ("BIP-20DEC30-CDE", "ETP-20DEC30-CDE", "SLP-20DEC30-CDE", "XPP-20DEC30-CDE")
WORKING = ("OPEN", "PENDING")


class Demo:
    """`perps-bot demo`, run as somebody runs it who has no browser."""

    def __init__(self, place: Path) -> None:
        base = free_ports(BESIDE)
        arguments = [f"--home={place / 'demo'}", f"--port-base={base}", "--no-browser"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", *arguments],
            env={name: value for name, value in os.environ.items() if "PROXY" not in name.upper()},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._wait_ready()
        self.home = Home(place / "demo")
        self.workspace = Workspace(place / "demo", f"http://127.0.0.1:{base}")

    def _wait_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready"):
                return
        raise AssertionError(f"the demo ended ({self.process.wait(timeout=10)})")

    def card(self, *sayings: str) -> Any:
        """The newest card that says this; it may take the desk a while."""

        def found() -> list[Any]:
            return [
                m
                for m in self.workspace.said_by_bot(f" {DESK}: ")
                if all(s in m["text"] for s in sayings)
            ]

        with contextlib.suppress(AssertionError):
            wait_until(found, seconds=FLAT_S)
        assert found(), f"no card says {sayings}, but {self.cards()}"
        return found()[-1]

    def cards(self) -> list[str]:
        return [message["text"] for message in self.workspace.said_by_bot(f" {DESK}: ")]

    def wait_position(self) -> None:
        """The market is moved until the strategy has taken one."""
        for jump_pct in itertools.islice(itertools.cycle([0.6, -0.6]), JUMPS):
            for product_id in PRODUCTS:
                jump = {"product_id": product_id, "jump_pct": jump_pct}
                self.workspace.must("/_ui/exchange/_sim/market", jump)
            with contextlib.suppress(AssertionError):
                wait_until(self.positions, seconds=JUMP_S)
                return
        raise AssertionError("the strategy took no position")

    def resume(self, reason: str) -> None:
        """By two people."""
        assert self.workspace.command("alice", f"resume {reason}")["ok"]
        card = self.card("alice asks to resume", reason)
        assert self.workspace.click("bob", card, CONFIRM)["ok"]
        self.card("resumed, ACTIVE now", reason)

    def positions(self) -> list[Any]:
        """What the exchange has open."""
        return [p for p in self._ledger()["positions"] if float(p["number_of_contracts"])]

    def working(self) -> list[Any]:
        return [order for order in self._ledger()["orders"] if order["status"] in WORKING]

    def _ledger(self) -> Any:
        return self.workspace.get("/_ui/exchange/_sim/ledger")

    def close(self) -> None:
        self.workspace.close()
        self.home.close()
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with memory() as place:
        demo = Demo(place)
        yield demo
        demo.close()


def test_from_a_kill_to_flat_and_back_to_trading(demo: Demo) -> None:
    demo.wait_position()
    assert demo.workspace.command("alice", "kill fills without orders")["ok"]
    card = demo.card("HELD, kill asked by alice", "STILL OPEN, worth $")
    assert "Entries are being cancelled, protective stops stay." in card["text"]

    assert demo.workspace.click("bob", card, CONFIRM)["ok"]

    done = demo.card("KILLED, flat and verified")
    assert done["ts"] == card["ts"]
    assert buttons(done["blocks"]) == {}
    assert " at " in done["text"], "at which price what was closed"
    assert demo.positions() == []
    assert demo.working() == []
    replies = [m for m in demo.workspace.messages() if m["thread_ts"] == card["ts"]]
    assert [reply["broadcast"] for reply in replies if reply["ts"] != card["ts"]][-1]

    demo.resume("understood")
    assert demo.home.mode(DESK) is Mode.ACTIVE


def act_as(page: "Page", name: str) -> None:
    page.get_by_label("Act as").get_by_role("radio", name=name).check()
    page.wait_for_function("name => document.title.includes(`${name} ·`)", arg=name)


def confirm(page: "Page", card: "Locator") -> None:
    """The button, and the question that Slack asks back."""
    card.get_by_role("button", name="Confirm: close everything").click()
    asked_back = page.get_by_role("dialog", name=f"Kill {DESK}?")
    asked_back.get_by_role("button", name="Cancel and close all").click()


def test_two_people_kill_the_desk_in_a_real_browser(demo: Demo) -> None:
    pytest.importorskip("playwright", reason="playwright is not installed: pip install playwright")
    from tests.sandbox.page.browser import launched

    demo.wait_position()
    with launched() as browser:
        page = browser.new_page()
        page.goto(f"{demo.workspace.url}/#{DESK_ID}")
        said = page.get_by_role("region", name="Conversation")
        told = said.locator("article").filter(has_text="seen in the browser")
        card = told.filter(has_text="kill asked by alice")
        field = page.get_by_role("textbox", name="Message perps-desk")

        act_as(page, "alice")
        field.fill("/perps kill seen in the browser")
        field.press("Enter")
        confirm(page, card)
        said.get_by_text("nobody confirms their own request").last.wait_for()
        assert demo.home.mode(DESK) is Mode.HELD

        act_as(page, "bob")
        confirm(page, card)
        done = told.filter(has_text="KILLED, flat and verified").last
        done.wait_for(timeout=FLAT_S * 1000)
    assert demo.positions() == []
    assert demo.working() == []
    assert demo.home.mode(DESK) is Mode.KILLED
    demo.resume("rehearsed")


@pytest.mark.long
def test_a_kill_on_one_voice_in_the_terminal_is_told_in_slack(demo: Demo) -> None:
    demo.wait_position()

    assert demo.home.type("--kill-switch", "smoke").code == 0

    told = demo.card("smoke", "✅")
    assert "Asked by *shell:" in told["text"]
    assert "The desk is KILLED." in told["text"]
    assert demo.positions() == []


@pytest.mark.long
def test_a_part_that_was_killed_is_started_again_and_the_desk_is_armed(demo: Demo) -> None:
    """What a rehearsal kills is missed, and comes back as it would on a real desk."""

    def pids() -> dict[str, int]:
        beats = demo.home.read(lambda c: read_heartbeats(c, DESK))
        return {beat.process: beat.pid for beat in beats}

    wait_until(lambda: demo.home.page(DESK).armed, seconds=60)
    wait_until(lambda: {"guard", "alerts", "bot"} <= pids().keys(), seconds=60)
    was = pids()
    for name in ("guard", "alerts"):
        os.kill(was[name], signal.SIGKILL)

    wait_until(lambda: not was.items() & pids().items() - {("bot", was["bot"])}, seconds=60)
    wait_until(lambda: demo.home.page(DESK).armed, seconds=60)
    assert demo.process.poll() is None
