"""The bot tells the desk's channel when the alerts process is silent: nobody else would in Slack."""

from collections.abc import Callable
from datetime import datetime

from bot.answer import FAILED, Answer
from core.calling_out import Call, Called, call_out
from store.control import desks
from store.heartbeats import read_heartbeats
from store.store import Store, Transaction

Announce = Callable[[str, str, Answer], None]
ALERTS = "alerts"


class AlertsSilence:
    """`look` every few seconds. One message for each silence, and one when it is over."""

    def __init__(self, store: Store, announce: Announce, began_at: datetime) -> None:
        self._store = store
        self._announce = announce
        self._began_at = began_at
        self._last: dict[str, Called] = {}
        self._silent_since: dict[str, datetime] = {}

    def look(self, now: datetime) -> None:
        for desk, beat_at in self._store.read(_beats):
            said = call_out(beat_at, self._began_at, self._last.get(desk, Called()), now)
            if said is None:
                continue
            call, why = said
            self._last[desk] = Called(call, now, reached=True)
            if call is Call.PAGE and beat_at is not None:
                self._silent_since[desk] = beat_at
            key = f"alerts-{call.name.lower()}:{desk}:{self._silent_since[desk]:%Y%m%dT%H%M%S}"
            self._announce(key, desk, _told(desk, call, why))


def _beats(c: Transaction) -> list[tuple[str, datetime | None]]:
    return [
        (
            desk,
            next((b.at for b in read_heartbeats(c, desk) if b.process == ALERTS), None),
        )
        for desk in desks(c)
    ]


def _told(desk: str, call: Call, why: str) -> Answer:
    if call is Call.END:
        return Answer(f"{desk}: alerts are back", [f"{why}."])
    lines = [
        f"{why}.",
        "Nobody is paged, and no alert appears here, until they run again.",
        "The desk takes no entries until then. Start them: python -m alerts run",
    ]
    return Answer(f"{desk}: ALERTS ARE SILENT", lines, code=FAILED)
