"""The record as files: a day each, as JSON lines that still hold the chain."""

import json
from pathlib import Path
from typing import Any

from core import chain
from store.columns import to_us
from store.events import event_key
from tests.bot.terminal import Terminal


def noted(terminal: Terminal, text: str) -> None:
    terminal.write(
        lambda store, tx: store.log.append(
            tx, desk="main", kind="note", actor="nina", now=terminal.now, body={"text": text}
        )
    )


def exported(terminal: Terminal, *days: str) -> list[list[dict[str, Any]]]:
    files = terminal.type("events", "export", *days, "--json").facts["files"]
    found = [Path(file["path"]).read_text().splitlines() for file in files]
    assert [len(lines) for lines in found] == [file["events"] for file in files]
    return [[json.loads(line) for line in lines] for lines in found]


def test_a_day_is_one_file_and_exporting_again_replaces_it(trading: Terminal) -> None:
    noted(trading, "märz")
    trading.later(86_400)
    noted(trading, "next day")

    (first,) = exported(trading, "2026-03-02")
    both = exported(trading, "from", "2026-03-02", "to", "2026-03-03")
    (today,) = exported(trading)

    assert first[-1]["body"] == {"text": "märz"}
    assert [one["body"] for one in today] == [{"text": "next day"}]
    assert both == [first, today]
    names = sorted(path.name for path in (trading.home / "reports").iterdir())
    assert names == ["events-main-2026-03-02.jsonl", "events-main-2026-03-03.jsonl"]


def test_the_chain_can_be_proved_from_the_files_and_nobody_else_reads_them(
    trading: Terminal,
) -> None:
    noted(trading, "one")
    (lines,) = exported(trading)
    key, before = event_key(trading.home / "secrets"), chain.GENESIS

    for number, one in enumerate(lines, 1):
        at = next(e.at for e in trading.events() if e.seq == number)
        assert one["at"] == at.isoformat()
        body = chain.canonical(one["body"])
        proved = chain.mac(key, before, "main", number, to_us(at), one["kind"], one["actor"], body)
        assert one["mac"] == proved
        before = proved
    (path,) = (trading.home / "reports").iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_no_day_is_refused(trading: Terminal) -> None:
    assert trading.type("events", "export", "soon").code == 2
    assert trading.type("events", "import").code == 2
