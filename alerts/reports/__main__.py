"""`python -m alerts.reports`: write a report and print where, as JSON. A composition root."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerts.reports.daily import write_digest
from alerts.reports.incident import write_incident_report
from core.reports.daily_text import figures, headline, lines
from core.steady import SteadyClock
from store.reports.incidents import NoSuchIncident
from store.store import Store, open_store

clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The clock of a report."""

FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """0 with what was written as JSON on standard output, or 1 with the reason on standard error."""
    asked = _parser().parse_args(argv)
    store = open_store(asked.home, clock())
    try:
        told = _incident(store, asked) if asked.kind == "incident" else _daily(store, asked)
    except NoSuchIncident as why:
        sys.stderr.write(f"{why}\n")
        return FAILED
    finally:
        store.close()
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alerts.reports", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("incident", help="draft the report of an incident").add_argument("id")
    daily = kinds.add_parser("daily", help="the digest of a desk's day, or of any stretch of time")
    daily.add_argument("desk")
    daily.add_argument("--name", help="of its files; the UTC day unless told")
    daily.add_argument("--since", type=datetime.fromisoformat, required=True, help="RFC 3339")
    daily.add_argument("--until", type=datetime.fromisoformat, required=True, help="RFC 3339")
    return parser


def _incident(store: Store, asked: argparse.Namespace) -> dict[str, Any]:
    return {"files": [str(file) for file in write_incident_report(store, asked.id, clock())]}


def _daily(store: Store, asked: argparse.Namespace) -> dict[str, Any]:
    now = clock()
    name = asked.name or asked.since.astimezone(UTC).date().isoformat()
    until = min(asked.until, now)
    digest, files = write_digest(store, asked.desk, name, asked.since, until, now)
    return {
        "files": [str(file) for file in files],
        "head": headline(digest),
        "lines": lines(digest),
        "figures": figures(digest),
    }


if __name__ == "__main__":
    sys.exit(main())
