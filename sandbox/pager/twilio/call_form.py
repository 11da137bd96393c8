"""A call as it is ordered: what the form says, and what is kept of it."""

from collections.abc import Mapping
from datetime import datetime

from sandbox.clock import rfc3339
from sandbox.pager.page import Json
from sandbox.pager.twilio.errors import TwilioError
from sandbox.pager.twilio.numbers import checked_method, checked_url
from sandbox.pager.twilio.twiml import Broken, spoken, verbs_of

RINGS_S, RINGS_S_MAX = 60, 600
EVENTS = ("initiated", "ringing", "answered", "completed")


def call_detail(
    form: Mapping[str, str], sender: str, twiml: str, url: str, now: datetime, starts: datetime
) -> Json:
    """Raises TwilioError."""
    events = form.get("StatusCallbackEvent", "completed").split()
    return {
        "from": sender,
        "status": "queued",
        "twiml": twiml,
        "url": "" if twiml else url,
        "method": checked_method(form, "Method"),
        "callback": checked_url(form, "StatusCallback", 21609),
        "callback_method": checked_method(form, "StatusCallbackMethod"),
        "events": [event for event in events if event in EVENTS],
        "sequence": -1,
        "timeout_s": min(_timeout_s(form), RINGS_S_MAX),
        "machine_detection": form.get("MachineDetection", "") not in ("", "none"),
        "answered_by": None,
        "queued_ms": int((starts - now).total_seconds() * 1000),
        "starts": rfc3339(starts),
        "rings_until": None,
        "start": None,
        "end": None,
        "updated": rfc3339(now),
        "spoken": [],
        "asks": None,
        "pressed": "",
    }


def foretold(twiml: str) -> str:
    """What the call will say, where that is known before it is answered."""
    if not twiml:
        return ""
    try:
        return "\n".join(dict.fromkeys(spoken(verbs_of(twiml))))
    except Broken:
        return ""


def _timeout_s(form: Mapping[str, str]) -> int:
    text = form.get("Timeout", str(RINGS_S))
    if not text.isdecimal():
        raise TwilioError(20001, f"Timeout {text!r} is not a whole number of seconds")
    return int(text)
