"""Lists as Twilio gives them: filtered, the newest first, a page at a time."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from email.utils import format_datetime
from urllib.parse import urlencode

from multidict import MultiMapping

from sandbox.clock import parse_rfc3339
from sandbox.pager.page import Json, Page
from sandbox.pager.twilio.errors import TwilioError

SIZE, SIZE_MAX = 50, 1000


def rfc2822(instant: str | None) -> str | None:
    """Of an instant as it is kept."""
    return None if instant is None else format_datetime(parse_rfc3339(instant))


def listed(
    pages: Iterable[Page],
    query: MultiMapping[str],
    key: str,
    path: str,
    when: tuple[str, Callable[[Page], datetime]],
    view: Callable[[Page], Json],
) -> Json:
    """``when`` is the filter's name and the instant that it is about. Raises TwilioError."""
    found = [page for page in pages if _meets(page, query, *when)]
    found.sort(key=lambda page: -page.number)
    size, at = _whole(query, "PageSize", SIZE, 1, SIZE_MAX), _whole(query, "Page", 0, 0, 100_000)
    shown = found[at * size : (at + 1) * size]

    def address(number: int) -> str:
        kept = [item for item in query.items() if item[0] not in ("Page", "PageSize")]
        return f"{path}?{urlencode([*kept, ('PageSize', size), ('Page', number)])}"

    return {
        key: [view(page) for page in shown],
        "page": at,
        "page_size": size,
        "start": at * size,
        "end": max(at * size, at * size + len(shown) - 1),
        "uri": address(at),
        "first_page_uri": address(0),
        "next_page_uri": address(at + 1) if len(found) > (at + 1) * size else None,
        "previous_page_uri": address(at - 1) if at else None,
    }


def _meets(
    page: Page, query: MultiMapping[str], name: str, instant: Callable[[Page], datetime]
) -> bool:
    wanted = {"To": page.to, "From": page.detail["from"], "Status": page.detail["status"]}
    if any(field in query and query[field] != value for field, value in wanted.items()):
        return False
    day = instant(page).astimezone(UTC).date()
    if name in query and day != _day(query[name], name):
        return False
    if f"{name}<" in query and day > _day(query[f"{name}<"], name):
        return False
    return f"{name}>" not in query or day >= _day(query[f"{name}>"], name)


def _day(text: str, name: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        raise TwilioError(20001, f"{name} {text!r} is not a date YYYY-MM-DD") from error


def _whole(query: MultiMapping[str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < low:
        raise TwilioError(20001, f"{name} {text!r} is not a whole number from {low} to {high}")
    return min(int(text), high)
