"""Twenty positions brought to flat on an exchange 80 ms away that takes 30 requests a second."""

import time
from functools import partial
from pathlib import Path

from tests.bench.rows import row
from tests.sandbox.exchange_process import ExchangeProcess
from tests.torture.desk import RealDesk

POSITIONS = 20
ROUNDS = 4
LATENCY_MS = 80
EXCHANGE = ("--perps", str(POSITIONS), "--cash", "1000000")


def buy_each(exchange: ExchangeProcess) -> None:
    """One contract of every perp, before the desk's books begin: they take it over."""
    reply = exchange.raw("GET", "/api/v3/brokerage/market/products?product_type=FUTURE").json()
    perps = [p["product_id"] for p in reply["products"] if _is_perp(p["product_id"])]
    for product_id in perps:
        order = {
            "client_order_id": f"held-{product_id}",
            "product_id": product_id,
            "side": "BUY",
            "order_configuration": {"market_market_ioc": {"base_size": "1"}},
        }
        assert exchange.tell("/_sim/order", order)["success"], product_id


def _is_perp(product_id: str) -> bool:
    return product_id.endswith("20DEC30-CDE")


def twenty_positions(root: Path) -> list[str]:
    flat, requests = [], []
    for number in range(ROUNDS):
        took_ms, sent = _once(root / str(number))
        flat.append(took_ms)
        requests.append(float(sent))
    return [
        row(f"confirmation to {POSITIONS} positions flat, {LATENCY_MS} ms away", flat),
        row("the requests that this takes (not milliseconds)", requests),
    ]


def _once(root: Path) -> tuple[float, int]:
    desk = RealDesk(root, exchange=EXCHANGE, begin=buy_each)
    try:
        desk.until(lambda: desk.armed() and len(desk.positions()) >= POSITIONS, 30)
        desk.exchange.fault("latency", match={}, args={"ms": LATENCY_MS}, count=None)
        time.sleep(2)  # what arming has stirred up is over, and the allowance of requests is full
        request, _acknowledged = desk.kill()
        began = time.monotonic_ns()
        desk.confirm(request)
        desk.until(partial(desk.flatten_ended, request), 60)
        took_ms = (time.monotonic_ns() - began) / 1e6
        desk.exchange.clear_faults()
        assert not desk.positions_there(), desk.story()
        seen = desk.exchange.ask(f"/_sim/requests?since_ns={began}&limit=1000")["requests"]
        return took_ms, len(seen)
    finally:
        desk.close()
