"""The last hop: a connection under the official client that writes an order only as the gate lets it.

Reads and cancels pass. Whatever else could create exposure is gated, calls we do not know too.
"""

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from core.gate import ApprovedOrder, GateRefusal, Intent, Refused
from core.orders import OrderSpec
from core.risk import CheckedOrder, RiskRefused

SEND_TIMEOUT_S = 0.2
"""Bytes that a full socket does not take this fast must not keep the gate's lock."""

_HARMLESS_POST = re.compile(r"/api/v3/brokerage/orders/(batch_cancel|preview|edit_preview)$")

_SOCKET_OPTIONS = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # Unsent bytes die with the process instead of leaving after it.
    (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5000),
]


class Gate(Protocol):
    """What the wire asks of the store, so that its tests can answer instead."""

    def record(self, checked: CheckedOrder) -> Intent | RiskRefused | Refused:
        """Judge and make durable, in one transaction."""

    def pass_through(
        self, intent: Intent, write: Callable[[ApprovedOrder], None]
    ) -> ApprovedOrder | Refused:
        """Ask and write under the shared lock."""


class NotSent(Exception):
    """The order was refused before a byte of it was written. `intent` says if it was on record."""

    def __init__(self, refused: RiskRefused | Refused, intent: Intent | None) -> None:
        super().__init__(
            f"{refused.reason}: {refused.detail}" if refused.detail else refused.reason
        )
        self.refused = refused
        self.intent = intent


class Wire:
    """The gate as the connections see it. The order that a thread is sending travels beside the call."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._thread = threading.local()

    def adapter(self) -> HTTPAdapter:
        """A requests adapter whose connections ask this wire."""
        return _GatedAdapter(self)

    def sending(self, order: CheckedOrder) -> None:
        """Say which checked order the next gated request of this thread carries."""
        self._thread.order = order
        self._thread.written = False

    def written(self) -> bool:
        """Whether bytes of this thread's order may have left."""
        return bool(getattr(self._thread, "written", False))

    def request(self, method: str, url: str, body: object, write: Callable[[], None]) -> None:
        """Let one request pass, or gate it. Raises NotSent."""
        if method == "GET" or (method == "POST" and _HARMLESS_POST.search(url.split("?")[0])):
            write()
            return
        order: CheckedOrder | None = self._thread.__dict__.pop("order", None)
        if order is None or not _carries(body, order.spec):
            raise NotSent(Refused(GateRefusal.NO_INTENT, f"{method} {url}"), None)
        intent = self._gate.record(order)
        if not isinstance(intent, Intent):
            raise NotSent(intent, None)

        def write_approved(_approved: ApprovedOrder) -> None:
            self._thread.written = True
            write()

        verdict = self._gate.pass_through(intent, write_approved)
        if isinstance(verdict, Refused):
            raise NotSent(verdict, intent)


def _carries(body: object, spec: OrderSpec) -> bool:
    """The bytes must be those of the checked order and no other's."""
    if not isinstance(body, bytes | str):
        return False
    try:
        sent: Mapping[str, Any] = json.loads(body)
        (terms,) = sent["order_configuration"].values()
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return (
        sent.get("client_order_id") == spec.client_order_id
        and sent.get("product_id") == spec.product_id
        and sent.get("side") == spec.side
        and terms.get("base_size") == str(spec.contracts)
        and terms.get("limit_price") == format(spec.limit_price, "f")
    )


def _gated_pool(wire: Wire) -> type[HTTPSConnectionPool]:
    class GatedConnection(HTTPSConnection):
        """Connected (TLS done) before the gate is asked; the send has its own short timeout."""

        def request(
            self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any
        ) -> None:
            if self.sock is None:
                self.connect()

            def write() -> None:
                self.sock.settimeout(SEND_TIMEOUT_S)
                super(GatedConnection, self).request(method, url, body, *args, **kwargs)

            wire.request(method, url, body, write)

    class GatedPool(HTTPSConnectionPool):
        """A pool of such connections."""

        ConnectionCls = GatedConnection

    return GatedPool


class _GatedAdapter(HTTPAdapter):
    def __init__(self, wire: Wire) -> None:
        self._pool_class = _gated_pool(wire)
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, socket_options=_SOCKET_OPTIONS, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": self._pool_class}
