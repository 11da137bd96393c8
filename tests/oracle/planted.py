"""Bugs to plant: each breaks one promise in the product's real code, and the oracle must notice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from core import gate as rules_of_the_gate
from core import requests as rules_of_requests
from core.exposure import Reservation
from core.gate import Intent
from core.modes import Mode
from core.orders import Kind, Order, OrderState
from core.requests import RequestRefusal
from store import control, decisions, orders, requests
from store import gate as gate_of_the_store
from store.control import read_row, set_mode
from store.orders import read_order
from trader import booking, run_guard
from trader import desk as trader_desk

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]


def in_flight_orders_are_not_reserved(patch: Patch) -> None:
    arrived = (OrderState.WORKING, OrderState.CANCELLING)
    _reserve_only(patch, lambda order: order.state in arrived)


def stops_are_not_reserved(patch: Patch) -> None:
    _reserve_only(patch, lambda order: order.spec.kind is not Kind.STOP)


def _reserve_only(patch: Patch, these: Callable[[Order], bool]) -> None:
    def reservations(connection: Connection, desk: str) -> dict[str, list[Reservation]]:
        found: dict[str, list[Reservation]] = {}
        for order in filter(these, orders.live_orders(connection, desk)):
            left = Reservation(order.spec.side, order.left)
            found.setdefault(order.spec.product_id, []).append(left)
        return found

    patch.setattr(orders, "reservations", reservations)


def orders_end_before_their_fills_are_booked(patch: Patch) -> None:
    real = orders.move

    def move(*parts: Any, reported_filled: int | None = None, **more: Any) -> Any:
        return real(*parts, **more)

    patch.setattr(booking, "move", move)


def a_lost_reply_is_sent_again(patch: Patch) -> None:
    real = orders.record_intent

    def record(tx: Connection, checked: Any, limits: Any, now: Any) -> Any:
        if read_order(tx, checked.spec.client_order_id) is not None:
            return Intent(checked.spec, read_row(tx, checked.spec.desk).epoch)
        return real(tx, checked, limits, now)

    patch.setattr(trader_desk, "record_intent", record)


def the_epoch_is_not_compared(patch: Patch) -> None:
    def forget(page: Any, row: Any, intent: Any, more: dict[str, Any]) -> Any:
        if page is not None and row is not None:
            page, intent = _with(page, epoch=row.epoch), _with(intent, epoch=row.epoch)
        return page, row, intent, more

    _ask_the_gate(patch, forget)


def another_start_may_send(patch: Patch) -> None:
    def forget(page: Any, row: Any, intent: Any, more: dict[str, Any]) -> Any:
        return page, row, intent, more | ({"boot": page.boot} if page is not None else {})

    _ask_the_gate(patch, forget)


def a_silent_loop_may_send(patch: Patch) -> None:
    def forget(page: Any, row: Any, intent: Any, more: dict[str, Any]) -> Any:
        return page, row, intent, more | ({"now_ns": page.beat_ns} if page is not None else {})

    _ask_the_gate(patch, forget)


def the_kill_file_is_not_looked_for(patch: Patch) -> None:
    def forget(page: Any, row: Any, intent: Any, more: dict[str, Any]) -> Any:
        return page, row, intent, more | {"kill_file": False}

    _ask_the_gate(patch, forget)


def _ask_the_gate(patch: Patch, change: Callable[..., Any]) -> None:
    real = rules_of_the_gate.admit

    def admit(page: Any, row: Any, intent: Any, **more: Any) -> Any:
        page, row, intent, more = change(page, row, intent, more)
        return real(page, row, intent, **more)

    patch.setattr(gate_of_the_store, "admit", admit)


def _with(value: Any, **changes: Any) -> Any:
    return replace(value, **changes)


def held_lets_exits_through(patch: Patch) -> None:
    patch.setitem(rules_of_the_gate.FORBIDDEN, Mode.HELD, frozenset({Kind.ENTRY}))


def reduce_only_lets_entries_through(patch: Patch) -> None:
    patch.setitem(rules_of_the_gate.FORBIDDEN, Mode.REDUCE_ONLY, frozenset())


def people_confirm_their_own_requests(patch: Patch) -> None:
    _overlook(patch, RequestRefusal.OWN_REQUEST)


def anybody_confirms(patch: Patch) -> None:
    _overlook(patch, RequestRefusal.NO_ROLE)


def expired_requests_are_confirmed(patch: Patch) -> None:
    _overlook(patch, RequestRefusal.EXPIRED)


def _overlook(patch: Patch, refusal: RequestRefusal) -> None:
    real = rules_of_requests.answer_refusal

    def lenient(*parts: Any) -> RequestRefusal | None:
        found = real(*parts)
        return None if found is refusal else found

    patch.setattr(requests, "answer_refusal", lenient)
    patch.setattr(decisions, "answer_refusal", lenient)


def what_was_agreed_never_lapses(patch: Patch) -> None:
    patch.setattr(requests, "lapse", lambda request, now: None)
    patch.setattr(decisions, "lapse", lambda request, now: None)


def a_restart_begins_anew(patch: Patch) -> None:
    real = control.begin_desk

    def begin(tx: Connection, log: Any, desk: str, mode: Mode, actor: str, now: Any) -> bool:
        fresh = real(tx, log, desk, mode, actor, now)
        if not fresh:
            set_mode(tx, log, desk, mode, reason="start", actor=actor, now=now)
        return fresh

    patch.setattr(run_guard, "begin_desk", begin)


def latches_clear_by_themselves(patch: Patch) -> None:
    real = control.release

    def release(tx: Connection, log: Any, desk: str, rule: Any, **more: Any) -> Any:
        for constraint in control.read_constraints(tx, desk):
            real(tx, log, desk, constraint.rule, **more)
        return real(tx, log, desk, rule, **more)

    patch.setattr(run_guard, "release", release)


PLANTS: tuple[Plant, ...] = (
    in_flight_orders_are_not_reserved,
    stops_are_not_reserved,
    orders_end_before_their_fills_are_booked,
    a_lost_reply_is_sent_again,
    the_epoch_is_not_compared,
    another_start_may_send,
    a_silent_loop_may_send,
    the_kill_file_is_not_looked_for,
    held_lets_exits_through,
    reduce_only_lets_entries_through,
    people_confirm_their_own_requests,
    anybody_confirms,
    expired_requests_are_confirmed,
    what_was_agreed_never_lapses,
    a_restart_begins_anew,
    latches_clear_by_themselves,
)
