"""The exchange put together on one home, and its two listeners on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from aiohttp import web

from sandbox.certificate import server_context
from sandbox.clock import Clock, parse_rfc3339, rfc3339
from sandbox.exchange.account_rest import AccountRest
from sandbox.exchange.auth import Doorkeeper
from sandbox.exchange.candles import Candles
from sandbox.exchange.control import Control
from sandbox.exchange.gate import Gate
from sandbox.exchange.hub import Hub
from sandbox.exchange.identity import load_identity
from sandbox.exchange.keys import load_keys
from sandbox.exchange.ledger import Ledger
from sandbox.exchange.market import Market
from sandbox.exchange.market_rest import MarketRest
from sandbox.exchange.order_rest import OrderRest
from sandbox.exchange.products import listed
from sandbox.exchange.ratelimit import RateLimit
from sandbox.exchange.routes import build_routes
from sandbox.exchange.socket import Sockets
from sandbox.exchange.state import State
from sandbox.exchange.timeline import Timeline
from sandbox.exchange.transactions import TransactionsRest
from sandbox.exchange.venue import Venue
from sandbox.exchange.wave import STEPS_PER_SECOND
from sandbox.faults import Faults
from sandbox.requestlog import RequestLog

LOOPBACK = "127.0.0.1"
MINUTES_KEPT = timedelta(days=30)
BODY_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path
    port: int
    control_port: int
    seed: int
    latency_ms: int
    rate_limits: bool
    cash: Decimal
    perps: int


class Exchange:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = settings.home / "sandbox"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._state = State(self._folder / "exchange.sqlite")
        self._recover_clock()
        identity = load_identity(self._state, rfc3339(clock.now()))
        markets = {
            product.id: Market(product, number, settings.seed)
            for number, product in enumerate(listed(self._perps()))
        }
        candles = {product_id: Candles(market) for product_id, market in markets.items()}
        ledger = Ledger(self._state, settings.cash)
        self._venue = Venue(ledger, markets, clock)
        self._hub = Hub(self._venue, candles, identity)
        ledger.watch(self._hub.order_changed)
        account = AccountRest(self._venue, identity, self._state)
        self._timeline = Timeline(
            self._venue, candles, self._state, self._hub, account.process_sweep
        )
        self._recover_market(candles)
        faults, log = Faults(settings.seed), RequestLog()
        doorkeeper = Doorkeeper(load_keys(self._folder / "keys"))
        routes = build_routes(
            MarketRest(markets, candles, clock),
            OrderRest(self._venue, identity),
            account,
            TransactionsRest(ledger, identity),
        )
        limit = RateLimit(settings.rate_limits and not clock.manual)
        self._gate = Gate(routes, doorkeeper, limit, faults, log, clock, settings.latency_ms)
        self._sockets = Sockets(self._hub, doorkeeper, faults, log, clock, frozenset(markets))
        self._control = Control(
            self._venue, self._timeline, self._hub, faults, log, identity, self._save_clock
        )

    async def serve(self, stop: asyncio.Event, ready: Callable[[int, int], None]) -> None:
        """Until ``stop`` is set."""
        loop = asyncio.get_running_loop()
        self._venue.on_arrival = partial(_soon, loop, self._venue.settle)
        self._venue.settle()
        public, control = _runner(self._public), _runner(self._control.handle)
        port = await self._listen(public, self._settings.port, tls=True)
        control_port = await self._listen(control, self._settings.control_port, tls=False)
        ready(port, control_port)
        try:
            await self._live(stop)
        finally:
            for connection in list(self._hub.connections):
                connection.close(1001)
            await self._hub.drained()
            await public.cleanup()
            await control.cleanup()
            self._timeline.save()
            self._save_clock()
            self._state.close()

    async def _live(self, stop: asyncio.Event) -> None:
        if self._clock.manual:
            await stop.wait()
            return
        while not stop.is_set():
            self._timeline.run_until(self._clock.now())
            await asyncio.sleep(1 / STEPS_PER_SECOND)

    async def _public(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/_sim/"):
            return await self._control.handle(request)
        if request.path == "/" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._sockets.handle(request)
        return await self._gate.handle(request)

    async def _listen(self, runner: web.AppRunner, port: int, tls: bool) -> int:
        await runner.setup()
        context = server_context(self._folder) if tls else None
        site = web.TCPSite(runner, LOOPBACK, port, ssl_context=context, shutdown_timeout=1)
        await site.start()
        bound: int = runner.addresses[-1][1]
        return bound

    def _perps(self) -> int:
        """A product that was listed on this home stays listed: it may be held."""
        perps = max(self._settings.perps, self._state.get("perps") or 0)
        self._state.put("perps", perps)
        return perps

    def _recover_clock(self) -> None:
        memory = self._state.get("clock")
        if memory is None:
            return
        if memory["manual"] == self._clock.manual:
            self._clock.offset = timedelta(microseconds=memory["offset_us"])
        self._clock.not_before(parse_rfc3339(memory["now"]))

    def _save_clock(self) -> None:
        memory = {
            "manual": self._clock.manual,
            "offset_us": self._clock.offset // timedelta(microseconds=1),
            "now": rfc3339(self._clock.now()),
        }
        self._state.put("clock", memory)
        self._state.commit()

    def _recover_market(self, candles: dict[str, Candles]) -> None:
        memory = self._state.get("markets")
        now = self._clock.now()
        remembered_step = None
        since = int((now - MINUTES_KEPT).timestamp())
        for product_id, market in self._venue.markets.items():
            if memory is not None and product_id in memory:
                market.remember(memory[product_id])
                remembered_step = market.step
            candles[product_id].remember(self._state.minutes(product_id, since))
        self._timeline.start(now, remembered_step)
        self._save_clock()


def _soon(loop: asyncio.AbstractEventLoop, step: Callable[[], None]) -> None:
    loop.call_soon(step)


def _runner(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.AppRunner:
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.router.add_route("*", "/{tail:.*}", handler)
    return web.AppRunner(app, access_log=None)
