"""The account's margin window: whether the lower intraday margin applies now, and until when."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.margin import MarginWindow
from trader.coinbase.parse import NotAllowed, PayloadUnusable, moment, text

Get = Callable[[str, Mapping[str, str]], dict[str, Any]]

SETTING = "/api/v3/brokerage/cfm/intraday/margin_setting"
WINDOW = "/api/v3/brokerage/cfm/intraday/current_margin_window"
PROFILE = "MARGIN_PROFILE_TYPE_RETAIL_INTRADAY_MARGIN_1"
CHOSEN = "INTRADAY_MARGIN_SETTING_INTRADAY"


def margin_window(get: Get, now: datetime) -> MarginWindow | None:
    """None where the account has no intraday margin, or has not chosen it. Raises ReadFailed."""
    try:
        if text(get(SETTING, {}), "setting") != CHOSEN:
            return None
        reply = get(WINDOW, {"margin_profile_type": PROFILE})
    except NotAllowed:
        return None
    window = reply.get("margin_window")
    if not isinstance(window, dict):
        raise PayloadUnusable("`margin_window` is missing")
    kind = text(window, "margin_window_type").rpartition("_")[2]
    if kind not in ("INTRADAY", "OVERNIGHT", "WEEKEND", "TRANSITION"):
        raise PayloadUnusable(f"a margin window of type {kind!r}")
    return MarginWindow(kind == "INTRADAY", moment(window, "end_time"), now)
