"""The card of a raise: what would be allowed, what is open meanwhile, and as of when."""

from collections.abc import Mapping
from dataclasses import replace

from bot.picture import Picture
from bot.slack.card import card
from core.requests import Action, RequestState
from core.sight import Sight
from tests.bot.terminal import START
from tests.slack.reading import words
from tests.slack.seen import request, seen

SAYS = {"says": ["max_leverage 3 → 5"], "changes": [["max_leverage", "3", "5"]]}
BODY = {**SAYS, "of_profile": False}


def test_it_says_what_would_be_allowed_and_on_what_that_rests(desks: Mapping[str, Picture]) -> None:
    sight = Sight(START, "ACTIVE", frozenset(), {})
    asked = replace(request(Action.LIMITS), body=BODY, seen=sight.body())
    text = words(card(seen(asked, desks["long"])))

    assert "alice asks for higher limits" in text
    assert "max_leverage 3 → 5" in text
    assert "Whoever confirms agrees to the desk as of" in text
    assert "STILL OPEN" in text


def test_what_came_of_it_is_said(desks: Mapping[str, Picture]) -> None:
    done = replace(request(Action.LIMITS, RequestState.EXECUTED), body=BODY)
    assert "the limits are higher" in words(card(seen(done, desks["long"])))
