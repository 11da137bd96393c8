"""The replies below a card: one per step, loud where people must see it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.picture import Picture
from bot.slack.steps import step
from core.requests import Action, RequestState
from tests.slack.reading import beyond_slack, notifies, readable, words
from tests.slack.seen import ALICE, REACHABLE, request, seen

Desks = Mapping[str, Picture]


@pytest.mark.parametrize(("action", "state"), REACHABLE)
def test_each_step_but_the_first_is_told_below_the_card(
    desks: Desks, action: Action, state: RequestState
) -> None:
    told = step(seen(request(action, state), desks["long"]))

    if state is RequestState.ASKED:
        assert told is None, "the card itself says it"
        return
    assert told is not None
    assert beyond_slack(told.message) == []
    assert readable(told.message.text) == words(told.message)
    ends = (RequestState.EXECUTED, RequestState.FAILED, RequestState.EXPIRED)
    assert told.loud == (state in ends)


def test_who_did_it_when_and_what_came_of_it(desks: Desks) -> None:
    told = step(seen(request(Action.KILL, RequestState.EXECUTED), desks["long"]))

    assert told is not None
    text = words(told.message)
    assert "KILLED, flat and verified." in text
    assert "bob confirmed at 03:00:40 UTC." in text
    assert "flat: 2 positions closed, verified" in text


def test_a_kill_that_nobody_confirmed_calls_the_asker_back(desks: Desks) -> None:
    told = step(seen(request(Action.KILL, RequestState.EXPIRED), desks["long"]))

    assert told is not None
    assert notifies(told.message) == {f"@{ALICE.slack}"}
    assert "nobody confirmed the kill" in words(told.message)
    assert "Positions are as they were." in words(told.message)


def test_a_kill_that_was_overtaken_does_not_say_that_positions_are_as_they_were(
    desks: Desks,
) -> None:
    overtaken = replace(
        request(Action.KILL, RequestState.EXPIRED),
        outcome="overtaken: the desk was killed on one voice",
    )

    told = step(seen(overtaken, desks["long"]))

    assert told is not None
    assert "overtaken" in words(told.message)
    assert "Positions are as they were" not in words(told.message)


def test_foreign_text_in_an_outcome_calls_nobody(desks: Desks) -> None:
    failed = replace(request(Action.RESUME, RequestState.FAILED), outcome="<!channel> <@U0DAVE001>")

    told = step(seen(failed, desks["long"]))

    assert told is not None
    assert notifies(told.message) == set()
