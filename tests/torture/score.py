"""What the rounds have come to, by the exchange's own log and ledger."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal

from core.chain import Event
from core.flatten import LegState
from core.modes import Mode
from core.requests import Request
from store.events import latest
from store.flattening import read_job
from store.own_cash import read_cash
from tests.torture.desk import DESK, RealDesk

IN_FLIGHT_NS = 50_000_000
"""Bytes written just before an acknowledgement may be read by the exchange a moment after it."""

LOOSER = (Mode.ACTIVE.name, Mode.REDUCE_ONLY.name)
STRATEGYS = ("e-", "x-")
STOPS = "s-"
CASH_TOLERANCE_USD = Decimal("0.01")
BOOKED_WITHIN_S = 8
DETAILS_MAX = 50


@dataclass
class Score:
    """Counts of what was done, and of what must never be."""

    rounds: int = 0
    kills: int = 0
    flattens: int = 0
    residuals: int = 0
    orders: int = 0
    by_the_guard: int = 0
    forbidden_after_ack: int = 0
    duplicates: int = 0
    looser_after_restart: int = 0
    not_flat: int = 0
    closed_too_much: int = 0
    books_differ: int = 0
    unfinished: int = 0
    disturbed: Counter[str] = field(default_factory=Counter)
    kill_ms: list[float] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        return sum(count for _name, count in self._never())

    def found(self, detail: str) -> None:
        """Put the story of a violation aside; the first ones are enough."""
        if len(self.details) < DETAILS_MAX:
            self.details.append(detail)

    def add(self, other: "Score") -> None:
        """What was counted of another desk."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))

    def _never(self) -> Iterator[tuple[str, int]]:
        yield "forbidden requests after an acknowledgement", self.forbidden_after_ack
        yield "client_order_ids sent twice", self.duplicates
        yield "restarts that came back looser", self.looser_after_restart
        yield "killed desks neither flat nor with a residual", self.not_flat
        yield "flattens that closed more than was held", self.closed_too_much
        yield "books unlike the exchange's", self.books_differ
        yield "rounds that did not come to their end", self.unfinished

    def table(self) -> str:
        ordered = sorted(self.kill_ms) or [0.0]
        middle, worst = ordered[len(ordered) // 2], ordered[-1]
        rows = [
            ("rounds", self.rounds),
            ("kills acknowledged", self.kills),
            ("flattens verified", self.flattens),
            ("flattens with a named residual", self.residuals),
            ("of these with a hand of the guard", self.by_the_guard),
            ("order requests at the exchange", self.orders),
            *self._never(),
            ("kill to acknowledged, median / worst ms", f"{middle:.1f} / {worst:.1f}"),
            *((f"disturbed by: {name}", count) for name, count in sorted(self.disturbed.items())),
        ]
        return "\n".join(f"{name:<46} {value:>16}" for name, value in rows)


def judge(desk: RealDesk, name: str, request: Request, acks: tuple[int, int], score: Score) -> None:
    """One round; `acks` are the instants of HELD and of KILLED, acknowledged."""
    count_forbidden(desk, name, acks, score)
    looser = [event for event in _changes(desk, request) if event.body["effective"] in LOOSER]
    if looser or desk.mode() is not Mode.KILLED:
        score.looser_after_restart += 1
        score.found(f"{name}: {looser}, now {desk.mode().name}\n{desk.story()}")
    _judge_flat(desk, name, request, score)
    beyond = [fill for fill in closes(desk, request) if fill.beyond_flat]
    if beyond:
        score.closed_too_much += 1
        score.found(f"{name}: {beyond}\n{desk.story()}")
    if not _books_agree(desk):
        score.books_differ += 1
        score.found(f"{name}: books {_books(desk)}, exchange {_books_there(desk)}\n{desk.story()}")


def _changes(desk: RealDesk, request: Request) -> list[Event]:
    """Every change of what is allowed since the kill was on record, whoever made it."""
    kinds = ("mode_set", "constrained", "released")
    events = desk.store.read(lambda c: latest(c, DESK, 500))
    return [e for e in events if e.kind in kinds and e.at >= request.asked_at]


def count_forbidden(desk: RealDesk, name: str, acks: tuple[int, int], score: Score) -> None:
    """Order requests that the exchange has read although they were forbidden when they were written."""
    held_at, killed_at = acks
    for request in desk.order_requests(held_at + IN_FLIGHT_NS):
        kind = request["body"]["client_order_id"][:2]
        stopped = kind == STOPS and request["monotonic_ns"] > killed_at + IN_FLIGHT_NS
        if kind in STRATEGYS or stopped:
            score.forbidden_after_ack += 1
            late_ms = (request["monotonic_ns"] - held_at) / 1e6
            score.found(f"{name}: {request['body']} {late_ms:.3f} ms late")


@dataclass(frozen=True, slots=True)
class Close:
    """One execution of a flatten, and the position at the exchange before and after it."""

    product_id: str
    before: int
    after: int

    @property
    def beyond_flat(self) -> bool:
        return self.before * self.after < 0 or abs(self.after) > abs(self.before)


def closes(desk: RealDesk, request: Request) -> Iterator[Close]:
    """Every execution of this request's closes, from the exchange's own ledger."""
    ledger = desk.exchange.ask("/_sim/ledger")
    ids = {order["order_id"]: order["client_order_id"] for order in ledger["orders"]}
    held: Counter[str] = Counter()
    for fill in ledger["fills"]:
        product_id, sign = fill["product_id"], 1 if fill["side"] == "BUY" else -1
        before = held[product_id]
        held[product_id] += sign * int(fill["size"])
        if ids[fill["order_id"]].startswith(request.id):
            yield Close(product_id, before, held[product_id])


def _judge_flat(desk: RealDesk, name: str, request: Request, score: Score) -> None:
    """Whatever is left at the exchange must be named by a leg that says why."""
    job = desk.store.read(lambda c: read_job(c, request.id))
    assert job is not None, "the flatten of a confirmed kill is on record"
    named = {leg.product_id for leg in job.legs if leg.state is LegState.RESIDUAL and leg.detail}
    left = {id: n for id, n in desk.positions_there().items() if id not in named}
    if named:
        score.residuals += 1
    if left:
        score.not_flat += 1
        score.found(f"{name}: left {left}\n{desk.story()}")


def _books(desk: RealDesk) -> tuple[dict[str, int], Decimal | None]:
    return desk.positions(), desk.store.read(lambda c: read_cash(c, DESK))


def _books_there(desk: RealDesk) -> tuple[dict[str, int], Decimal]:
    return desk.positions_there(), Decimal(desk.exchange.ask("/_sim/ledger")["cash"])


def _books_agree(desk: RealDesk) -> bool:
    """To the contract and to the cent, as soon as what happened last has been looked at."""

    def agree() -> bool:
        (positions, cash), (positions_there, cash_there) = _books(desk), _books_there(desk)
        near = cash is not None and abs(cash - cash_there) <= CASH_TOLERANCE_USD
        return near and positions == positions_there

    return desk.becomes(agree, BOOKED_WITHIN_S)


def count_duplicates(desk: RealDesk, score: Score) -> None:
    requests = desk.order_requests()
    sent = Counter(request["body"]["client_order_id"] for request in requests)
    score.orders += len(requests)
    twice = [id for id, times in sent.items() if times > 1]
    score.duplicates += len(twice)
    if twice:
        score.found(f"sent twice: {twice}")
