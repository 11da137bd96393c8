"""An incident's report: complete, true to the record, and nothing that people typed can bend it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.reports.incident import write_incident_report
from core.books import Books
from core.chain import Event
from core.incidents import Incident, IncidentState
from core.modes import Mode
from core.orders import OrderState
from core.reports.facts import EquitySample, Facts, MarkSample
from core.reports.incident_figures import figures
from core.reports.incident_report import markdown
from core.reports.narrative import says
from store.control import begin_desk, set_mode
from store.ledger import adopt_fills
from store.orders import move, record_intent
from store.own_cash import open_books
from store.reports.history import sample
from store.reports.incidents import close_incident, note_in_incident, open_incident
from store.store import Store, open_store
from tests.store.desk import (
    BTC,
    CASH,
    DESK,
    LIMITS,
    NOW,
    begin_books,
    checked,
    fill,
    later,
    mark,
    order,
    see_the_exchange,
)

MINUTE = timedelta(minutes=1)
INCIDENT = Incident("inc-1", DESK, "fills without orders", IncidentState.OPEN, "alice", NOW)


def books(realised: str, unrealised: str = "0") -> Books:
    return Books(
        Decimal(1000),
        Decimal(0),
        Decimal(realised),
        Decimal(unrealised),
        Decimal(0),
        Decimal("1.5"),
    )


def event(kind: str, actor: str = "alice", **body: str) -> Event:
    return Event(DESK, 7, NOW, kind, actor, body, "")


def facts(*events: Event, equity: tuple[EquitySample, ...] = ()) -> Facts:
    marks = (
        MarkSample(BTC, NOW, Decimal(60_000), 4),
        MarkSample(BTC, later(minutes=1), Decimal(57_000), 2),
        MarkSample(BTC, later(minutes=2), Decimal(59_400), 0),
    )
    return Facts(DESK, NOW - 30 * MINUTE, later(minutes=5), events, (), (), equity, marks)


def told(*events: Event, equity: tuple[EquitySample, ...] = ()) -> str:
    return markdown(INCIDENT, facts(*events, equity=equity), later(minutes=5))


def test_who_did_what_is_apart_from_what_machines_did() -> None:
    text = told(
        event("constrained", "machine", rule="stale_mark", effective="REDUCE_ONLY", reason="old"),
        event("mode_set", "alice", **{"from": "ACTIVE"}, to="HELD", reason="it looks wrong"),
    )
    people = text.split("## Who did what")[1].split("## Timeline")[0]
    assert "mode ACTIVE → HELD: it looks wrong" in people
    assert "stale_mark" not in people
    set_off = text.split("## What set it off")[1].split("##")[0]
    assert "stale_mark constrains the desk to REDUCE_ONLY: old" in set_off


def test_profit_and_loss_over_the_window_adds_up() -> None:
    before = EquitySample(NOW, books("10", "5"), NOW)
    after = EquitySample(later(minutes=3), books("-20.25"), later(minutes=3))
    text = told(equity=(before, after))
    assert "| realised | -30.25 |" in text
    assert "| change in unrealised | -5.00 |" in text
    assert "| net | -35.25 |" in text
    assert "Provisional" not in text
    shown = figures(INCIDENT, facts(equity=(before, after)), NOW)["pnl"]
    assert shown["net_usd"] == "-35.25"


def test_a_stale_mark_makes_it_provisional_and_no_sample_makes_it_unknown() -> None:
    before = EquitySample(NOW, books("10"), None)
    after = EquitySample(later(minutes=3), books("11"), NOW)
    assert "**Provisional" in told(equity=(before, after))
    assert "UNKNOWN: the books were not sampled" in told(equity=(before,))


def test_how_far_the_market_went_and_what_was_held() -> None:
    assert f"| {BTC} | 60000 | 59400 | 57000 | 60000 | -1.00 % | +4 → +0 |" in told()


def test_what_people_typed_bends_neither_tables_nor_headings() -> None:
    text = told(event("incident_note", text="a | b\n# Not a heading\n| x |"))
    assert "a \\| b # Not a heading \\| x \\|" in text
    assert "\n# Not a heading" not in text


def test_a_long_table_says_how_much_it_leaves_out() -> None:
    text = told(*[event("note", text=f"note {n}") for n in range(250)])
    assert "50 more are in the JSON file." in text


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            event("released", rule="stale_mark", effective="ACTIVE"),
            "stale_mark released; the desk is ACTIVE",
        ),
        (
            event("flatten", state="flat_verified", outcome="closed 4"),
            "close flat_verified. closed 4",
        ),
        (event("order_refused", reason="LEVERAGE"), "order refused: reason LEVERAGE"),
        (
            replace(event("limits_lowered"), body={"in_force": {}, "says": ["max_leverage 3 → 2"]}),
            "limits lowered: max_leverage 3 → 2",
        ),
        (
            event("said_in_slack", text="kill", answer="main: HELD"),
            "typed “kill” in Slack: main: HELD",
        ),
        (
            event(
                "on_call_changed",
                **{"duty": "primary", "person": "carol", "instead_of": "alice"},
                **{"from": "2026-03-02T12:00:09+00:00", "to": "2026-03-02T13:00:09+00:00"},
            ),
            "carol instead of alice as primary, 2026-03-02 12:00 to 2026-03-02 13:00 UTC",
        ),
        (
            event("alert", alert="k7", rule="cash_off", symbol="", level="3", said="raised"),
            "alert k7 cash_off, level 3: raised",
        ),
        (event("mode_set", colour="red"), "mode set: colour red"),
    ],
)
def test_events_are_told_in_words_and_unknown_ones_as_they_are(found: Event, words: str) -> None:
    assert says(found) == words


def keep(opened: Store, at: datetime, realised: str) -> None:
    opened.write(lambda tx: sample(tx, DESK, books(realised), [mark(at=at)], [], at))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A desk that traded, was held by alice, and whose incident two people closed."""
    opened = open_store(tmp_path / "home", NOW)
    log = opened.log
    opened.write(lambda tx: begin_desk(tx, log, DESK, Mode.ACTIVE, "test", NOW))
    opened.write(see_the_exchange)
    begin_books(opened)
    opened.write(lambda tx: open_books(tx, log, DESK, CASH, NOW))
    opened.write(lambda tx: record_intent(tx, checked(order("o-1")), LIMITS, later(seconds=1)))
    opened.write(
        lambda tx: move(tx, log, "o-1", OrderState.WORKING, later(seconds=2), order_id="x-1")
    )
    opened.write(lambda tx: adopt_fills(tx, DESK, [fill("f-1", "o-1", at=later(seconds=3))]))
    for minutes, realised in ((1, "3"), (4, "-7")):
        keep(opened, later(minutes=minutes), realised)
    incident = opened.write(
        lambda tx: open_incident(
            tx, log, id="inc-1", desk=DESK, title="odd fills", by="alice", now=later(seconds=30)
        )
    )
    opened.write(
        lambda tx: set_mode(
            tx, log, DESK, Mode.HELD, reason="odd", actor="alice", now=later(minutes=2)
        )
    )
    opened.write(lambda tx: note_in_incident(tx, log, incident, "seen", "bob", later(minutes=3)))
    opened.write(lambda tx: close_incident(tx, log, incident, "alice, bob", later(minutes=5)))
    yield opened
    opened.close()


def test_it_becomes_three_files_in_the_home(store: Store) -> None:
    files = write_incident_report(store, "inc-1", later(hours=2))
    assert [file.name for file in files] == ["report.md", "report.json", "chart.png"]
    text = files[0].read_text()
    assert "# Incident inc-1: odd fills" in text
    assert "closed by alice, bob at 2026-03-02 12:05:00" in text
    assert "| 2026-03-02 12:03:00 | bob | seen |" in text
    assert "| 2026-03-02 12:00:03 | BIP-20DEC30-CDE | BUY | 1 | 60000 | -0.15 |" in text
    assert "| net | -10.00 |" in text
    told = json.loads(files[1].read_text())
    assert [o["id"] for o in told["orders"]] == ["o-1"]
    assert told["until"] == later(minutes=10).isoformat()
    assert files[2].read_bytes().startswith(b"\x89PNG\r\n")
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_drafting_it_again_replaces_the_draft(store: Store) -> None:
    before = write_incident_report(store, "inc-1", later(hours=2))[0].read_text()
    again = write_incident_report(store, "inc-1", later(hours=3))[0].read_text()
    assert before.replace("14:00:00", "15:00:00") == again


def test_in_a_terminal_it_says_where_the_files_are_or_that_there_is_no_such_incident(
    store: Store,
) -> None:
    def run(id: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "alerts.reports",
                "--home",
                str(store.home.root),
                "incident",
                id,
            ],
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("inc-1")
    assert done.returncode == 0, done.stderr
    assert next(Path(file).name for file in json.loads(done.stdout)["files"]) == "report.md"
    assert run("inc-9").returncode == 1
    assert "there is no incident 'inc-9'" in run("inc-9").stderr
