"""A desk with people on call and a clock moved by hand: what is told to whom, minute by minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.figures.machine import Machine, Places
from alerts.keeper import Keeper
from core.alerting.alert import Alert
from core.alerting.defaults import DEFAULT
from core.alerting.effects import Outcome
from core.alerting.events import Acked, Event
from core.alerting.levels import Level
from core.alerting.policy import LevelPolicy
from core.modes import Mode
from core.oncall.contacts import Contact, Means
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import Duty, Layer, Schedule
from store.alerting.agreed import approve_arrangements, body_of
from store.alerting.alerts import Line, history, latest_alerts, open_alerts, read_alert
from store.alerting.arranged import Arrangements
from store.alerting.clock_back import follow_clock_back
from store.alerting.facts import clear_alert, raise_alert
from store.alerting.settlement import apply
from store.control import begin_desk, read_row
from store.heartbeats import beat
from store.store import Store, open_store

DESK = "main"
PID = 7
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
ALL = (Means.DM, Means.PUSH, Means.SMS, Means.VOICE)


def always(person: str) -> tuple[Layer, ...]:
    """Somebody who has a duty without end."""
    return (Layer(Rotation((person,), ZoneInfo("UTC"), date(2026, 1, 5), time(0), Unit.WEEK)),)


ON_CALL = Schedule(
    {
        Duty.PRIMARY: always("alice"),
        Duty.BACKUP: always("ben"),
        Duty.TEAM_LEAD: always("carol"),
    }
)
PEOPLE = tuple(Contact(name, ALL) for name in ("alice", "ben", "carol"))
ARRANGED = Arrangements(DEFAULT, ON_CALL, PEOPLE)


def with_level(level: Level, policy: LevelPolicy) -> Arrangements:
    """The usual arrangements, but for what one level does."""
    return replace(ARRANGED, policy=replace(DEFAULT, levels={**DEFAULT.levels, level: policy}))


class Night:
    """Everything happens at `now`; nothing runs but the keeper's tick."""

    def __init__(self, home: Path) -> None:
        self.now = MIDNIGHT
        self.arranged = ARRANGED
        self.trouble: str | None = None
        """What is wrong with escalation.yaml."""
        self.home = home
        self.apart_s = 0.0
        """How far the machine's clock is from one that nobody can set."""
        self.proc = home.with_name(f"{home.name}-proc")
        """What stands in for the machine's own figures: it idles."""
        self.proc.mkdir()
        self._ticks = 0, 0
        self.machine_works(0)
        self.memory_is(10)
        self.numbers = count(1)
        self._heard: dict[str, int] = {}
        self.store: Store = open_store(home, self.now)
        self.store.write(
            lambda tx: begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "test", self.now)
        )
        self.store.brake(DESK).follow_row()
        self.keeper = self._new_keeper()
        self.tick()

    def _new_keeper(self) -> Keeper:
        return Keeper(
            self.store,
            lambda: self.arranged,
            lambda: f"a{next(self.numbers)}",
            lambda: self.trouble,
            self.machine(),
        )

    def machine(self) -> Machine:
        return Machine(Places(self.home, self.store.home.logs, lambda: self.apart_s, self.proc))

    def agrees(self, arranged: Arrangements) -> None:
        """escalation.yaml says something else now, and two people have agreed to that."""
        self.arranged = arranged
        body = body_of(arranged, [])
        self.store.write(
            lambda tx: approve_arrangements(tx, self.store.log, body, "alice and ben", self.now)
        )

    def restart(self) -> None:
        """The process is killed, and another one starts."""
        self.store.close()
        self.store = open_store(self.home, self.now)
        self.store.write(lambda tx: follow_clock_back(tx, self.store.log, PID, self.now))
        self.keeper = self._new_keeper()

    def beats(self) -> None:
        """The process says that it lives, as it does every second."""
        self.store.write(lambda tx: beat(tx, DESK, "alerts", PID, "keeps alerts", self.now))

    def clock_is_set_back(self, minutes: float) -> None:
        """And the process, too, is another one from there on."""
        self.beats()
        self.now -= timedelta(minutes=minutes)
        self.restart()

    def close(self) -> None:
        self.store.close()

    def machine_works(self, busy_pct: int) -> None:
        """So busy since it was looked at last."""
        self._ticks = self._ticks[0] + busy_pct, self._ticks[1] + 100 - busy_pct
        (self.proc / "stat").write_text(f"cpu  {self._ticks[0]} 0 0 {self._ticks[1]} 0 0 0 0 0 0\n")

    def memory_is(self, full_pct: int) -> None:
        said = f"MemTotal: 1000000 kB\nMemAvailable: {(100 - full_pct) * 10_000} kB\n"
        (self.proc / "meminfo").write_text(said)

    # The clock

    def at(self, clock: str) -> "Night":
        """Go on to this time of the night, as `03:02` or `03:02:30`, stopping wherever something is due."""
        hours, minutes, *seconds = map(int, clock.split(":"))
        until = MIDNIGHT + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
        assert until >= self.now, "a night goes on"
        self.passes((until - self.now).total_seconds())
        return self

    def passes(self, seconds: float) -> None:
        """So long, stopping wherever something is due."""
        until = self.now + timedelta(seconds=seconds)
        due = self.tick()
        while due is not None and due <= until:
            self.now = max(self.now, due)
            due = self.tick()
        self.now = until
        self.tick()

    def asleep_until(self, clock: str) -> None:
        """The process does not run until then."""
        hours, minutes = map(int, clock.split(":"))
        self.now = MIDNIGHT + timedelta(hours=hours, minutes=minutes)
        self.restart()

    def tick(self) -> datetime | None:
        return self.keeper.tick(self.now)

    # What happens

    def fires(
        self,
        rule: str = "position_drift",
        level: Level = Level.CRITICAL,
        text: str = "",
        symbol: str = "",
        *,
        drill: bool = False,
    ) -> None:
        self.store.write(
            lambda tx: raise_alert(
                tx, DESK, rule, level, text, self.now, symbol=symbol, drill=drill
            )
        )
        self.tick()

    def clears(self, rule: str = "position_drift", symbol: str = "") -> None:
        self.store.write(lambda tx: clear_alert(tx, DESK, rule, self.now, symbol=symbol))
        self.tick()

    def does(self, event: Event, id: str = "a1") -> Outcome:
        outcome = self.store.write(lambda tx: apply(tx, self.store.log, id, event, self.now))
        self.tick()
        return outcome

    def acks(self, person: str, id: str = "a1") -> Outcome:
        return self.does(Acked(person, self.alert(id).peak), id)

    # What is seen

    def alert(self, id: str = "a1") -> Alert:
        return self.store.read(lambda c: read_alert(c, id))

    def open(self) -> Sequence[Alert]:
        return self.store.read(lambda c: open_alerts(c, DESK))

    @property
    def mode(self) -> Mode:
        return self.store.read(lambda c: read_row(c, DESK)).mode

    def told(self) -> set[str]:
        """Whom pages went to since one last asked, as `ben by sms`; a place is `the place by channel`."""
        return {said.partition(":")[0].removeprefix("page ") for said in self._did("page ")}

    def reasons(self) -> set[str]:
        """Why they did."""
        return {said.partition(": ")[2] for said in self._did("page ")}

    def did(self) -> list[str]:
        """Everything that was done since one last asked."""
        return self._did("")

    def _did(self, beginning: str) -> list[str]:
        found = []
        for alert in self.store.read(lambda c: latest_alerts(c, DESK, 1_000)):
            for line in self._news(alert.id):
                self._heard[alert.id] = line.seq
                found += [said for said in line.did.splitlines() if said.startswith(beginning)]
        return found

    def _news(self, id: str) -> list[Line]:
        return self.store.read(lambda c: history(c, id, self._heard.get(id, 0)))


def every_means(person: str) -> set[str]:
    return {f"{person} by {means}" for means in ALL}
