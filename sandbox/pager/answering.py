"""What a person does with a page: presses keys, replies, taps a button, hangs up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.loopback import BadInput
from sandbox.pager.ntfy import Ntfy
from sandbox.pager.outward import Heard
from sandbox.pager.page import Json, Page, Provider
from sandbox.pager.pagerduty import OPEN, PagerDuty
from sandbox.pager.pages import Pages
from sandbox.pager.twilio.calls import Calls
from sandbox.pager.twilio.messages import Messages

WAYS = {
    Provider.VOICE: ("press", "answer", "voicemail", "decline", "hang_up"),
    Provider.SMS: ("reply",),
    Provider.PUSH: ("action", "press"),
    Provider.INCIDENT: ("acknowledge", "resolve", "press"),
}
INCIDENT_KEYS = {"4": "acknowledged", "6": "resolved"}
"""What PagerDuty's own calls ask for."""

Act = Callable[[Page, Json], Awaitable[list[Heard]]]


@dataclass(frozen=True, slots=True)
class Answering:
    pages: Pages
    calls: Calls
    messages: Messages
    ntfy: Ntfy
    pagerduty: PagerDuty

    async def answer(self, body: Json) -> Json:
        """Raises BadInput. `app` is what the app said meanwhile."""
        page = self.pages.find(body.get("id"))
        ways = WAYS.get(page.provider, ())
        chosen = [way for way in ways if body.get(way) not in (None, False, "")]
        if len(chosen) != 1:
            known = ", ".join(ways) or "nothing: nobody reads answers to it"
            raise BadInput(f"a page of {page.provider} is answered with one of: {known}")
        acts: dict[Provider, Act] = {
            Provider.VOICE: self._call,
            Provider.SMS: self._text,
            Provider.PUSH: self._push,
            Provider.INCIDENT: self._incident,
        }
        heard = await acts[page.provider](page, {**body, "way": chosen[0]})
        return {"ok": True, "page": page.view(), "app": [one.view() for one in heard]}

    async def _call(self, page: Page, body: Json) -> list[Heard]:
        way = body["way"]
        if way == "press":
            return await self.calls.press(page, str(body["press"]))
        if way == "answer":
            return await self.calls.answer(page)
        if way == "voicemail":
            return await self.calls.answer(page, "machine_start")
        if way == "decline":
            self.calls.decline(page)
        else:
            self.calls.hang_up(page)
        return []

    async def _text(self, page: Page, body: Json) -> list[Heard]:
        return await self.messages.reply(page, str(body["reply"]))

    async def _push(self, page: Page, body: Json) -> list[Heard]:
        heard = await self.ntfy.press(page, str(body[body["way"]]))
        return [] if heard is None else [heard]

    async def _incident(self, page: Page, body: Json) -> list[Heard]:
        keys = {"acknowledge": "acknowledged", "resolve": "resolved"}
        state = keys.get(body["way"]) or INCIDENT_KEYS.get(str(body.get("press")))
        if state is None:
            raise BadInput(f"press {body.get('press')!r}: 4 acknowledges, 6 resolves")
        if page.state not in OPEN or page.state == state:
            raise BadInput(f"the incident is {page.state!r} already")
        self.pagerduty.move(page, state, str(body.get("as") or "on-call"))
        return []
