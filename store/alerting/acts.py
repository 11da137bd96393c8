"""What the system does by itself about an alert: tighter only, through the brake, once."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from core.alerting.policy import Opening, Tightening
from core.gate import Row
from core.modes import Mode
from core.people import Actor
from store.alerting.alerts import SystemAct, act_done, read_alert, show_again
from store.alerting.schema import alert_history
from store.brake import Applied
from store.control import read_control, read_row, set_mode
from store.decisions import Tightened, ask_kill, kill_now
from store.store import Store

US = Actor("alerts")
"""The voice of the system: it can hold and ask, and is never a second person."""


def carry_out(store: Store, act: SystemAct, now: datetime) -> str:
    """Do it and note what came of it. What could not be put on record stays to be done again."""
    alert = store.read(lambda c: read_alert(c, act.alert_id))
    reason = f"alert {alert.id}, {alert.identity.rule}: {alert.text or alert.level}"
    outcome = _DO[act.action](store, act, reason, now)
    if outcome:
        store.write(lambda tx: _done(tx, act, outcome, now))
    return outcome


def _hold(store: Store, act: SystemAct, reason: str, now: datetime) -> str:
    return _tighten(store, act, Mode.HELD, reason, now)


def _reduce_only(store: Store, act: SystemAct, reason: str, now: datetime) -> str:
    return _tighten(store, act, Mode.REDUCE_ONLY, reason, now)


def _tighten(store: Store, act: SystemAct, mode: Mode, reason: str, now: datetime) -> str:
    def change(tx: Connection) -> Row:
        if read_control(tx, act.desk).mode < mode:
            set_mode(tx, store.log, act.desk, mode, reason=reason, actor=US.voice, now=now)
        return read_row(tx, act.desk)

    return _said(store.brake(act.desk).tighten(mode, change))


def _kill_card(store: Store, act: SystemAct, reason: str, now: datetime) -> str:
    """HELD at once; a person's yes on the card kills: the system's voice is the first of the two."""
    asked = ask_kill(store, act.desk, US, reason, _command(act), now)
    if not isinstance(asked, Tightened):
        return f"no kill card: {asked.value}"
    if asked.request is None:
        return _said(asked.applied) and "no kill card: the desk is killed already"
    return f"kill card {asked.request.id}"


def _kill_keeping(store: Store, act: SystemAct, reason: str, now: datetime) -> str:
    return _said(kill_now(store, act.desk, US, reason, _command(act), now, keep_positions=True))


def _kill_and_close(store: Store, act: SystemAct, reason: str, now: datetime) -> str:
    return _said(kill_now(store, act.desk, US, reason, _command(act), now, keep_positions=False))


def _command(act: SystemAct) -> str:
    """An id of its own for each alert and opening, such as people can type."""
    alert_id, episode, _ = act.key.split(":")
    return f"kill-{alert_id}-{episode}"


def _said(applied: Applied) -> str:
    return f"the desk is {applied.mode.name}" if applied.recorded else ""


def _done(tx: Connection, act: SystemAct, outcome: str, now: datetime) -> None:
    if not act_done(tx, act.key, outcome, now):
        return
    row = {"alert_id": act.alert_id, "version": 0, "at": now, "event": "acted", "actor": US.voice}
    tx.execute(alert_history.insert().values(row | {"said": f"{act.action}: {outcome}", "did": ""}))
    show_again(tx, act.alert_id)


_DO: dict[str, Callable[[Store, SystemAct, str, datetime], str]] = {
    Tightening.HOLD: _hold,
    Tightening.REDUCE_ONLY: _reduce_only,
    Tightening.KILL_KEEPING_POSITIONS: _kill_keeping,
    Tightening.KILL_AND_CLOSE: _kill_and_close,
    Opening.KILL_CARD: _kill_card,
}
"""There is nothing here that could make a desk looser."""
