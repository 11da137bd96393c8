"""The margin window as the exchange tells it: chosen or not, by day or by night, or not to be asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from core.margin import MarginWindow
from trader.coinbase.margin import SETTING, WINDOW, margin_window
from trader.coinbase.parse import NotAllowed, NotAuthorised, PayloadUnusable

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
ENDS = datetime(2026, 1, 5, 21, 0, tzinfo=UTC)


def told(setting: str, kind: str = "INTRADAY") -> dict[str, Any]:
    window = {
        "margin_window_type": f"MARGIN_WINDOW_TYPE_{kind}",
        "end_time": "2026-01-05T21:00:00Z",
    }
    return {
        SETTING: {"setting": f"INTRADAY_MARGIN_SETTING_{setting}"},
        WINDOW: {"margin_window": window},
    }


def asked(replies: Mapping[str, Any]) -> MarginWindow | None:
    def get(path: str, _params: Mapping[str, str]) -> dict[str, Any]:
        reply = replies[path]
        if isinstance(reply, Exception):
            raise reply
        return dict(reply)

    return margin_window(get, NOW)


@pytest.mark.parametrize(
    ("kind", "intraday"),
    [("INTRADAY", True), ("OVERNIGHT", False), ("WEEKEND", False), ("TRANSITION", False)],
)
def test_a_chosen_intraday_margin_has_an_end(kind: str, intraday: bool) -> None:
    assert asked(told("INTRADAY", kind)) == MarginWindow(intraday, ENDS, NOW)


def test_an_account_that_has_not_chosen_it_or_may_not_ask_has_none() -> None:
    assert asked(told("STANDARD")) is None
    assert asked({SETTING: NotAllowed("HTTP 403")}) is None
    assert asked({**told("INTRADAY"), WINDOW: NotAllowed("HTTP 403")}) is None


def test_a_key_that_is_refused_says_nothing_of_the_margin() -> None:
    with pytest.raises(NotAuthorised):
        asked({SETTING: NotAuthorised("HTTP 401")})


@pytest.mark.parametrize(
    "window",
    [{}, {"margin_window": None}, told("INTRADAY", "LUNCH")[WINDOW]],
)
def test_what_cannot_be_read_is_not_known(window: dict[str, Any]) -> None:
    with pytest.raises(PayloadUnusable):
        asked({**told("INTRADAY"), WINDOW: window})
