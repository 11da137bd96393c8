"""One day of a desk's record as JSON lines, with the mark of the chain on each, for other programs."""

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import Connection

from core.chain import Event
from store.events import events_between

RESOLUTION = timedelta(microseconds=1)


def export_day(
    connection: Connection, directory: Path, desk: str, begins_at: datetime
) -> tuple[Path, int]:
    """The file and how many events it has. An earlier export of the day is replaced, whole."""
    day: date = begins_at.date()
    found = events_between(connection, desk, begins_at, begins_at + timedelta(days=1) - RESOLUTION)
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / f"events-{desk}-{day.isoformat()}.jsonl"
    with NamedTemporaryFile("w", encoding="utf-8", dir=directory, delete=False) as out:
        out.writelines(f"{_line(event)}\n" for event in found)
        out.flush()
        os.fsync(out.fileno())
    Path(out.name).replace(path)
    return path, len(found)


def _line(event: Event) -> str:
    told = {
        "desk": event.desk,
        "seq": event.seq,
        "at": event.at.isoformat(),
        "kind": event.kind,
        "actor": event.actor,
        "body": event.body,
        "mac": event.mac,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
