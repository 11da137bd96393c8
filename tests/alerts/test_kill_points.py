"""The process killed before and after each of its commits: nothing is lost, nothing done twice."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from alerts.keeper import Keeper
from core.alerting.levels import Level
from core.modes import Mode, Rule
from store.alerting.alerts import Line, SystemAct, acts_of, history
from store.alerting.facts import raise_alert
from store.control import constrain
from store.events import latest
from store.reports.incidents import open_incidents
from store.requests import open_requests
from store.store import Store, Transaction
from tests.alerts.night import DESK, Night

T = TypeVar("T")

WRITES = 7
"""So many a whole tick makes: one more commit has to be put to the test as well."""


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """A store whose process dies at its nth write: before the commit, or right after it."""

    def __init__(self, store: Store, writes: int, *, committed: bool) -> None:
        self._store = store
        self._left = writes
        self._committed = committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, transaction: Callable[[Transaction], T]) -> T:
        self._left -= 1
        if self._left > 0:
            return self._store.write(transaction)

        def dying(tx: Transaction) -> T:
            result = transaction(tx)
            if not self._committed:
                raise Killed
            return result

        self._store.write(dying)
        raise Killed


def emergency(night: Night) -> None:
    """What another process wrote: an unknown order constrains the desk, and a key may be stolen."""

    def write(tx: Transaction) -> None:
        log = night.store.log
        constrain(tx, log, DESK, Rule.UNKNOWN_ORDER, reason="o-1", now=night.now)
        raise_alert(tx, DESK, "key_compromise", Level.EMERGENCY, "o-1", night.now)

    night.store.write(write)


def seen(night: Night) -> dict[str, Any]:
    """Everything that must be so in the end, however often the process died."""
    alerts = night.open()
    reads = night.store.read
    return {
        "alerts": sorted((a.identity.rule, a.level, a.fire_count, a.turn) for a in alerts),
        "lines": Counter(
            (a.identity.rule, line.event, line.said.replace(a.id, "ID"))
            for a in alerts
            for line in lines(night, a.id)
        ),
        "outbox": messages(night),
        "acts": sorted((x.action, bool(x.done_at)) for a in alerts for x in acts(night, a.id)),
        "mode": night.mode,
        "requests": len(reads(lambda c: open_requests(c, DESK))),
        "incidents": len(reads(lambda c: open_incidents(c, DESK))),
        "events": Counter(event.kind for event in reads(lambda c: latest(c, DESK, 1_000))),
    }


def lines(night: Night, id: str) -> list[Line]:
    return night.store.read(lambda c: history(c, id))


def acts(night: Night, id: str) -> list[SystemAct]:
    return night.store.read(lambda c: acts_of(c, id))


def messages(night: Night) -> Counter[tuple[str, str]]:
    rows = night.store.read(lambda c: c.exec_driver_sql('SELECT person, "by" FROM outbox').all())
    return Counter((row[0], row[1]) for row in rows)


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    night = Night(tmp_path_factory.mktemp("unharmed") / "home")
    emergency(night)
    night.tick()
    found = seen(night)
    night.close()
    return found


def test_unharmed_everything_is_there(unharmed: dict[str, Any]) -> None:
    assert unharmed["mode"] is Mode.HELD
    assert unharmed["acts"] == [("hold", True), ("kill card", True)]
    assert (unharmed["requests"], unharmed["incidents"]) == (1, 1)
    assert max(unharmed["outbox"].values()) == 2  # two alerts


@pytest.mark.parametrize("committed", [False, True], ids=["before its commit", "after its commit"])
@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_killed_at_any_write_it_comes_to_the_same(
    night: Night, unharmed: dict[str, Any], write: int, committed: bool
) -> None:
    emergency(night)
    mortal = cast(Store, Mortal(night.store, write, committed=committed))
    keeper = Keeper(
        mortal,
        lambda: night.arranged,
        lambda: f"a{next(night.numbers)}",
        lambda: None,
        night.machine(),
    )
    with pytest.raises(Killed):
        keeper.tick(night.now)
    night.restart()
    night.tick()
    assert seen(night) == unharmed


def test_there_is_no_further_write(night: Night, tmp_path: Path) -> None:
    emergency(night)
    mortal = cast(Store, Mortal(night.store, WRITES + 1, committed=True))
    keeper = Keeper(
        mortal,
        lambda: night.arranged,
        lambda: f"a{next(night.numbers)}",
        lambda: None,
        night.machine(),
    )
    keeper.tick(night.now)
