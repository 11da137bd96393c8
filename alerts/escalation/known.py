"""What the tools look at: the file, with what people changed by command and which means are set up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.alerting.quieting import Maintenance, Silence
from core.oncall.contacts import Means
from core.oncall.schedule import Override
from store.alerting.agreed import as_agreed, read_agreed
from store.alerting.arranged import Arrangements, NothingArranged, read_arrangements
from store.alerting.oncall import read_overrides, windows_at
from store.alerting.usual import arrangements_of
from store.escalation.file import load_escalation
from store.home import Home
from store.store import Transaction, open_store

NEVER_RAN = "no alerts process has run on this home: which means are set up is not known"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the home's store has, at one instant."""

    overrides: tuple[Override, ...] = ()
    silences: tuple[Silence, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    in_force: Arrangements | None = None
    agreed: Arrangements | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """`arranged` is the file's, as it would work on this home."""

    people_file: Path
    arranged: Arrangements
    in_force: Arrangements | None
    set_up: frozenset[Means] | None
    """None where that is not known: then every means counts as set up."""
    waits: tuple[str, ...] = ()
    """What of the file is looser than two people have agreed to."""

    def hears(self, by: Means) -> bool:
        return self.set_up is None or by in self.set_up

    def notes(self) -> Iterator[str]:
        """What a reader has to know beside the answer."""
        if self.set_up is None:
            yield NEVER_RAN
        if differing := self.differing():
            yield f"the file is not in force as it stands: it differs in {', '.join(differing)}"

    def differing(self) -> list[str]:
        """In which parts the file says something else than what alerts go by."""
        now = self.in_force
        if now is None:
            return []
        file = self.arranged
        parts = {
            "levels": (file.policy, now.policy),
            "on_call": (file.schedule.layers, now.schedule.layers),
            "contacts": (file.addresses, now.addresses),
            "rules": (file.thresholds, now.thresholds),
        }
        return [name for name, (wanted, has) in parts.items() if wanted != has]


def known(people_file: Path, home: Path, at: datetime, now: datetime) -> Known:
    """Raises PeopleUnusable."""
    stored = _stored(home, at, now)
    file = arrangements_of(load_escalation(people_file))
    set_up = stored.in_force.set_up if stored.in_force else None
    arranged = file if set_up is None else file.by_means(set_up)
    waits = as_agreed(stored.agreed, file, now)[1] if stored.agreed else []
    whole = with_stored(arranged, stored)
    return Known(people_file, whole, stored.in_force, _set(set_up), tuple(waits))


def with_stored(arranged: Arrangements, stored: Stored) -> Arrangements:
    """With the overrides and silences that people made by command."""
    schedule, quieting = arranged.schedule, arranged.quieting
    return replace(
        arranged,
        schedule=replace(schedule, overrides=(*schedule.overrides, *stored.overrides)),
        quieting=replace(
            quieting,
            silences=(*quieting.silences, *stored.silences),
            maintenance=(*quieting.maintenance, *stored.maintenance),
        ),
    )


def _stored(home: Path, at: datetime, now: datetime) -> Stored:
    """Nothing where no store is: to look must not make one."""
    if not Home(home).database.exists():
        return Stored()
    store = open_store(home, now)
    try:
        return store.read(lambda c: _read(c, at))
    finally:
        store.close()


def _read(connection: Transaction, at: datetime) -> Stored:
    try:
        in_force = read_arrangements(connection)
    except NothingArranged:
        in_force = None
    silences, maintenance = windows_at(connection, at)
    agreed = read_agreed(connection)
    return Stored(read_overrides(connection), silences, maintenance, in_force, agreed)


def _set(means: tuple[Means, ...] | None) -> frozenset[Means] | None:
    return None if means is None else frozenset(means)
