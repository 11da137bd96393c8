"""The runbook's six figures, each against its limit; what is not known is never ok."""

from decimal import Decimal
from typing import Any

import pytest

from core.orders import Kind, OrderState, Side
from store.limits import write_limits
from store.orders import move
from store.vitals import Measure, Vital, write_vitals
from tests.bot.limits import LIMITS
from tests.bot.terminal import BTC, Terminal


@pytest.fixture
def measured(trading: Terminal) -> Terminal:
    """A trader that has told its limits and what it measures of the exchange."""
    measure(trading, "120", "1.5")
    trading.write(lambda _s, tx: write_limits(tx, "main", "dev", LIMITS.rows(), trading.now))
    return trading


def measure(trading: Terminal, p95_ms: str, errors_pct: str) -> None:
    found = [
        Measure(Vital.API_P95_MS, Decimal(p95_ms)),
        Measure(Vital.API_ERRORS_PCT, Decimal(errors_pct)),
    ]
    trading.write(lambda _s, tx: write_vitals(tx, "main", "loop", found, trading.now))


def shown(trading: Terminal) -> dict[str, Any]:
    facts = trading.type("metrics", "--json").facts
    return {metric["name"]: metric for metric in facts["metrics"]}


def test_each_figure_stands_beside_its_limit(measured: Terminal) -> None:
    found = shown(measured)

    told = {name: (m["how"], m["now"], m["limit"]) for name, m in found.items()}
    assert told["P&L today"] == ("ok", "+$0.00", "loss $0.00 of $1,000.00")
    assert told["leverage"] == ("ok", "0.24x", "at most 10x")
    assert told["liquidation buffer"] == ("ok", "870.0 %", "people are told from 20 %")
    assert told[f"liquidation of {BTC}"][:2] == ("ok", "at no price")
    assert told["order failures"][:2] == ("ok", "0.0 % (0 of 1 orders within 10 min)")
    assert told["API errors"] == ("ok", "1.5 %", "people are told from 5 %")
    assert told["API latency"][:2] == ("ok", "120 ms (95 of 100 calls)")
    assert told["age of marks"] == ("ok", "oldest 0.0 s ago", "at most 10 s")
    assert told["P&L since this start"][0] == "UNKNOWN"


def test_what_reaches_its_limit_is_wrong_and_counted(measured: Terminal) -> None:
    measure(measured, "1000", "40")
    for number in range(5):
        measured.order(f"entry-{number}", Kind.ENTRY, 1, Side.BUY)
    measured.write(
        lambda store, tx: move(tx, store.log, "entry-1", OrderState.FAILED, measured.now)
    )

    found = shown(measured)

    wrong = {name for name, metric in found.items() if metric["how"] == "WRONG"}
    assert wrong == {"API latency", "API errors", "order failures"}
    assert "main: 3 metrics beyond the limit, 1 UNKNOWN" in measured.type("metrics").text


def test_what_was_not_measured_lately_is_unknown(measured: Terminal) -> None:
    measured.later(61)

    found = shown(measured)

    known = {name for name, metric in found.items() if metric["how"] == "ok"}
    assert known == {"order failures"}
    assert found["age of marks"]["how"] == "WRONG"


def test_a_desk_that_was_never_read_has_no_ok(terminal: Terminal) -> None:
    terminal.begin()

    found = shown(terminal)

    assert {name for name, m in found.items() if m["how"] != "UNKNOWN"} == {"order failures"}
