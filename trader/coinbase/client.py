"""The exchange for the rest of the trader: typed calls over the official REST client, one per thread."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from coinbase.constants import USER_AGENT
from coinbase.rest import RESTClient

from core.books import Account
from core.dangers import Refusals
from core.margin import MarginWindow
from core.orders import Fill
from core.products import Mark, Product
from core.risk import CheckedOrder
from core.transfers import Transfer
from trader.coinbase import margin, parse, wallet
from trader.coinbase.ordering import (
    Placed,
    Rejected,
    Unknown,
    order_body,
    placed,
    rfc3339,
)
from trader.coinbase.parse import (
    ExchangeOrder,
    ExchangePosition,
    NotAllowed,
    NotAuthorised,
    NotThere,
    Permissions,
    ReadFailed,
)
from trader.coinbase.signing import ApiKey
from trader.coinbase.timing import Timing
from trader.coinbase.wire import NotSent, Wire

API = "/api/v3/brokerage"
PAGES_MAX = 50
SLOWEST_TIME = timedelta(seconds=2)
"""A time that took longer to come says too little about the clock."""
CANCELS_PER_CALL = 100
_PROVEN_REFUSALS = frozenset({400, 401, 403, 404, 429})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the exchange is, and how its certificate is checked."""

    host: str
    ca_file: Path | None
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 8.0


class Exchange:
    """Coinbase Advanced Trade for one account. Every method waits for the network: call it in a lane."""

    def __init__(
        self, endpoint: Endpoint, key: ApiKey, wire: Wire, clock: Callable[[], datetime]
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._wire = wire
        self._clock = clock
        self._thread = threading.local()
        self.offset = timedelta(0)
        """How far the exchange's clock is ahead of ours: tokens and end times go by its clock."""
        self.refusals = Refusals()
        """Reads and cancels in a row whose key was refused, also with a fresh token and clock."""
        self._counting = threading.Lock()
        self.timing = Timing(clock)
        self._wallet = ""
        _silence_the_sdk()

    def place(self, order: CheckedOrder) -> Placed:
        """Send one order, once. A lost reply is Unknown, and nothing here ever sends it again."""
        self._wire.sending(order)
        try:
            body = order_body(order.spec, self.offset)
            with self.timing.timed(_is_trouble):
                reply = self._client().post(f"{API}/orders", data=body)
        except NotSent as refused:
            return refused
        except requests.HTTPError as error:
            return self._refusal_or_unknown(error)
        except (requests.RequestException, TypeError, ValueError) as error:
            if self._wire.written():
                return Unknown(f"{type(error).__name__} after the request was written")
            return Rejected(f"no connection: {type(error).__name__}")
        return placed(reply)

    def _refusal_or_unknown(self, error: requests.HTTPError) -> Placed:
        code = error.response.status_code
        if code not in _PROVEN_REFUSALS:
            return Unknown(f"HTTP {code}")
        if code == 401:
            try:
                self._correct_clock()
            except ReadFailed as why:
                return Rejected(f"HTTP 401, and the exchange's time is unknown: {why}")
        return Rejected(f"HTTP {code}")

    def cancel(self, order_ids: Sequence[str]) -> dict[str, str]:
        """Ask to cancel; the exchange's refusals by order id. Accepted means begun, not done."""
        refusals: dict[str, str] = {}
        for start in range(0, len(order_ids), CANCELS_PER_CALL):
            body = {"order_ids": list(order_ids[start : start + CANCELS_PER_CALL])}
            reply = self._post("/orders/batch_cancel", body)
            for result in parse.items(reply, "results"):
                if result.get("success") is not True:
                    refusals[parse.text(result, "order_id")] = str(result.get("failure_reason"))
        return refusals

    def orders(self, since: datetime) -> list[ExchangeOrder]:
        """Every order created since then, in any state: a filter by status would hide some."""
        return self._orders({"start_date": rfc3339(since), "limit": 250})

    def open_orders(self, source: str) -> list[ExchangeOrder]:
        """Orders of one placement source that work now, whenever they were placed."""
        open_there = {"order_status": ["OPEN"], "order_placement_source": source, "limit": 250}
        return self._orders(open_there)

    def _orders(self, params: dict[str, Any]) -> list[ExchangeOrder]:
        found: list[ExchangeOrder] = []
        for _ in range(PAGES_MAX):
            page = self._get("/orders/historical/batch", **params)
            found += [parse.order(item) for item in parse.items(page, "orders")]
            if not page.get("has_next") or not page.get("cursor"):
                return found
            params["cursor"] = page["cursor"]
        raise ReadFailed(f"more than {PAGES_MAX} pages of orders")

    def order(self, order_id: str) -> ExchangeOrder | None:
        """One order, or None when the exchange says that it has none with this id."""
        try:
            reply = self._get(f"/orders/historical/{order_id}")
        except NotThere:
            return None
        found = reply.get("order")
        if not isinstance(found, dict):
            raise ReadFailed("`order` is missing")
        return parse.order(found)

    def fills(self, since: datetime) -> list[Fill]:
        """Executions since then, oldest first. Each has the exchange's own key."""
        found: list[Fill] = []
        params: dict[str, Any] = {"start_sequence_timestamp": rfc3339(since), "limit": 250}
        for _ in range(PAGES_MAX):
            page = self._get("/orders/historical/fills", **params)
            listed = parse.items(page, "fills")
            found += [parse.fill(item) for item in listed]
            if not listed or not page.get("cursor"):
                return sorted(found, key=lambda fill: fill.at)
            params["cursor"] = page["cursor"]
        raise ReadFailed(f"more than {PAGES_MAX} pages of fills")

    def positions(self) -> list[ExchangePosition]:
        page = self._get("/cfm/positions")
        return [parse.position(item) for item in parse.items(page, "positions")]

    def account(self) -> Account:
        return parse.account(self._get("/cfm/balance_summary"), self._clock())

    def transfers(self, since: datetime) -> list[Transfer]:
        """What moved in the account's dollar wallet and was begun since then, oldest first."""
        if not self._wallet:
            self._wallet = wallet.find_wallet(self._get_whole)
        return wallet.transfers(self._get_whole, self._wallet, since)

    def perpetuals(self) -> list[Product]:
        """The perp-style futures, found by what they are and not by their names."""
        page = self._get("/products", product_type="FUTURE")
        return [
            parse.product(item)
            for item in parse.items(page, "products")
            if parse.is_perpetual(item)
        ]

    def marks(self, product_ids: Iterable[str]) -> list[Mark]:
        """Mid prices by REST, for when the feed is silent."""
        page = self._get("/best_bid_ask", product_ids=list(product_ids))
        books = parse.items(page, "pricebooks")
        found = [parse.mark_of_book(book, self._clock()) for book in books]
        return [mark for mark in found if mark is not None]

    def closes(self, product_id: str, start: datetime, end: datetime) -> list[Decimal]:
        """One-minute closing prices, oldest first."""
        page = self._get(
            f"/products/{product_id}/candles",
            start=str(int(start.timestamp())),
            end=str(int(end.timestamp())),
            granularity="ONE_MINUTE",
        )
        candles = parse.items(page, "candles")
        ordered = sorted(candles, key=lambda candle: int(parse.text(candle, "start")))
        return [parse.decimal(candle, "close") for candle in ordered]

    def permissions(self) -> Permissions:
        return parse.permissions(self._get("/key_permissions"))

    def margin_window(self) -> MarginWindow | None:
        """None without intraday margin. Some accounts may not ask: that says nothing of the key."""
        return margin.margin_window(
            lambda path, params: self._call_once(lambda client: client.get(path, params=params)),
            self._clock(),
        )

    def clock_drift(self) -> timedelta:
        """How far our clock is ahead of the exchange's, to within half the call's own duration."""
        before = self._clock()
        there = self._time()
        took = self._clock() - before
        if took > SLOWEST_TIME:
            raise ReadFailed(f"the time took {took.total_seconds():.1f} s to come")
        middle = before + took / 2
        return middle - there

    def now(self) -> datetime:
        """The exchange's time, as far as it is known."""
        return self._clock() + self.offset

    def warm(self) -> None:
        """Open this thread's connection now, so that the first order does not pay for TLS."""
        self._time()

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        return self._get_whole(f"{API}{path}", params)

    def _get_whole(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return self._call(lambda client: client.get(path, params=params))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call(lambda client: client.post(f"{API}{path}", data=body))

    def _call(self, call: Callable[[RESTClient], Any]) -> dict[str, Any]:
        """A refused key is tried once more with the exchange's time: clocks drift, keys do not."""
        try:
            return self._accepted(self._call_once(call))
        except NotAuthorised:
            with suppress(
                ReadFailed
            ):  # an exchange that refuses everything does not tell its time either
                self._correct_clock()
        try:
            return self._accepted(self._call_once(call))
        except NotAuthorised:
            with self._counting:
                self.refusals = self.refusals.one_more(self._clock())
            raise

    def _accepted(self, reply: dict[str, Any]) -> dict[str, Any]:
        with self._counting:
            self.refusals = Refusals()
        return reply

    def _call_once(self, call: Callable[[RESTClient], Any]) -> dict[str, Any]:
        try:
            with self.timing.timed(_is_trouble):
                reply = call(self._client())
        except requests.HTTPError as error:
            code = error.response.status_code
            if code in (401, 403):
                refused = NotAllowed if code == 403 else NotAuthorised
                raise refused(f"HTTP {code}") from error
            raise (NotThere if code == 404 else ReadFailed)(f"HTTP {code}") from error
        except (requests.RequestException, ValueError, TypeError) as error:
            raise ReadFailed(type(error).__name__) from error
        if not isinstance(reply, dict):
            raise ReadFailed("the answer is not an object")
        return reply

    def _correct_clock(self) -> None:
        """Raises ReadFailed."""
        self.offset = self._time() - self._clock()

    def _time(self) -> datetime:
        """Asked for without a token, which a wrong clock would spoil. Raises ReadFailed."""
        client = self._client()
        url = f"https://{self._endpoint.host}{API}/time"
        try:
            answer = client.session.get(url, timeout=client.timeout)
            answer.raise_for_status()
            reply = answer.json()
        except requests.HTTPError as error:
            raise ReadFailed(f"HTTP {error.response.status_code}") from error
        except (requests.RequestException, ValueError) as error:
            raise ReadFailed(type(error).__name__) from error
        if not isinstance(reply, dict):
            raise ReadFailed("the time is not an object")
        return parse.moment(reply, "iso")

    def _client(self) -> "_Client":
        client: _Client | None = getattr(self._thread, "client", None)
        if client is None:
            client = _Client(self._endpoint, self._key, self.now)
            client.session.mount("https://", self._wire.adapter())
            self._thread.client = client
        return client


class _Client(RESTClient):  # type: ignore[misc]
    """The official client, signing by our clock and with short-lived tokens."""

    def __init__(self, endpoint: Endpoint, key: ApiKey, clock: Callable[[], datetime]) -> None:
        timeout: Any = (endpoint.connect_timeout_s, endpoint.read_timeout_s)
        super().__init__(
            api_key=key.name, api_secret="unused", base_url=endpoint.host, timeout=timeout
        )
        self._key = key
        self._clock = clock
        self.session.trust_env = False  # a proxy or CA of the environment is not this desk's
        if endpoint.ca_file is not None:
            self.session.verify = str(endpoint.ca_file)

    def set_headers(self, method: str, path: str) -> dict[str, str]:
        token = self._key.token(self._clock(), f"{method} {self.base_url}{path}")
        return {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
        }


def _is_trouble(error: Exception) -> bool:
    """What our own gate keeps back, and what the exchange says it does not have, are good answers."""
    absent = isinstance(error, requests.HTTPError) and error.response.status_code == 404
    return not absent and not isinstance(error, NotSent)


def _silence_the_sdk() -> None:
    """Its logger prints error bodies to the terminal on its own; failures come to us as exceptions."""
    logger = logging.getLogger("coinbase.RESTClient")
    logger.handlers.clear()
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
