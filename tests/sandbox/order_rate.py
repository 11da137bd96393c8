"""How many orders a second the exchange takes: ``python tests/sandbox/order_rate.py [SECONDS]``."""

import http.client
import json
import ssl
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from coinbase import jwt_generator

from tests.sandbox.exchange_process import SLP, ExchangeProcess

ORDERS = "/api/v3/brokerage/orders"
CONNECTIONS = 4


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as home:
        exchange = ExchangeProcess(Path(home), "--no-rate-limits")
        delays_s: list[float] = []
        deadline = time.monotonic() + seconds
        threads = [
            threading.Thread(target=hammer, args=(exchange, deadline, delays_s))
            for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        orders = len(exchange.ask("/_sim/ledger")["orders"])
        exchange.stop()
    delays_s.sort()
    middle, slow = delays_s[len(delays_s) // 2], delays_s[len(delays_s) * 99 // 100]
    sys.stdout.write(
        f"{orders / seconds:.0f} orders/s over {CONNECTIONS} connections,"
        f" reply p50 {middle * 1000:.1f} ms, p99 {slow * 1000:.1f} ms\n"
    )


def hammer(exchange: ExchangeProcess, deadline: float, delays_s: list[float]) -> None:
    """Buys and sells one contract in turn; one signature serves its two minutes."""
    host, _, port = exchange.host.partition(":")
    key = exchange.key("trader")
    uri = jwt_generator.format_jwt_uri("POST", ORDERS)
    token = jwt_generator.build_rest_jwt(uri, key["name"], key["privateKey"])
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    context = ssl.create_default_context(cafile=exchange.ca)
    connection = http.client.HTTPSConnection(host, int(port), context=context)
    while time.monotonic() < deadline:
        for side in ("BUY", "SELL"):
            body = {
                "client_order_id": uuid.uuid4().hex,
                "product_id": SLP,
                "side": side,
                "order_configuration": {"market_market_ioc": {"base_size": "1"}},
            }
            started = time.monotonic()
            connection.request("POST", ORDERS, json.dumps(body), headers)
            reply = json.loads(connection.getresponse().read())
            delays_s.append(time.monotonic() - started)
            if not reply["success"]:
                # A book eaten empty refuses until the market's next step.
                reason = reply["error_response"]["preview_failure_reason"]
                assert reason == "PREVIEW_INVALID_NO_LIQUIDITY", reply
    connection.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
