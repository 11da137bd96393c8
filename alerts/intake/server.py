"""The HTTP server of the alerts process: intake, answers from phones, health and figures."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from alerts.answer_links import PATH, answer_links, same
from alerts.intake.alertmanager import NotUnderstood, parse_post, read_alerts, take
from alerts.intake.phones import (
    Answered,
    by_key,
    by_text,
    pagerduty_signed,
    person_called,
    taken_in_pagerduty,
    twilio_signed,
)
from core.alerting.events import Acked, Escalated
from core.alerting.receipts import Receipt, Reply, reported
from core.oncall.contacts import Means
from store.alerting.alerts import NoSuchAlert, read_alert
from store.alerting.answered import level_told, told_with
from store.alerting.arranged import read_arrangements
from store.alerting.receipts import note_receipt
from store.alerting.settlement import apply
from store.alerting.stopped import start_contact, stop_contact
from store.approved import read_roster
from store.control import desks
from store.events import event_key
from store.monitor.alerting import alert_gauges
from store.monitor.gauge import Gauge, exposition
from store.monitor.server import METRICS
from store.sqlite import StoreFailed
from store.store import Store, Transaction

log = logging.getLogger(__name__)

BODY_MAX = 4 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1")
AtOnce = Callable[[Transaction, int, datetime], Callable[[], None]]
"""Given a transaction that has just taken so many alerts: what can be done about them in it is done;
what it returns is called once they are on record."""
# A provider may report of a message before its own answer to the sending is on record.
REPORT_ASKED, REPORT_EVERY_S = 30, 0.1


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in. Without a token only this machine may post alerts, and nobody behind a proxy."""

    token: str | None
    twilio_token: str | None
    pagerduty_secret: str | None
    public_url: str | None

    @property
    def behind_proxy(self) -> bool:
        """Then everybody's requests come from this machine."""
        return self.public_url is not None and urlsplit(self.public_url).hostname not in LOOPBACK


class Intake:
    """Handlers. Everything is on record before it is answered with a good status."""

    def __init__(
        self,
        store: Store,
        access: Access,
        clock: Callable[[], datetime],
        at_once: AtOnce,
        wake: Callable[[], None],
        settled_at: Callable[[], datetime | None],
        works: Callable[[], bool],
    ) -> None:
        self._store = store
        self._access = access
        self._clock = clock
        self._at_once = at_once
        self._wake = wake
        self._settled_at = settled_at
        self._works = works
        self._links = answer_links(access.public_url, event_key(store.home.secrets))
        self._taken = 0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_MAX)
        app.router.add_post("/api/v2/alerts", self._alerts)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_post("/twilio/key", self._twilio_key)
        app.router.add_post("/twilio/sms", self._twilio_sms)
        app.router.add_post("/twilio/status", self._twilio_status)
        app.router.add_post("/pagerduty", self._pagerduty)
        app.router.add_post(PATH, self._push_ack)
        return app

    async def _alerts(self, request: web.Request) -> web.Response:
        if not self._may_post(request):
            return _said(401, "a token is needed: Authorization: Bearer …")
        body, now = await request.read(), self._clock()
        try:
            told = parse_post(body)
            taking = self._store.submit(lambda tx: self._take(tx, told, now))
            afterwards = await asyncio.wrap_future(taking)
        except NotUnderstood as why:
            return _said(400, str(why))
        except StoreFailed as why:
            return _said(503, f"not on record, post it again: {type(why).__name__}")
        self._taken += len(told)
        afterwards()
        return web.json_response({"status": "success"})

    def _take(self, tx: Transaction, told: Sequence[Any], now: datetime) -> Callable[[], None]:
        take(tx, read_alerts(told, desks(tx), now), now)
        return self._at_once(tx, len(told), now)

    def _may_post(self, request: web.Request) -> bool:
        if self._access.token is None:
            here = request.remote in LOOPBACK and not self._access.behind_proxy
            return here and not _from_a_web_page(request)
        given = request.headers.get("Authorization", "")
        return same(f"Bearer {self._access.token}", given)

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _said(200, "ok") if self._works() else _said(503, "alerts are not settled in time")

    async def _metrics(self, request: web.Request) -> web.Response:
        """For whoever may post: where phones answer through a proxy, anybody can knock."""
        if not self._may_post(request):
            return _said(401, "a token is needed: Authorization: Bearer …")
        now = self._clock()
        found = await self._read(lambda c: alert_gauges(c, now))
        text = exposition([*found, *self._own()])
        return web.Response(body=text, headers={"Content-Type": METRICS})

    def _own(self) -> Iterator[Gauge]:
        yield Gauge("perps_alerts_taken_total", "Alerts taken over HTTP", self._taken)
        at = self._settled_at()
        says = "When everything was settled last"
        yield Gauge("perps_alerts_settled_timestamp_seconds", says, at.timestamp() if at else 0)

    async def _twilio_key(self, request: web.Request) -> web.Response:
        form = await self._from_twilio(request)
        if form is None:
            return _said(403, "the signature is wrong")
        answered = by_key(request.query, form)
        if not await self._is_ours(answered.person):
            return _twiml("<Say>You are not among the people of this desk any more.</Say>")
        said = await self._do(answered)
        if form.get("Digits"):
            await self._note(form.get("CallSid", ""), Receipt.ACKNOWLEDGED, "a key was pressed")
        return _twiml(f"<Say>{said}</Say>")

    async def _is_ours(self, person: str) -> bool:
        """Whether two people's roster names them still: a link and a call outlive that."""
        roster = await self._read(read_roster)
        return roster is None or person in roster.people

    async def _twilio_sms(self, request: web.Request) -> web.Response:
        form = await self._from_twilio(request)
        if form is None:
            return _said(403, "the signature is wrong")
        answered = by_text(form, await self._read(read_arrangements))
        if answered is None:
            log.warning("a text from a number that is nobody's")
            return _twiml("")
        return _twiml(f"<Message>{await self._do(answered)}</Message>")

    async def _twilio_status(self, request: web.Request) -> web.Response:
        form = await self._from_twilio(request)
        if form is None:
            return _said(403, "the signature is wrong")
        sid = form.get("MessageSid") or form.get("CallSid", "")
        status = form.get("MessageStatus") or form.get("CallStatus", "")
        found = reported(status)
        if found is not None:
            error = form.get("ErrorCode", "")
            await self._note(sid, found, f"{status} {error}".strip())
        return _said(200, "noted")

    async def _note(self, sid: str, found: Receipt, says: str) -> None:
        log.info("twilio: %s: %s", sid, says)
        now = self._clock()
        for _ in range(REPORT_ASKED):
            known = await asyncio.to_thread(
                self._store.write,
                lambda tx: note_receipt(tx, self._store.log, sid, found, says, now),
            )
            if known is not None:
                self._wake()
                return
            await asyncio.sleep(REPORT_EVERY_S)
        log.warning("twilio reports of %s, which we did not send", sid)

    async def _from_twilio(self, request: web.Request) -> Mapping[str, str] | None:
        token, public_url = self._access.twilio_token, self._access.public_url
        if token is None or public_url is None:
            return None
        posted = await request.post()
        form = [(name, str(value)) for name, value in posted.items()]
        url = f"{public_url}{request.path_qs}"
        given = request.headers.get("X-Twilio-Signature", "")
        return dict(form) if twilio_signed(token, url, form, given) else None

    async def _push_ack(self, request: web.Request) -> web.Response:
        alert, person = request.query.get("alert", ""), request.query.get("person", "")
        links = self._links
        if links is None or not links.made_by_us(alert, person, request.query.get("sig", "")):
            return _said(403, "the signature is wrong")
        if not await self._is_ours(person):
            return _said(403, f"{person} is not among the people of this desk any more")
        answered = Answered(person, alert, Reply.ACKNOWLEDGE, Means.PUSH)
        return _said(200, await self._do(answered))

    async def _pagerduty(self, request: web.Request) -> web.Response:
        secret, body = self._access.pagerduty_secret, await request.read()
        given = request.headers.get("X-PagerDuty-Signature", "")
        if secret is None or not pagerduty_signed(secret, body, given):
            return _said(403, "the signature is wrong")
        try:
            taken = taken_in_pagerduty(body)
        except ValueError as why:
            return _said(400, str(why))
        if taken is not None:
            agent, id = taken
            person = person_called(agent, await self._read(read_roster))
            await self._do(Answered(person, id, Reply.ACKNOWLEDGE, Means.PAGERDUTY))
        return _said(200, "noted")

    async def _do(self, answered: Answered) -> str:
        """What is said back. Only what a person may do by phone: take charge, or call the next one."""
        if answered.reply in (Reply.STOP, Reply.START) and answered.number:
            return await self._stop_or_start(answered)
        if answered.reply not in (Reply.ACKNOWLEDGE, Reply.ESCALATE):
            return "Not understood. 4 to take charge, 5 to escalate."

        try:
            said = await asyncio.to_thread(self._store.write, partial(self._act, answered=answered))
        except NoSuchAlert:
            return "There is no such alert."
        self._wake()
        return said

    def _act(self, tx: Transaction, answered: Answered) -> str:
        """Whoever takes charge of a message takes charge of all that it told of, as far as it told.

        A service opens an incident for each alert: taking one takes that alert only.
        """
        person, id, by = answered.person, answered.alert_id, answered.by
        alert, log, now = read_alert(tx, id), self._store.log, self._clock()
        if answered.reply is Reply.ESCALATE:
            return f"{id}: {apply(tx, log, id, Escalated(person, alert.turn), now).said.value}"
        of_service = by is Means.PAGERDUTY
        to = "" if of_service else person
        told = [id] if of_service else told_with(tx, id, to, by)
        seen = [level_told(tx, one, to, by) or read_alert(tx, one).peak for one in told]
        said = [
            apply(tx, log, one, Acked(person, level), now).said
            for one, level in zip(told, seen, strict=True)
        ]
        more = f", and {len(told) - 1} more that were told with it" if len(told) > 1 else ""
        return f"{id}: {said[0].value}{more}"

    async def _stop_or_start(self, answered: Answered) -> str:
        person, number, now = answered.person, answered.number, self._clock()
        does = stop_contact if answered.reply is Reply.STOP else start_contact
        await asyncio.to_thread(self._store.write, lambda tx: does(tx, person, number, now))
        self._wake()
        if answered.reply is Reply.START:
            return "You are told of alerts here again."
        return (
            "Nothing more is sent here; your desk is told. Answer START to be reached here again."
        )

    async def _read(self, query: Callable[[Transaction], Any]) -> Any:
        return await asyncio.to_thread(self._store.read, query)


async def serve_intake(intake: Intake, port: int) -> web.AppRunner:
    """On loopback; a proxy that ends TLS stands before it where others may reach it."""
    runner = web.AppRunner(intake.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


def _from_a_web_page(request: web.Request) -> bool:
    """A page that is open in a browser on this machine comes from here, too, and may be anybody's."""
    named = urlsplit(f"//{request.host}").hostname
    return "Origin" in request.headers or named not in LOOPBACK


def _said(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text + "\n")


def _twiml(inner: str) -> web.Response:
    return web.Response(text=f"<Response>{inner}</Response>", content_type="text/xml")
