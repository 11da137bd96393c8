"""The exchange's /_sim/*: requests, faults, clock, ledger, market; orders and money moved by hand."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox.clock import Clock, rfc3339
from sandbox.exchange.account_views import side_of
from sandbox.exchange.book import Depth
from sandbox.exchange.call import Json
from sandbox.exchange.decimals import parse_decimal, plain
from sandbox.exchange.hub import Hub
from sandbox.exchange.identity import Identity
from sandbox.exchange.market import Market
from sandbox.exchange.order_views import accepted, fill_view, ledger_view, refused
from sandbox.exchange.session import Phase
from sandbox.exchange.ticket import Refused
from sandbox.exchange.timeline import Timeline
from sandbox.exchange.transactions import movable, sweep, transfer
from sandbox.exchange.venue import Venue
from sandbox.faults import Faults
from sandbox.loopback import BadInput, is_local, json_reply, read_number, read_object
from sandbox.requestlog import RING_SIZE, RequestLog

Action = Callable[[web.Request, Json], Awaitable[Json]]
ADVANCE_S_MAX = 366 * 86_400
_MARKET_FIELDS = frozenset(
    {"product_id", "jump_pct", "drift_pct_per_min", "freeze", "session"}
    | {"spread_bps", "depth_contracts"}
)


class Control:
    def __init__(
        self,
        venue: Venue,
        timeline: Timeline,
        hub: Hub,
        faults: Faults,
        log: RequestLog,
        identity: Identity,
        save_clock: Callable[[], None],
    ) -> None:
        self._venue = venue
        self._clock: Clock = venue.clock
        self._timeline = timeline
        self._hub = hub
        self._faults = faults
        self._log = log
        self._identity = identity
        self._save_clock = save_clock
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "/_sim/requests"): self._requests,
            ("GET", "/_sim/faults"): self._list_faults,
            ("POST", "/_sim/fault"): self._add_fault,
            ("DELETE", "/_sim/faults"): self._remove_faults,
            ("GET", "/_sim/clock"): self._now,
            ("POST", "/_sim/clock"): self._advance,
            ("GET", "/_sim/ledger"): self._ledger,
            ("POST", "/_sim/market"): self._bend_market,
            ("POST", "/_sim/order"): self._place_by_hand,
            ("POST", "/_sim/transfer"): self._transfer,
            ("POST", "/_sim/sweep"): self._sweep,
        }

    async def handle(self, request: web.Request) -> web.Response:
        if not is_local(request.headers):
            return json_reply({"error": "control answers only to this machine's own Host"}, 403)
        path = "/_sim/faults" if request.path.startswith("/_sim/faults/") else request.path
        action = self._actions.get((request.method, path))
        if action is None:
            known = ", ".join(f"{method} {known}" for method, known in self._actions)
            return json_reply({"error": f"no {request.method} {path}; there are {known}"}, 404)
        try:
            return json_reply(await action(request, read_object(await request.read())))
        except BadInput as error:
            return json_reply({"error": str(error)}, 400)

    async def _requests(self, request: web.Request, body: Json) -> Json:
        since_ns = _whole(request.query, "since_ns", 0)
        limit = _whole(request.query, "limit", 10_000)
        return {"requests": self._log.since(since_ns, min(limit, RING_SIZE))}

    async def _list_faults(self, request: web.Request, body: Json) -> Json:
        return {"faults": [fault.view() for fault in self._faults.listed()]}

    async def _add_fault(self, request: web.Request, body: Json) -> Json:
        fault = self._faults.add(body)
        if fault.for_sockets:
            self._hub.strike()
        return {"id": fault.id}

    async def _remove_faults(self, request: web.Request, body: Json) -> Json:
        text = request.path.removeprefix("/_sim/faults").strip("/")
        if text and not text.isdecimal():
            raise BadInput(f"fault id {text!r} must be a whole number, as POST /_sim/fault gave it")
        return {"removed": self._faults.remove(int(text) if text else None)}

    async def _now(self, request: web.Request, body: Json) -> Json:
        return {"now": rfc3339(self._clock.now()), "manual": self._clock.manual}

    async def _advance(self, request: web.Request, body: Json) -> Json:
        seconds = read_number(body.get("advance_s"), "advance_s", 0, ADVANCE_S_MAX)
        self._venue.settle()
        self._clock.advance(seconds)
        self._save_clock()
        self._timeline.run_until(self._clock.now())
        self._venue.settle()
        await self._hub.drained()
        return await self._now(request, body)

    async def _ledger(self, request: web.Request, body: Json) -> Json:
        ledger, account = self._venue.ledger, self._venue.ledger.account
        return {
            "orders": [ledger_view(order, self._identity) for order in ledger.orders.values()],
            "fills": [fill_view(fill, self._identity) for fill in ledger.fills],
            "positions": [
                {
                    "product_id": product_id,
                    "side": side_of(position),
                    "number_of_contracts": str(abs(position.contracts)),
                    "avg_entry_price": plain(
                        position.average_entry(
                            self._venue.markets[product_id].product.contract_size
                        )
                    ),
                }
                for product_id, position in account.positions.items()
            ],
            "cash": plain(account.cash),
            "start_cash": plain(account.start_cash),
            "realised": plain(account.realised),
            "fees": plain(account.fees),
            "funding_total": plain(account.funding),
            "funding": ledger.funding,
            "transferred": plain(account.transferred),
            "spot_wallet": plain(account.swept),
            "transactions": ledger.transactions,
        }

    async def _bend_market(self, request: web.Request, body: Json) -> Json:
        market = self._venue.markets.get(str(body.get("product_id")))
        if market is None:
            known = ", ".join(self._venue.markets)
            raise BadInput(f"product_id {body.get('product_id')!r} is not listed: {known}")
        unknown = set(body) - _MARKET_FIELDS
        if unknown or len(body) < 2:
            raise BadInput(f"say at least one of {', '.join(sorted(_MARKET_FIELDS))}, nothing else")
        bend(market, body)
        self._timeline.touch(market)
        await self._hub.drained()
        return {
            "product_id": market.product.id,
            "bid": plain(market.book.best_bid),
            "ask": plain(market.book.best_ask),
            "last": plain(market.last),
            "session": market.phase(),
        }

    async def _place_by_hand(self, request: web.Request, body: Json) -> Json:
        """An order placed in the app, by the same rules."""
        if not isinstance(body.get("client_order_id"), str) or not body["client_order_id"]:
            raise BadInput("client_order_id must be a text, the rest as in POST …/orders")
        try:
            order = self._venue.place(body, self._clock.monotonic_ns(), "RETAIL_SIMPLE")
        except Refused as refusal:
            return refused(refusal, body.get("order_configuration"))
        self._venue.settle()
        await self._hub.drained()
        return accepted(order)

    async def _transfer(self, request: web.Request, body: Json) -> Json:
        """{"amount_usd": "500"} pays money into the spot wallet, "-200" takes it out of the account."""
        amount = _usd(body)
        ledger = self._venue.ledger
        if amount < 0 and ledger.account.cash + amount < 0:
            raise BadInput(f"the account holds only {plain(ledger.account.cash)}")
        return await self._moved(transfer(ledger, amount, self._clock.now()))

    async def _sweep(self, request: web.Request, body: Json) -> Json:
        """{"amount_usd": "500"} moves money from the futures to the spot wallet, "-200" back."""
        amount = _usd(body)
        free, spot = movable(self._venue.ledger, self._venue.margin().available)
        if not -spot <= amount <= free:
            raise BadInput(f"amount_usd must be between {plain(-spot)} and {plain(free)}")
        return await self._moved(sweep(self._venue.ledger, amount, self._clock.now()))

    async def _moved(self, entry: Json) -> Json:
        self._venue.ledger.commit()
        await self._hub.drained()
        return entry


def bend(market: Market, body: Mapping[str, Any]) -> None:
    """Checks everything before it changes anything. Raises BadInput."""
    jump = _percent(body, "jump_pct", -90, 900)
    drift = _percent(body, "drift_pct_per_min", -50, 50)
    depth = _depth(market.depth, body)
    session, freeze = _session(body, market.imposed), body.get("freeze")
    if freeze not in (None, True, False):
        raise BadInput(f"freeze {freeze!r} must be true or false")
    market.imposed = session
    if freeze is not None:
        market.freeze(freeze)
    if drift is not None:
        market.drift(drift)
    market.lay_out(depth)
    if jump is not None:
        market.jump(jump)


def _session(body: Mapping[str, Any], before: Phase | None) -> Phase | None:
    """None follows the calendar."""
    wanted = body.get("session")
    if wanted is None:
        return before
    if wanted not in ("auto", *Phase):
        raise BadInput(f"session {wanted!r} must be open, closed, maintenance or auto")
    return None if wanted == "auto" else Phase(wanted)


def _depth(before: Depth, body: Mapping[str, Any]) -> Depth:
    spread, contracts = _percent(body, "spread_bps", 0, 5_000), body.get("depth_contracts")
    if contracts is not None:
        read_number(contracts, "depth_contracts", 0, 1_000_000)
    return Depth(
        before.spread_bps if spread is None else spread,
        before.contracts if contracts is None else int(contracts),
        before.exact or contracts is not None,
    )


def _percent(body: Mapping[str, Any], name: str, low: int, high: int) -> Decimal | None:
    value = body.get(name)
    return None if value is None else Decimal(str(read_number(value, name, low, high)))


def _usd(body: Mapping[str, Any]) -> Decimal:
    amount = parse_decimal(body.get("amount_usd"))
    if set(body) != {"amount_usd"} or amount is None or not amount:
        raise BadInput('say {"amount_usd": "500"}, or a number below 0, and nothing else')
    return amount


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise BadInput(f"{name} {text!r} must be a whole number not below 0")
    return int(text)
