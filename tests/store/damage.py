"""Damage to a store as a bad disk does it, or a hand."""

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


def spoil_mode(database: Path) -> None:
    """A row that can be read, and says something that no version of us has ever meant."""
    connection = LIBRARY.connect(database, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("UPDATE control SET mode = 99")
    connection.close()
