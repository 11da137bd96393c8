"""The people that the bot listens to: what escalation.yaml says, as far as two people have approved it."""

import logging
from collections.abc import Callable
from datetime import datetime

from core.approval import looser, tighter
from store.approved import allowed, follow_file, read_roster, roster
from store.escalation.file import Escalation
from store.people_file import PeopleFile
from store.role_requests import request_roles
from store.sqlite import StoreFailed
from store.store import Store, Transaction

log = logging.getLogger(__name__)


class ApprovedPeople:
    """`read` is quick and never asks the store; `follow` brings store and file together."""

    def __init__(self, file: PeopleFile, store: Store, new_id: Callable[[str], str]) -> None:
        self._file = file
        self._store = store
        self._new_id = new_id
        self._approved = self._followed = store.read(read_roster)

    def read(self) -> Escalation:
        """What an edit takes away counts at once, what it gives not before two people agree."""
        return allowed(self._approved, self._file.read())

    @property
    def trouble(self) -> str | None:
        """What is wrong with the file, or what of it waits for two people; None when it is in force."""
        if self._file.trouble is not None or self._approved is None:
            return self._file.trouble
        waits = looser(self._approved, roster(self._file.read()))
        return f"escalation.yaml waits for two people: {'; '.join(waits)}" if waits else None

    def refresh(self) -> None:
        """What is approved at this moment; what was known last while the store cannot be read.

        Not on the event loop. A store that fails must not keep a brake from its people.
        """
        try:
            self._approved = self._store.read(read_roster)
        except StoreFailed as why:
            log.warning("roles as they were known last: %s", why)

    def follow(self, now: datetime) -> bool:
        """Keep what the file takes away, and ask for what it gives; whether anything else is in force.

        Not on the event loop.
        """
        known, wanted = self._store.read(read_roster), roster(self._file.read())
        if known is None or looser(known, wanted) or tighter(known, wanted):
            self._store.write(lambda tx: self._follow(tx, now))
            known = self._store.read(read_roster)
        before, self._followed, self._approved = self._followed, known, known
        return before != known

    def _follow(self, tx: Transaction, now: datetime) -> None:
        """The file is read in here: it may be newer than what two people agreed on since."""
        escalation = self._file.read()
        follow_file(tx, self._store.log, escalation, now)
        request_roles(tx, self._store.log, escalation, self._new_id("roles"), now)
