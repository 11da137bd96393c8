"""Every command of the registry, in every state of a home, as text and as JSON."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.commands.registry import COMMANDS
from core.modes import Mode, Rule
from core.orders import Side
from store.control import constrain
from store.observations import HeldThere, read_failed, write_held_there
from store.page import GatePage
from store.store import open_store
from tests.bot.shell import ETH, Shell
from tests.bot.terminal import BOOT, BTC, LOOK

WITHOUT_WORDS_OR_CODE = {
    "health": 1,
    "limits": 1,
    "limit": 2,
    "confirm": 2,
    "object": 2,
    "note": 2,
    "close": 2,
    "incident": 2,
    "report": 2,
    "cancel-order": 2,
    "accept": 2,
    "oncall": 1,
    **dict.fromkeys(["alert", "ack", "escalate", "snooze", "resolve", "handover"], 2),
}
"""What a bare command comes to where it is not simply done."""


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_answers_people_and_machines_alike(desk: Shell, name: str) -> None:
    text = desk.type(name)
    machine = desk.type(name, "--json")

    wanted = WITHOUT_WORDS_OR_CODE.get(name, 0)
    assert (text.code, machine.code, machine.facts["code"]) == (wanted, wanted, wanted)
    assert re.split(r"[,(]", machine.facts["title"])[0] in text.text
    floats = [leaf for leaf in leaves(machine.facts) if isinstance(leaf, float)]
    assert floats == [], "money is text: a float would round it"


def test_the_usual_home_is_below_where_one_stands(shell: Shell) -> None:
    typed = shell.type("status", at_home=False)

    assert typed.code == 1
    assert "var/home" in typed.text


def test_the_home_may_be_named_by_the_environment(
    desk: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERPS_HOME", str(desk.home))

    typed = desk.type("kill", at_home=False)

    assert typed.code == 0
    assert desk.mode() is Mode.HELD
    assert f"perps-bot --home {desk.home} confirm kill-" in typed.text


def test_a_store_in_which_no_desk_has_begun_has_nothing_to_show(shell: Shell) -> None:
    open_store(shell.home, shell.now).close()

    for name in ("status", "positions", "kill"):
        typed = shell.type(name)
        assert typed.code == 1
        assert "This home has no desk yet" in typed.text
        assert "0.00" not in typed.text


def test_help_needs_no_home_and_lists_every_command(shell: Shell) -> None:
    typed = shell.type("help", at_home=False)

    assert typed.code == 0
    for found in COMMANDS.values():
        assert found.usage in typed.text
        assert found.summary in typed.text


def test_a_desk_that_no_trader_has_read_is_unknown_and_neither_flat_nor_zero(shell: Shell) -> None:
    shell.begin()

    for name in ("status", "positions", "pnl", "orders"):
        text = shell.type(name).text
        assert "UNKNOWN" in text
        assert "$0.00" not in text
        assert "No positions are open" not in text
    facts = shell.answer("status")
    assert facts["unknown"] == facts["worth_unknown"] == "the exchange has not been read yet"
    assert facts["equity_usd"] is facts["pnl_today"] is facts["leverage"] is None


def test_each_position_is_shown_with_its_sign_its_worth_and_its_own_stops(desk: Shell) -> None:
    btc, eth = rows(desk.type("positions").text)

    assert btc.split()[:3] == [BTC, "long", "4"]
    assert "+$40.00" in btc
    assert "4 of 4, at 58,500" in btc
    assert eth.split()[:3] == [ETH, "short", "30"]
    assert "3 ETH" in eth
    assert "3,500" in eth
    assert "−$1,500.00" in eth
    assert "NONE (0 of 30)" in eth


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith((BTC, ETH))]


def test_pnl_of_short_and_long_adds_up_with_its_signs(desk: Shell) -> None:
    text = desk.type("pnl").text

    assert (
        "P&L since the books opened: −$1,461.50 = realised +$0.00, unrealised −$1,460.00, "
        "funding +$0.00, fees −$1.50" in text
    )
    assert "equity $8,538.50 by our books, $10,000.00 by the exchange" in text
    btc, eth = rows(text)
    assert btc.split() == [BTC, "+4", "+$40.00", "$2,440.00"]
    assert eth.split() == [ETH, "-30", "−$1,500.00", "$10,500.00"]
    facts = desk.answer("pnl")
    assert facts["equity_usd"] == "8538.50"
    assert [p["unrealised_usd"] for p in facts["positions"]] == ["40.00", "-1500.0"]


def test_fills_show_what_was_paid(desk: Shell) -> None:
    desk.execute("f-1", 1_200, "60123.5", "1234.5", Side.BUY)

    text = desk.type("fills").text
    (fill,) = desk.answer("fills")["fills"]

    (row,) = [line for line in text.splitlines() if BTC in line]
    for shown in ("BUY", "1,200", "60,123.5", "$1,234.50", "taker", "order-of-f-1"):
        assert shown in row
    assert (fill["price"], fill["fee"], fill["contracts"]) == ("60123.5", "1234.5", 1_200)


def test_a_look_that_is_old_makes_everything_unknown(desk: Shell) -> None:
    desk.see(at=desk.now - timedelta(seconds=90))

    for name in ("status", "positions", "orders", "pnl"):
        assert "UNKNOWN" in desk.type(name).text
    assert "is the trader running?" in desk.answer("status")["unknown"]
    assert len(rows(desk.type("positions").text)) == 4, (
        "each as last seen, as line and in the table"
    )


def test_a_read_that_fails_is_named_with_its_error(desk: Shell) -> None:
    later = desk.now + timedelta(milliseconds=1)
    desk.write(lambda _store, tx: read_failed(tx, "main", LOOK, "HTTP 503", later))

    for name in ("status", "positions", "orders"):
        assert "UNKNOWN: the exchange does not answer (HTTP 503)" in desk.type(name).text


def test_a_position_that_only_the_exchange_has_is_not_left_out(desk: Shell) -> None:
    found = HeldThere("SOL-20DEC30-CDE", 7, Decimal(150), desk.now)
    desk.write(lambda _store, tx: write_held_there(tx, "main", [found]))

    text = desk.type("positions").text

    (row,) = [line for line in text.splitlines() if "SOL-20DEC30-CDE" in line]
    assert "0 (exchange: +7)" in row
    assert "UNKNOWN" in row
    assert "NONE (0 of 7)" in row
    assert "4 (exchange: +0)" in text, "and what the exchange does not have is said as well"


class TestTheGateLine:
    """What was asked for, against what the gate does."""

    def test_applied(self, desk: Shell) -> None:
        assert "gate: ACTIVE applied, epoch 1, armed" in desk.type("status").text
        assert desk.answer("status")["gate"]["closed"] is None

    def test_unarmed(self, desk: Shell) -> None:
        page = GatePage(desk.home / "main.page")
        page.disarm()
        page.close()

        typed = desk.type("status")

        assert "gate: CLOSED, the trader has not reconciled in this start" in typed.text

    def test_another_start_is_not_armed_by_the_one_before(self, desk: Shell) -> None:
        page = GatePage(desk.home / "main.page")
        page.begin_boot(BOOT + 1)
        page.close()

        assert desk.answer("status")["gate"]["armed"] is False

    def test_an_epoch_behind(self, desk: Shell) -> None:
        desk.write(
            lambda store, tx: constrain(
                tx, store.log, "main", Rule.STALE_MARK, reason="no mark", now=desk.now
            )
        )

        typed = desk.type("status")

        assert (
            "gate: ACTIVE in epoch 1; asked for REDUCE_ONLY in epoch 2: not applied yet"
            in typed.text
        )
        assert desk.type("health").code == 1

    def test_a_damaged_page(self, desk: Shell) -> None:
        (desk.home / "main.page").write_bytes(b"\xff" * 4096)

        assert "gate: CLOSED, its page cannot be read" in desk.type("status").text

    def test_the_kill_file(self, desk: Shell) -> None:
        (desk.home / "KILL").touch()

        gate = desk.answer("status")["gate"]
        assert gate["line"] == "gate: CLOSED by the KILL file in the home"
        assert gate["kill_file"] is True
