"""Calls: queued, ringing, answered or not, and the keys that a person presses."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urljoin

from multidict import MultiMapping

from sandbox.clock import parse_rfc3339, rfc3339
from sandbox.loopback import BadInput
from sandbox.pager.credentials import Credentials
from sandbox.pager.outward import Heard
from sandbox.pager.page import Json, Page, Provider
from sandbox.pager.pages import Pages
from sandbox.pager.phones import Line as PhoneLine
from sandbox.pager.phones import Phones
from sandbox.pager.twilio.app import TwilioApp
from sandbox.pager.twilio.call_form import call_detail, foretold
from sandbox.pager.twilio.call_views import call_view, started_at, status_form
from sandbox.pager.twilio.errors import TwilioError, not_found
from sandbox.pager.twilio.line import REDIRECTS_MAX, Fetch, Line
from sandbox.pager.twilio.listing import listed
from sandbox.pager.twilio.numbers import checked_to, checked_url, wanted
from sandbox.pager.twilio.twiml import DIGITS, Broken, verbs_of

TWIML_MAX = 4_000
OVER = ("completed", "busy", "no-answer", "failed", "canceled")
FAILED_WORDS = "An application error has occurred. Goodbye."


class Calls:
    def __init__(
        self,
        pages: Pages,
        phones: Phones,
        app: TwilioApp,
        credentials: Credentials,
        spacing: timedelta,
    ) -> None:
        self._pages = pages
        self._phones = phones
        self._app = app
        self._credentials = credentials
        self._spacing = spacing
        """Between the beginnings of two calls: an account is granted one call a second."""
        self._lines: dict[str, Line] = {}
        self._live = {page.id: page for page in pages.of(Provider.VOICE) if page.state not in OVER}
        self._next_start = pages.clock.now()
        for page in list(self._live.values()):
            if page.state == "in-progress":
                self._end(page, "completed", note="the line broke down")

    # What the REST API does.

    def create(self, form: Mapping[str, str]) -> Json:
        """Raises TwilioError."""
        to = checked_to(form, 21201)
        sender = wanted(form, "From", 21213, "'From' phone number is required.")
        if sender != self._credentials.number:
            told = (
                f"The source phone number provided, {sender}, is not yet verified for your account."
            )
            raise TwilioError(21210, told)
        twiml, url = form.get("Twiml", ""), checked_url(form, "Url", 21205)
        if not twiml and not url:
            raise TwilioError(21205, "Url parameter is required.")
        if len(twiml) > TWIML_MAX:
            raise TwilioError(20001, f"Twiml is longer than {TWIML_MAX} characters")
        now = self._pages.clock.now()
        starts = max(now, self._next_start)
        detail = call_detail(form, sender, twiml, url, now, starts)
        self._next_start = starts + self._spacing
        text = foretold(twiml)
        page = self._pages.new(f"CA{secrets.token_hex(16)}", Provider.VOICE, to, text, "queued")
        page.detail = detail
        self._live[page.id] = page
        return self.view(self._pages.add(page))

    def update(self, sid: str, form: Mapping[str, str], path: str) -> Json:
        """Status=canceled ends what has not been answered, Status=completed also what has."""
        page = self._call(sid, path)
        status = form.get("Status", "")
        if status not in ("canceled", "completed"):
            raise TwilioError(21218, f"Invalid Status {status!r}: canceled or completed")
        if page.state in OVER:
            raise TwilioError(21220, "Call is not in-progress. Cannot redirect.")
        if status == "completed" or page.state != "in-progress":
            answered = page.state == "in-progress"
            self._end(page, "completed" if answered else "canceled", note="ended by the app")
        return self.view(page)

    def fetch(self, sid: str, path: str) -> Json:
        return self.view(self._call(sid, path))

    def listed(self, query: MultiMapping[str], path: str) -> Json:
        calls = self._pages.of(Provider.VOICE)
        return listed(calls, query, "calls", path, ("StartTime", started_at), self.view)

    def view(self, page: Page) -> Json:
        return call_view(page, self._credentials)

    # What time does.

    def tick(self, now: datetime) -> None:
        for page in list(self._live.values()):
            if page.state == "queued" and parse_rfc3339(page.detail["starts"]) <= now:
                self._ring(page, now)
            elif page.state == "ringing" and parse_rfc3339(page.detail["rings_until"]) <= now:
                self._end(page, "no-answer")
            line = self._lines.get(page.id)
            if line is not None and line.ask is not None and line.ask.until <= now:
                line.ask = None
                self._spawn(page, line)

    def _ring(self, page: Page, now: datetime) -> None:
        self._tell(page, "initiated")
        if self._phones.at(page.to).line is PhoneLine.BUSY:
            self._end(page, "busy")
            return
        rings = timedelta(seconds=page.detail["timeout_s"])
        page.detail["rings_until"] = rfc3339(now + rings)
        if self._phones.at(page.to).line is PhoneLine.OFF:
            self._end(page, "no-answer", note="the phone is off")
            return
        self._move(page, "ringing", "ringing")

    # What a person does.

    async def answer(self, page: Page, answered_by: str = "human") -> list[Heard]:
        """Raises BadInput. Afterwards the call asks for a key, or is over."""
        if page.state != "ringing":
            raise BadInput(f"the phone does not ring: the call is {page.state!r}")
        now = self._pages.clock.now()
        page.detail["start"] = rfc3339(now)
        if page.detail["machine_detection"]:
            page.detail["answered_by"] = answered_by
        self._move(page, "in-progress", "answered", by=answered_by)
        line = self._lines[page.id] = Line(page.detail["url"])
        if page.detail["twiml"]:
            return await self._follow(page, line, page.detail["twiml"])
        first = Fetch(page.detail["url"], page.detail["method"])
        return await self._get(page, line, first, {})

    async def press(self, page: Page, digits: str) -> list[Heard]:
        """Answers first where the phone still rings. Raises BadInput."""
        if not digits or not DIGITS.issuperset(digits):
            raise BadInput(f"press {digits!r} must be made of the keys 0 to 9, * and #")
        heard = await self.answer(page) if page.state == "ringing" else []
        line = self._lines.get(page.id)
        if line is None or line.ask is None:
            raise BadInput(f"nothing asks for a key: the call is {page.state!r}")
        page.detail["pressed"] += digits
        if line.enter(digits) or line.ask.digits is None:
            heard += await self._submit(page, line)
        else:
            self._show(page, line)
        return heard

    def decline(self, page: Page) -> None:
        if page.state != "ringing":
            raise BadInput(f"the phone does not ring: the call is {page.state!r}")
        self._end(page, "busy", note="declined")

    def hang_up(self, page: Page) -> None:
        if page.state != "in-progress":
            raise BadInput(f"nobody is on the line: the call is {page.state!r}")
        self._end(page, "completed", note="hung up")

    # The line.

    async def _submit(self, page: Page, line: Line) -> list[Heard]:
        ask, line.ask = line.ask, None
        assert ask is not None, "only asked by press, which looked"
        line.verbs.clear()
        target = Fetch(urljoin(line.address, ask.action) or line.address, ask.method)
        return await self._get(page, line, target, {"Digits": line.pressed})

    async def _get(
        self, page: Page, line: Line, target: Fetch, more: Mapping[str, str]
    ) -> list[Heard]:
        url = urljoin(line.address, target.url)
        line.address, line.fetched = url, line.fetched + 1
        form = {**self._form(page), **more}
        heard = await self._app.ask(target.method, url, form)
        if self._lines.get(page.id) is not line:
            return [heard]
        if not heard.went_well or line.fetched > REDIRECTS_MAX:
            self._broken(page, line, f"{url} answered {heard.status or heard.text}")
            return [heard]
        return [heard, *await self._follow(page, line, heard.text)]

    async def _follow(self, page: Page, line: Line, document: str) -> list[Heard]:
        try:
            line.verbs = verbs_of(document)
        except Broken as why:
            self._broken(page, line, str(why))
            return []
        return await self._go_on(page, line)

    async def _go_on(self, page: Page, line: Line) -> list[Heard]:
        then = line.go_on(self._pages.clock.now())
        self._show(page, line)
        if isinstance(then, Fetch):
            return await self._get(page, line, then, {})
        if then is None:
            self._end(page, "completed")
        return []

    def _spawn(self, page: Page, line: Line) -> None:
        """Nothing was pressed in time: the document goes on below its <Gather>."""
        task = asyncio.get_running_loop().create_task(self._go_on(page, line))
        line.running = task

    def _broken(self, page: Page, line: Line, why: str) -> None:
        line.heard.append(FAILED_WORDS)
        self._show(page, line)
        self._end(page, "completed", note=f"the app's answer could not be followed: {why}"[:300])

    def _show(self, page: Page, line: Line) -> None:
        page.detail["spoken"] = line.heard[-50:]
        page.detail["asks"] = None if line.ask is None else rfc3339(line.ask.until)
        page.text = "\n".join(line.heard) or page.text
        self._pages.change(page)

    def _end(self, page: Page, status: str, **why: object) -> None:
        self._lines.pop(page.id, None)
        self._live.pop(page.id, None)
        page.detail["asks"] = None
        page.detail["end"] = rfc3339(self._pages.clock.now())
        self._move(page, status, "completed", **why)

    def _move(self, page: Page, status: str, event: str, **why: object) -> None:
        page.detail["status"], page.detail["updated"] = status, rfc3339(self._pages.clock.now())
        self._pages.move(page, status, **why)
        self._tell(page, event)

    def _tell(self, page: Page, event: str) -> None:
        if event in page.detail["events"]:
            page.detail["sequence"] += 1
            form = {**self._form(page), **status_form(page, event)}
            method, url = page.detail["callback_method"], page.detail["callback"]
            self._app.tell(page.id, method, url, form)

    def _form(self, page: Page) -> dict[str, str]:
        sender = page.detail["from"]
        form = {
            "CallSid": page.id,
            "CallStatus": page.detail["status"],
            "From": sender,
            "Caller": sender,
            "To": page.to,
            "Called": page.to,
            "Direction": "outbound-api",
        }
        answered_by = page.detail["answered_by"]
        return {**form, "AnsweredBy": answered_by} if answered_by else form

    def _call(self, sid: str, path: str) -> Page:
        page = self._pages.known(sid)
        if page is None or page.provider is not Provider.VOICE:
            raise not_found(path)
        return page
