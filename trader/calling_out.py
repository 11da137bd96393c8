"""The guard calls people itself when the alerts process is silent: in a thread, so that it never waits."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from queue import Full

from core.calling_out import Call, Called, call_out
from core.dangers import ALERTS_SILENT_FOR
from store.events import last_of_kinds
from store.heartbeats import read_heartbeats
from store.sqlite import StoreFailed
from store.store import Store
from store.writer import WriterClosed
from trader.lines_out import LineOut, Message, NotTaken

log = logging.getLogger(__name__)

LOOK_S = 1.0
NOBODY = "no PagerDuty and no webhook is set up: nobody was called"
ALERTS = "alerts"
CALLED = "guard_called"
TAKEN = "taken"
WHAT_TO_DO = "The desk takes no entries until they are back. Start them: python -m alerts run"


class CallingOut:
    """`look` is all of its work; `start` does it once a second until `close`."""

    def __init__(
        self, store: Store, desk: str, lines: Sequence[LineOut], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._desk = desk
        self._lines = lines
        self._clock = clock
        self._since = clock()
        self._beat_at: datetime | None = None
        self._silence = ""
        """One key for each silence, so that a receiver takes the next one for new."""
        self._open_at: frozenset[str] = frozenset()
        """The lines that took a page of it, which has not been called off there."""
        self._last = self._said_before()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="calling-out", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._ended.set()

    def look(self, now: datetime) -> None:
        """A store that cannot be read is no sign of life: what was known last grows old."""
        self._beat_at = self._read_beat() or self._beat_at
        said = call_out(self._beat_at, self._since, self._last, now)
        if said is not None:
            self._say(*said, now)

    def _said_before(self) -> Called:
        """What a guard before this one said last: a page of it that is still open is called off as well."""
        try:
            said = self._store.read(lambda c: last_of_kinds(c, self._desk, {CALLED}, self._since))
        except StoreFailed as why:
            log.warning("%s: who was called before is not known: %s", self._desk, why)
            return Called()
        if said is None or "silence" not in said.body:
            return Called()
        self._silence = str(said.body["silence"])
        self._open_at = frozenset(said.body.get("open_at", ()))
        last = Called(Call(said.body["says"]), said.at, bool(said.body["reached"]))
        if last.call is Call.PAGE:  # that silence goes on until alerts beat
            self._since = said.at - ALERTS_SILENT_FOR
        return last

    def _say(self, call: Call, why: str, now: datetime) -> None:
        text = f"{why}. {WHAT_TO_DO}" if call is Call.PAGE else f"{why}."
        if call is Call.PAGE and self._beat_at is not None:
            self._silence = f"guard-{self._desk}-{self._beat_at:%Y%m%dT%H%M%S}"
        message = Message(self._silence, self._desk, text, call is Call.END)
        again = call is Call.END and self._last.call is Call.END
        asked = [line for line in self._lines if not again or line.name in self._open_at]
        outcomes = {line.name: self._try(line, message, now) for line in asked}
        took = {name for name, outcome in outcomes.items() if outcome == TAKEN}
        self._open_at = self._open_at | took if call is Call.PAGE else self._open_at - took
        nobody_to_reach = not self._lines
        reached = bool(took) if call is Call.PAGE else not self._open_at
        self._last = Called(call, now, nobody_to_reach or reached)
        gravity = logging.ERROR if call is Call.PAGE else logging.WARNING
        log.log(gravity, "%s: %s (%s)", self._desk, text, _told(outcomes))
        body: dict[str, object] = {"says": call.value, "because": why, "by": _told(outcomes)}
        body |= {"silence": self._silence, "reached": self._last.reached}
        self._record(body | {"open_at": sorted(self._open_at)}, now)

    def _record(self, body: dict[str, object], now: datetime) -> None:
        """People were called first: whether it is on record changes nothing for them."""
        try:
            self._store.submit(
                lambda tx: self._store.log.append(
                    tx, desk=self._desk, kind=CALLED, actor="guard", now=now, body=body
                )
            )
        except (WriterClosed, Full) as why:
            log.warning("%s: the call is not on record: %s", self._desk, type(why).__name__)

    def _try(self, line: LineOut, message: Message, now: datetime) -> str:
        try:
            line.say(message, now)
        except NotTaken as why:
            return str(why)
        return TAKEN

    def _read_beat(self) -> datetime | None:
        try:
            beats = self._store.read(lambda c: read_heartbeats(c, self._desk))
        except StoreFailed:
            return None
        return next((beat.at for beat in beats if beat.process == ALERTS), None)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            self.look(self._clock())


def _told(outcomes: dict[str, str]) -> str:
    told = ", ".join(f"{name}: {outcome}" for name, outcome in outcomes.items())
    return told or NOBODY
