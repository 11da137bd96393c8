"""Bugs for the real trader, one for each thing that is judged: each must turn its own count red."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core import gate as rules
from core.flatten import LegState
from core.gate import ApprovedOrder, Intent
from core.modes import Mode
from core.positions import apply_fill
from store import gate as gate_of_the_store
from store import ledger
from store.control import begin_desk, read_row, set_mode
from store.orders import read_order, record_intent
from trader import desk, flatten, run_guard
from trader.coinbase.client import Exchange
from trader.coinbase.ordering import Unknown
from trader.loop import Loop


@dataclass(frozen=True, slots=True)
class Sabotage:
    """What is planted, what brings it to light, and the count of the score that it must raise."""

    plant: Callable[[], None]
    counted_as: str
    disturbed_by: str = "nothing"
    then: str = "nothing"


def trade_on_whatever_the_mode() -> None:
    real = Loop._trade
    for mode in Mode:
        rules.FORBIDDEN[mode] = frozenset()
    _set(gate_of_the_store, "admit", lambda page, row, intent, **_: _approved(intent))
    _set(Loop, "_trade", lambda loop, _mode, now: real(loop, Mode.ACTIVE, now))


def _approved(intent: Intent) -> ApprovedOrder:
    return ApprovedOrder(intent.spec, intent.epoch)


def send_again_when_the_reply_is_lost() -> None:
    real_place, real_record = Exchange.place, record_intent

    def record(tx: Any, checked: Any, limits: Any, now: Any) -> Any:
        if read_order(tx, checked.spec.client_order_id) is not None:
            return Intent(checked.spec, read_row(tx, checked.spec.desk).epoch)
        return real_record(tx, checked, limits, now)

    def place(exchange: Exchange, order: Any) -> Any:
        outcome = real_place(exchange, order)
        return real_place(exchange, order) if isinstance(outcome, Unknown) else outcome

    _set(desk, "record_intent", record)
    _set(Exchange, "place", place)


def start_as_if_for_the_first_time() -> None:
    def begin(tx: Any, log: Any, name: str, mode: Mode, actor: str, now: Any) -> bool:
        fresh = begin_desk(tx, log, name, mode, actor, now)
        if not fresh:
            set_mode(tx, log, name, mode, reason="start", actor=actor, now=now)
        return fresh

    _set(run_guard, "begin_desk", begin)


def call_it_flat_without_a_look() -> None:
    def flat(self: flatten.Flatten, job: Any, leg: Any, now: Any) -> bool:
        if leg.state is not LegState.FLAT:
            self._to(job, leg, LegState.FLAT, now)
        return True

    _set(flatten.Flatten, "_move_on", flat)
    _set(flatten.Flatten, "_open_positions", lambda self, c: {})


def close_whatever_the_exchange_says() -> None:
    _set(flatten, "may_close", lambda theirs, ours, attempt, differing: theirs)


def forget_the_fees() -> None:
    _set(ledger, "apply_fill", lambda p, fill: apply_fill(p, replace(fill, fee=Decimal(0))))


def _set(owner: Any, name: str, value: Any) -> None:
    assert hasattr(owner, name), f"{owner} has no {name} any more"
    setattr(owner, name, value)


SABOTAGES: dict[str, Sabotage] = {
    "trades on": Sabotage(trade_on_whatever_the_mode, "forbidden_after_ack"),
    "sends again": Sabotage(send_again_when_the_reply_is_lost, "duplicates", then="closes fail"),
    "starts anew": Sabotage(
        start_as_if_for_the_first_time, "looser_after_restart", disturbed_by="guard killed"
    ),
    "calls it flat": Sabotage(call_it_flat_without_a_look, "not_flat", then="wake-ups lost"),
    "closes on and on": Sabotage(
        close_whatever_the_exchange_says, "closed_too_much", then="positions stale"
    ),
    "forgets fees": Sabotage(forget_the_fees, "books_differ", then="wake-ups lost"),
}
