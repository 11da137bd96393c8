"""Calls as Twilio's REST API and its status callbacks tell of them."""

from datetime import datetime
from email.utils import format_datetime

from sandbox.clock import parse_rfc3339, rfc3339
from sandbox.pager.credentials import Credentials
from sandbox.pager.page import Json, Page
from sandbox.pager.twilio.app import API_VERSION
from sandbox.pager.twilio.listing import rfc2822


def started_at(page: Page) -> datetime:
    return parse_rfc3339(page.detail["start"]) if page.detail["start"] else page.at


def call_view(page: Page, credentials: Credentials) -> Json:
    told = page.detail
    uri = f"/{API_VERSION}/Accounts/{credentials.account_sid}/Calls/{page.id}"
    subresources = ("notifications", "recordings", "events")
    return {
        "sid": page.id,
        "account_sid": credentials.account_sid,
        "api_version": API_VERSION,
        "to": page.to,
        "to_formatted": page.to,
        "from": told["from"],
        "from_formatted": told["from"],
        "phone_number_sid": credentials.number_sid,
        "parent_call_sid": None,
        "group_sid": None,
        "forwarded_from": None,
        "caller_name": None,
        "trunk_sid": None,
        "annotation": None,
        "direction": "outbound-api",
        "answered_by": told["answered_by"],
        "status": told["status"],
        "queue_time": str(told["queued_ms"]),
        "duration": duration_s(page),
        "price": None,
        "price_unit": "USD",
        "date_created": rfc2822(rfc3339(page.at)),
        "date_updated": rfc2822(told["updated"]),
        "start_time": rfc2822(told["start"]),
        "end_time": rfc2822(told["end"]),
        "uri": f"{uri}.json",
        "subresource_uris": {name: f"{uri}/{name.title()}.json" for name in subresources},
    }


def status_form(page: Page, event: str) -> dict[str, str]:
    """What a status callback says beside what every request about a call says."""
    status = "initiated" if event == "initiated" else str(page.detail["status"])
    form = {
        "CallStatus": status,
        "Timestamp": format_datetime(parse_rfc3339(page.detail["updated"])),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(page.detail["sequence"]),
    }
    if event == "completed":
        seconds = int(duration_s(page) or 0)
        form |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60))}
    return form


def duration_s(page: Page) -> str | None:
    start, end = page.detail["start"], page.detail["end"]
    if end is None:
        return None
    if start is None:
        return "0"
    return str(int((parse_rfc3339(end) - parse_rfc3339(start)).total_seconds()))
