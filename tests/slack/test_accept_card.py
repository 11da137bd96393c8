"""The card of an acceptance: what would be taken over, in words, and that nothing is traded."""

from collections.abc import Mapping
from dataclasses import replace

from bot.picture import Picture
from bot.slack.card import card
from core.requests import Action, RequestState
from tests.slack.reading import notifies, words
from tests.slack.seen import request, seen

HOSTILE = "BUY 2 <!channel> at 5 works there"


def test_everything_that_would_be_taken_over_is_said(desks: Mapping[str, Picture]) -> None:
    says = {"cash": "the account holds $25.00 more", "order-1": HOSTILE}
    asked = replace(request(Action.ACCEPT), body={"figures": {}, "says": says})
    shown = card(seen(asked, desks["long"]))

    text = words(shown)
    assert "alice asks to accept 2 differences" in text
    assert "the account holds $25.00 more" in text
    assert "order-1" in text
    assert "nothing is traded either way" in text
    assert "!channel" not in notifies(shown)


def test_what_could_not_be_accepted_says_why(desks: Mapping[str, Picture]) -> None:
    text = words(card(seen(request(Action.ACCEPT, RequestState.FAILED), desks["long"])))
    assert "NOT ACCEPTED" in text
    assert "it has changed" in text
