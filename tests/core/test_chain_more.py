"""Invariant 13: an edited, inserted, deleted or moved event is found, and where."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.chain import GENESIS, Broken, StoredEvent, canonical, mac, verify
from tests.core.examples import quick

KEY = b"k" * 32


def chain_of(count: int, key: bytes = KEY) -> list[StoredEvent]:
    events, previous = [], GENESIS
    for seq in range(1, count + 1):
        body = canonical({"n": seq})
        own = mac(key, previous, "main", seq, seq * 10, "kind", "alice", body)
        events.append(StoredEvent("main", seq, seq * 10, "kind", "alice", body, own))
        previous = own
    return events


chains = st.integers(2, 12).map(chain_of)


def place(data: st.DataObject, events: list[StoredEvent]) -> int:
    return data.draw(st.integers(0, len(events) - 1))


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_a_chain_that_nobody_touched_holds(count: int) -> None:
    assert verify(KEY, chain_of(count)) is None


@quick
@given(
    events=chains,
    data=st.data(),
    change=st.sampled_from(
        [
            {"desk": "other"},
            {"at_us": 1},
            {"kind": "x"},
            {"actor": "bob"},
            {"body": "{}"},
            {"mac": "0" * 64},
            {"mac": ""},
        ]
    ),
)
def test_an_edit_of_any_field_of_any_event_is_found_there(
    events: list[StoredEvent], data: st.DataObject, change: dict[str, Any]
) -> None:
    at = place(data, events)
    events[at] = replace(events[at], **change)
    broken = verify(KEY, events)
    assert broken is not None
    assert broken.seq == at + 1


@quick
@given(events=chains, data=st.data())
def test_a_deleted_event_is_missed_by_the_one_after_it(
    events: list[StoredEvent], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(events) - 2))
    del events[at]
    broken = verify(KEY, events)
    assert broken == Broken(at + 2, f"event {at + 1} is missing")


@quick
@given(events=chains, data=st.data(), renumbered=st.booleans())
def test_an_inserted_event_is_found_where_it_stands(
    events: list[StoredEvent], data: st.DataObject, renumbered: bool
) -> None:
    at = place(data, events)
    events.insert(at, replace(events[at], body='{"n":99}'))
    if renumbered:
        events = [replace(event, seq=seq) for seq, event in enumerate(events, start=1)]
    broken = verify(KEY, events)
    assert broken is not None
    assert broken.seq == at + 1


@quick
@given(events=chains, data=st.data(), renumbered=st.booleans())
def test_two_events_that_changed_places_are_found_at_the_first(
    events: list[StoredEvent], data: st.DataObject, renumbered: bool
) -> None:
    first, second = place(data, events), place(data, events)
    assume(first < second)
    events[first], events[second] = events[second], events[first]
    if renumbered:
        events = [replace(event, seq=seq) for seq, event in enumerate(events, start=1)]
    broken = verify(KEY, events)
    assert broken is not None
    assert broken.seq == (first + 1 if renumbered else second + 1)


def test_a_chain_spliced_from_two_good_ones_is_found_at_the_splice() -> None:
    other = replace(chain_of(3)[1], actor="bob")
    own = mac(KEY, chain_of(1)[0].mac, "main", 2, other.at_us, "kind", "bob", other.body)
    spliced = [chain_of(3)[0], replace(other, mac=own), chain_of(3)[2]]
    broken = verify(KEY, spliced)
    assert broken is not None
    assert broken.seq == 3


@quick
@given(body=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_a_body_has_one_text_form_whatever_order_it_was_built_in(
    body: dict[str, object],
) -> None:
    backwards = dict(reversed(body.items()))
    assert canonical(body) == canonical(backwards)
    assert json.loads(canonical(body)) == body


def test_moving_text_between_two_fields_is_found() -> None:
    body = canonical({})
    assert mac(KEY, GENESIS, "main", 1, 0, "kind\x1fa", "b", body) != mac(
        KEY, GENESIS, "main", 1, 0, "kind", "a\x1fb", body
    )


@quick
@given(events=chains, data=st.data(), to=st.integers(-1, 99))
def test_a_renumbered_event_is_found_and_the_number_that_is_missing_is_said(
    events: list[StoredEvent], data: st.DataObject, to: int
) -> None:
    at = place(data, events)
    assume(to != at + 1)
    events[at] = replace(events[at], seq=to)
    assert verify(KEY, events) == Broken(to, f"event {at + 1} is missing")


@quick
@given(events=chains, data=st.data())
def test_a_deletion_that_renumbers_the_rest_is_found_at_the_gap(
    events: list[StoredEvent], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(events) - 2))
    left = [*events[:at], *events[at + 1 :]]
    broken = verify(KEY, [replace(event, seq=seq) for seq, event in enumerate(left, start=1)])
    assert broken is not None
    assert broken.seq == at + 1


@quick
@given(events=chains, data=st.data())
def test_whoever_has_no_key_cannot_sign_an_event_in(
    events: list[StoredEvent], data: st.DataObject
) -> None:
    at = place(data, events)
    previous = events[at - 1].mac if at else GENESIS
    body = canonical({"n": -1})
    forged = mac(b"guess", previous, "main", at + 1, (at + 1) * 10, "kind", "alice", body)
    events[at] = replace(events[at], body=body, mac=forged)
    broken = verify(KEY, events)
    assert broken is not None
    assert broken.seq == at + 1


@quick
@given(events=chains, data=st.data())
def test_a_cut_tail_is_not_found_by_the_chain_alone(
    events: list[StoredEvent], data: st.DataObject
) -> None:
    """Said here so that nobody believes otherwise: what is left of it is a whole chain."""
    kept = data.draw(st.integers(0, len(events)))
    assert verify(KEY, events[:kept]) is None


def test_logs_that_were_written_before_can_still_be_checked() -> None:
    """A MAC worked out once, by hand: another message form would break every record there is."""
    message = '["{}", "main", 1, 10, "kind", "alice", "{{\\"n\\":1}}"]'.format("0" * 64)
    by_hand = hmac.new(KEY, message.encode(), hashlib.sha256).hexdigest()
    assert chain_of(1)[0].mac == by_hand
    assert by_hand.startswith("42cd03c8c0e1c4a7")


def test_a_mac_that_is_no_hex_at_all_is_found_like_any_other_edit() -> None:
    events = chain_of(3)
    events[1] = replace(events[1], mac="é" * 64)
    broken = verify(KEY, events)
    assert broken is not None
    assert broken.seq == 2
