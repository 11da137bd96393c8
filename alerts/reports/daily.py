"""A day's digest as files in the home: Markdown, JSON and the picture."""

import json
from datetime import datetime
from pathlib import Path

from alerts.reports.picture import picture
from core.reports.daily import Digest
from core.reports.daily_text import figures, headline, markdown
from store.reports.daily import read_digest
from store.store import Store


def write_digest(
    store: Store, desk: str, name: str, since: datetime, until: datetime, now: datetime
) -> tuple[Digest, list[Path]]:
    """The digest of a stretch of time, and its files; an earlier one of this name is replaced."""
    found = store.read(lambda connection: read_digest(connection, desk, since, until, now))
    directory = store.home.reports / f"{desk}-{name}"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        "digest.md": markdown(found, f"{desk}, {name}").encode(),
        "digest.json": json.dumps(figures(found), indent=1).encode(),
        "equity.png": picture(found.facts, headline(found)),
    }
    for file, content in contents.items():
        (directory / file).write_bytes(content)
    return found, [directory / file for file in contents]
