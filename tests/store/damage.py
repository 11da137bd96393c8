"""Damage to a store as a bad disk does it."""

from pathlib import Path

from store.sqlite import LIBRARY


def spoil_schema(database: Path) -> None:
    """The table of commands has a name, and a definition, that is no text."""
    connection = LIBRARY.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = database.read_bytes()
    assert b"commandscommands" in whole
    spoilt = whole.replace(b"commandscommands", b"\xb7ommandscommands")
    database.write_bytes(spoilt.replace(b"CREATE TABLE commands", b"CREATE TABL\xb7 commands"))
