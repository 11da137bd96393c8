"""The Home tab: the brake for whoever may use it, each desk, and how the bot itself is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.answer import Answer
from bot.picture import Picture
from bot.slack.board import Outbox
from bot.slack.connections import Health
from bot.slack.dashboard import Around, dashboard
from bot.slack.home_tab import HomeTab
from bot.slack.message import Message
from core.modes import Constraint, Mode, Rule
from core.people import Person
from core.requests import Action
from tests.bot.terminal import BTC, START
from tests.slack.reading import beyond_slack, buttons, notifies, words
from tests.slack.seen import ALICE, CAROL, DAVE, request, silent_since

Desks = Mapping[str, Picture]
WELL = Around(Health(2, 2, 12.0, 30.0, 0, None), Outbox(), None)
HOSTILE = "<!channel> <@U0BOB0001> *b*"


def home(
    pictures: Sequence[Picture],
    person: Person = ALICE,
    around: Around = WELL,
    answer: Answer | None = None,
) -> Message:
    return Message("·", dashboard(person, pictures, around, answer, START))


def test_each_desk_has_its_mode_its_figures_and_its_positions(desks: Desks) -> None:
    said = words(home([desks["long"]]))

    assert "🔴 main: HELD" in said
    assert "set by shell:nina 0.0 s ago" in said
    assert "P&L today (UTC)\n+$0.00" in said
    assert "Leverage\n0.24x" in said
    assert "1 position, 1 live order, read 0.0 s ago" in said
    assert BTC in said
    assert "ONLY 3 of 4, at 58,500" in said
    assert "as of 03:00:00 UTC" in said


def test_unknown_is_said_and_not_shown_as_flat(desks: Desks) -> None:
    for desk in ("long", "flat", "never read"):
        said = words(home([silent_since(desks[desk], 60)]))

        assert "POSITIONS AND ORDERS ARE UNKNOWN" in said
        assert "0 positions" not in said
        assert "Equity\nUNKNOWN" in said
        assert "Leverage\nUNKNOWN" in said


def test_what_waits_for_a_second_person_is_there(desks: Desks) -> None:
    waiting = replace(desks["long"], requests=[request(Action.KILL)])

    said = words(home([waiting]))

    assert "⏳ kill asked by alice waits for a second person until 03:02:00 UTC" in said


def test_constraints_are_named(desks: Desks) -> None:
    latched = Constraint("main", Rule.DAILY_LOSS, "lost $1,000", START)

    assert "constraint daily_loss" in words(home([replace(desks["long"], constraints=[latched])]))


@pytest.mark.parametrize("person", [ALICE, CAROL])
def test_who_may_tighten_has_the_brake(desks: Desks, person: Person) -> None:
    found = buttons(home([desks["flat"]], person).blocks)

    assert list(found) == ["home_kill", "home_reduce_only", "home_refresh"]
    assert found["home_kill"]["style"] == "danger"
    assert "Nothing new leaves at once" in found["home_kill"]["confirm"]["text"]["text"]
    assert set(found) <= set(HomeTab.SAYS), "each button says something"


def test_one_desk_that_is_stopped_can_be_asked_to_resume(desks: Desks) -> None:
    assert "home_resume" in buttons(home([desks["long"]]).blocks)
    assert "home_resume" not in buttons(home([desks["flat"]]).blocks), "it trades"
    assert "home_resume" not in buttons(home([desks["long"]] * 2).blocks), "for which desk?"
    assert "home_resume" not in buttons(home([desks["long"]], DAVE).blocks)


def test_a_viewer_only_looks(desks: Desks) -> None:
    assert list(buttons(home([desks["flat"]], DAVE).blocks)) == ["home_refresh"]


def test_with_no_desk_yet_it_says_how_to_begin() -> None:
    assert "There is no desk yet: start a trader" in words(home([]))


def test_what_was_just_answered_stands_on_top(desks: Desks) -> None:
    shown = home([desks["long"]], answer=Answer("main: HELD since now", ["2 requests in flight."]))

    assert words(shown).startswith("main: HELD since now\n2 requests in flight.")


def test_a_bot_that_is_well_says_so_in_one_line(desks: Desks) -> None:
    said = words(home([desks["flat"]]))

    assert "Slack: 2 of 2 connections, acknowledged in 12 ms · outbox: 0 messages" in said
    assert "since" not in said.splitlines()[-2]


def test_what_troubles_the_bot_is_said(desks: Desks) -> None:
    health = Health(0, 2, None, None, 0, "Slack refuses a connection: invalid_auth")
    outbox = Outbox(3, START - timedelta(seconds=420), "Slack asks to wait")
    around = Around(health, outbox, "escalation.yaml:3:1: no. What it said before stays in force.")

    said = words(home([desks["flat"]], around=around))

    assert "Slack: 0 of 2 connections · 🔴 Slack refuses a connection: invalid_auth" in said
    assert "outbox: 3 messages since 7 min ago (Slack asks to wait)" in said
    assert "🔴 escalation.yaml:3:1: no." in said


def test_foreign_text_on_it_is_harmless(desks: Desks) -> None:
    picture = desks["long"]
    held = picture.positions[0]
    hostile = replace(
        picture,
        control=replace(picture.control, reason=HOSTILE, actor=HOSTILE),
        constraints=[Constraint("main", Rule.DAILY_LOSS, HOSTILE, START)],
        positions=[replace(held, position=replace(held.position, product_id=HOSTILE))],
        requests=[replace(request(Action.KILL), requester=HOSTILE)],
    )
    around = Around(Health(0, 2, None, None, 0, HOSTILE), Outbox(1, START, HOSTILE), HOSTILE)

    shown = home([hostile], around=around, answer=Answer(HOSTILE, [HOSTILE]))

    assert notifies(shown) == set()
    assert beyond_slack(shown) == []


@pytest.mark.parametrize("mode", list(Mode))
def test_the_mode_is_a_word_beside_its_sign(desks: Desks, mode: Mode) -> None:
    there = replace(desks["flat"], row=replace(desks["flat"].row, mode=mode))

    header = home([there]).blocks[1]["text"]["text"]

    assert header.endswith(f" main: {mode.name}")
    assert header[0] in "🟢🟡🔴⛔"
