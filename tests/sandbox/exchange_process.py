"""An exchange that runs as a process of its own, and the real client that talks to it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from coinbase.rest import RESTClient

from tests.sandbox import template

BIP, ETP, SLP, XPP = "BIP-20DEC30-CDE", "ETP-20DEC30-CDE", "SLP-20DEC30-CDE", "XPP-20DEC30-CDE"
TERMINAL = {"FILLED", "CANCELLED", "EXPIRED", "FAILED"}


class ExchangeProcess:
    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        command = ["exchange", "--home", str(home), "--port", "0", "--control-port", "0", *options]
        self.process = template.start(command)
        words = self.process.stdout.readline().split()
        assert words[:2] == ["ready", "exchange"] and words[3] == "control", words
        self.url, self.control_url = words[2], words[4]
        self.host = self.url.removeprefix("https://")
        self.ca = str(home / "sandbox" / "ca.pem")
        self._session = requests.Session()
        self._session.trust_env = False
        self._clients: list[Any] = []

    def client(self, holder: str = "trader", **options: Any) -> Any:
        client = RESTClient(key_file=self.key_file(holder), base_url=self.host, **options)
        client.session.trust_env = False
        client.session.verify = self.ca
        self._clients.append(client)
        return client

    def key_file(self, holder: str) -> str:
        return str(self.home / "sandbox" / "keys" / f"{holder}.json")

    def key(self, holder: str) -> dict[str, str]:
        content: dict[str, str] = json.loads(Path(self.key_file(holder)).read_text())
        return content

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """Over TLS, without the client's signature."""
        return self._session.request(method, self.url + path, verify=self.ca, timeout=5, **options)

    def control(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, self.control_url + path, timeout=30, **options)

    def ask(self, path: str) -> Any:
        return self.control("GET", path).json()

    def tell(self, path: str, body: dict[str, Any]) -> Any:
        reply = self.control("POST", path, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def advance(self, seconds: float) -> Any:
        return self.tell("/_sim/clock", {"advance_s": seconds})

    def bend(self, product_id: str, **how: Any) -> Any:
        return self.tell("/_sim/market", {"product_id": product_id, **how})

    def fault(self, kind: str, **order: Any) -> int:
        fault_id: int = self.tell("/_sim/fault", {"kind": kind, **order})["id"]
        return fault_id

    def clear_faults(self) -> None:
        self.control("DELETE", "/_sim/faults")

    def order(self, client_order_id: str) -> dict[str, Any]:
        orders = self.ask("/_sim/ledger")["orders"]
        found: list[dict[str, Any]] = [
            order for order in orders if order["client_order_id"] == client_order_id
        ]
        assert len(found) == 1, found
        return found[0]

    def settled(self, client_order_id: str) -> dict[str, Any]:
        """The order once it has left PENDING."""
        wait_until(lambda: self.order(client_order_id)["status"] != "PENDING")
        return self.order(client_order_id)

    def flatten(self) -> None:
        """No orders and no positions, whatever a test left."""
        client = self.client()
        orders = self.ask("/_sim/ledger")["orders"]
        live = [order["order_id"] for order in orders if order["status"] not in TERMINAL]
        if live:
            client.cancel_orders(live)
        for position in self.ask("/_sim/ledger")["positions"]:
            client.close_position(f"flat-{time.monotonic_ns()}", position["product_id"])
        self.advance(1)
        assert not self.ask("/_sim/ledger")["positions"]

    def kill(self) -> None:
        self.process.kill()
        self._forget()

    def stop(self) -> int:
        self.process.terminate()
        return self._forget()

    def _forget(self) -> int:
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        self._session.close()
        for client in self._clients:
            client.session.close()
        return code


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """A bounded wait on a real process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
