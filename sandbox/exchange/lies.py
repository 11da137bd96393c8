"""Replies that are not true, well formed and signed off: an order never worked, a cancel never made."""

import uuid
from collections.abc import Callable

from aiohttp import web

from sandbox.exchange.call import Json
from sandbox.faults import Fault
from sandbox.loopback import to_json
from sandbox.requestlog import Record

PHANTOM_ORDER, DEAF_CANCEL, FROZEN = "phantom_order", "deaf_cancel", "frozen"


class Lies:
    """What a fault has the exchange say instead of doing or looking."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], bytes] = {}

    def told(
        self, fault: Fault | None, record: Record, answer: Callable[[], web.Response]
    ) -> web.Response:
        """`answer` is the true one; it has its effect when it is asked for."""
        body = record.body if isinstance(record.body, dict) else {}
        if fault is not None and fault.kind == PHANTOM_ORDER:
            return _reply(_acknowledged(body))
        if fault is not None and fault.kind == DEAF_CANCEL:
            return _reply({"results": [_cancelled(id) for id in body.get("order_ids", [])]})
        if fault is not None and fault.kind == FROZEN:
            return self._as_before(fault, record.path, answer)
        return answer()

    def _as_before(
        self, fault: Fault, path: str, answer: Callable[[], web.Response]
    ) -> web.Response:
        """The answer that the first request got which met this fault."""
        kept = self._kept.get((fault.id, path))
        if kept is not None:
            return web.Response(body=kept, content_type="application/json")
        reply = answer()
        if reply.status == 200 and isinstance(reply.body, bytes):
            self._kept[fault.id, path] = reply.body
        return reply


def _reply(body: Json) -> web.Response:
    return web.Response(body=to_json(body), content_type="application/json")


def _acknowledged(body: Json) -> Json:
    return {
        "success": True,
        "success_response": {
            "order_id": str(uuid.uuid4()),
            "product_id": body.get("product_id"),
            "side": body.get("side"),
            "client_order_id": body.get("client_order_id"),
            "attached_order_id": "",
        },
        "order_configuration": body.get("order_configuration"),
    }


def _cancelled(order_id: object) -> Json:
    return {
        "success": True,
        "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON",
        "order_id": order_id,
    }
