"""Faults a person or a test orders from a sandbox server, and which request or frame meets one."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.loopback import BadInput

REPLY_KINDS = frozenset(
    {"latency", "status", "drop_before", "drop_after", "html", "null_fields", "auth_error"}
    | {"half_open"}
    | {"phantom_order", "deaf_cancel", "frozen"}  # the exchange's own: it lies
)
HANDSHAKE_KINDS = frozenset({"handshake_503"})
HTTP_KINDS = REPLY_KINDS | HANDSHAKE_KINDS
SOCKET_KINDS = frozenset(
    {"close", "silence", "gap", "duplicate", "reorder", "null_fields", "auth_error", "half_open"}
)
KINDS = HTTP_KINDS | SOCKET_KINDS
MATCH_KEYS = frozenset({"method", "path", "product_id", "channel", "socket"})
LIMIT = 1_000


@dataclass(slots=True)
class Fault:
    id: int
    kind: str
    match: dict[str, Any]
    args: dict[str, Any]
    left: int | None
    probability: float
    met: int = field(default=0)

    @property
    def for_sockets(self) -> bool:
        return "channel" in self.match or bool(self.match.get("socket"))

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "match": self.match,
            "args": self.args,
            "count": self.left,
            "probability": self.probability,
            "met": self.met,
        }


class Faults:
    """Used-up faults stay listed (count 0) until deleted: a silenced socket refers to its fault."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._faults: dict[int, Fault] = {}
        self._last_id = 0

    def add(self, order: Mapping[str, Any]) -> Fault:
        if len(self._faults) >= LIMIT:
            raise BadInput(f"there are {LIMIT} faults already; delete some first")
        fault = _parse(order, self._last_id + 1)
        self._last_id = fault.id
        self._faults[fault.id] = fault
        return fault

    def listed(self) -> list[Fault]:
        return list(self._faults.values())

    def holds(self, fault_id: int) -> bool:
        return fault_id in self._faults

    def remove(self, fault_id: int | None) -> int:
        """Removes one fault, or all for None; returns how many went."""
        if fault_id is None:
            gone = len(self._faults)
            self._faults.clear()
            return gone
        return 0 if self._faults.pop(fault_id, None) is None else 1

    def for_request(
        self,
        method: str,
        path: str,
        product_ids: frozenset[str] = frozenset(),
        kinds: frozenset[str] = HTTP_KINDS,
    ) -> Fault | None:
        if not self._faults:
            return None
        for fault in self._faults.values():
            if fault.for_sockets or fault.kind not in kinds:
                continue
            if _meets_request(fault.match, method, path, product_ids) and self._spend(fault):
                return fault
        return None

    def for_frame(self, channel: str, kinds: frozenset[str] = SOCKET_KINDS) -> Fault | None:
        if not self._faults:
            return None
        for fault in self._faults.values():
            wanted = fault.match.get("channel", channel)
            if not fault.for_sockets or fault.kind not in kinds or wanted != channel:
                continue
            if self._spend(fault):
                return fault
        return None

    def _spend(self, fault: Fault) -> bool:
        if fault.left == 0:
            return False
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        if fault.left is not None:
            fault.left -= 1
        fault.met += 1
        return True


def _meets_request(
    match: Mapping[str, Any], method: str, path: str, product_ids: frozenset[str]
) -> bool:
    if match.get("method", method) != method:
        return False
    if match.get("product_id") is not None and match["product_id"] not in product_ids:
        return False
    wanted = match.get("path")
    if wanted is None:
        return True
    if wanted.endswith("*"):
        return path.startswith(wanted[:-1])
    return bool(path == wanted)


def _parse(order: Mapping[str, Any], fault_id: int) -> Fault:
    unknown = set(order) - {"match", "kind", "args", "count", "probability"}
    if unknown:
        raise BadInput(
            f"unknown field {sorted(unknown)[0]!r}: allowed are match, kind, args, count, probability"
        )
    match, kind, args = order.get("match", {}), order.get("kind"), order.get("args", {})
    _check_match(match)
    if not isinstance(args, dict):
        raise BadInput("args must be an object")
    fault = Fault(fault_id, str(kind), match, args, _count(order), _probability(order))
    allowed = SOCKET_KINDS if fault.for_sockets else HTTP_KINDS
    if fault.kind not in allowed:
        where = "sockets" if fault.for_sockets else "requests"
        raise BadInput(
            f"kind {kind!r} is not known for {where}: allowed are {', '.join(sorted(allowed))}"
        )
    _check_args(fault)
    return fault


def _check_match(match: Any) -> None:
    if not isinstance(match, dict) or set(match) - MATCH_KEYS:
        raise BadInput(f"match must be an object with only {', '.join(sorted(MATCH_KEYS))}")
    for key, value in match.items():
        wanted = bool if key == "socket" else str
        if value is not None and not isinstance(value, wanted):
            raise BadInput(
                f"match {key} {value!r} must be {'true' if key == 'socket' else 'a text'}"
            )


def _count(order: Mapping[str, Any]) -> int | None:
    count = order.get("count", 1)
    if count is None:
        return None
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise BadInput(f"count {count!r} must be a whole number from 1, or null for no end")
    return count


def _probability(order: Mapping[str, Any]) -> float:
    probability = order.get("probability", 1.0)
    if not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise BadInput(f"probability {probability!r} must be a number from 0 to 1")
    return float(probability)


def _check_args(fault: Fault) -> None:
    args = fault.args
    _check_seconds(args)
    if fault.kind == "latency" and not _number(args.get("ms"), 0, 600_000):
        raise BadInput('latency needs args {"ms": 0 to 600000}')
    if fault.kind == "status" and not _number(args.get("code"), 200, 599):
        raise BadInput(
            'status needs args {"code": 200 to 599, "body": optional, "after": optional}'
        )
    if fault.kind == "html" and not _number(args.get("code", 200), 200, 599):
        raise BadInput('html takes args {"code": 200 to 599}')
    if fault.kind == "close" and not _number(args.get("code", 1000), 1000, 4999):
        raise BadInput('close takes args {"code": 1000 to 4999}; 1006 aborts the connection')
    if fault.kind == "null_fields":
        fields = args.get("fields")
        if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
            raise BadInput('null_fields needs args {"fields": ["name" or "outer.inner", …]}')


def _check_seconds(args: Mapping[str, Any]) -> None:
    for name in ("s", "retry_after"):
        if name in args and not _number(args[name], 0, 86_400):
            raise BadInput(f"{name} {args[name]!r} must be a number of seconds")


def _number(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
