"""A whole desk on one hand-moved clock: the real guard, loop and store, and the sandbox over TLS.

Calls to the exchange run at once instead of in threads, and the loop lives in this interpreter: what
happens is decided by the clock and the exchange alone, so a story tells the same every time.
"""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from core.flatten import Job
from core.modes import Mode, Rule
from core.orders import Kind, Order
from core.people import Actor, Person, Role
from core.requests import Request
from store import asking, decisions, one_voice
from store.control import begin_desk, read_constraints, read_row
from store.decisions import Tightened
from store.events import latest
from store.flattening import latest_job
from store.gate import SendGate
from store.ledger import held, read_positions
from store.orders import latest_orders, live_orders
from store.page import GatePage
from store.requests import read_request
from store.store import Store, open_store
from tests.sandbox.exchange_process import ExchangeProcess
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.signing import load_key
from trader.coinbase.wire import Wire
from trader.desk import Desk, DeskGate
from trader.guard import Guard, Said
from trader.lanes import Calls, Lane
from trader.loop import Loop, Phase, Start, StartFeeds
from trader.profiles import DEV, Profile
from trader.standin import Progress, StandIn

DESK = "main"
START = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
STEP_S = 0.5


class AtOnce:
    """A runner that makes the call where it is asked for."""

    hanging: Lane | None = None
    """A lane whose calls get no answer."""

    def submit(self, lane: Lane, call: Callable[[], Any]) -> "Future[Any]":
        future: Future[Any] = Future()
        if lane is self.hanging:
            return future
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 (it travels in the future, as from a thread)
            future.set_exception(error)
        return future

    def together(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        return [call() for call in calls]


class LoopHere:
    """The guard's child in this interpreter: it lives until it is killed, crashes or drains."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.code: int | None = None
        self.stopped = False
        self.only_beats = False
        """A loop whose beat goes on while its work does not."""

    def exited(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.code = -9
        self.loop.flatten.lease.release()  # the kernel does this for a process

    def tick(self, now: datetime, now_ns: int) -> None:
        if self.code is not None or self.stopped:
            return
        if self.only_beats:
            self.loop.page.beat(now_ns)
            return
        self.loop.tick(now, now_ns)
        if self.loop.phase is Phase.DRAINED:
            self.code = 0


class HandsHere:
    """The guard's hands in this interpreter: they move when the guard looks at them."""

    def __init__(self, desk: Callable[[], Desk]) -> None:
        self._make_desk = desk
        self.standin: StandIn | None = None

    def begin(self, now: datetime) -> None:
        self.standin = StandIn(self._make_desk(), now)

    def progress(self, now: datetime) -> Progress:
        assert self.standin is not None
        self.standin.tick(now)
        return self.standin.tick(now)

    def kill(self) -> None:
        if self.standin is not None:
            self.standin.let_go()


def person(name: str, *roles: Role) -> Actor:
    return Actor(name, Person(name, name.title(), frozenset(roles)))


ALICE = person("alice", Role.OPERATOR, Role.APPROVER)
BOB = person("bob", Role.OPERATOR, Role.APPROVER)
DAVE = person("dave", Role.VIEWER)


class World:
    """One desk, its people and its exchange. Time passes only in `pass_time` and `until`."""

    def __init__(self, exchange: ExchangeProcess, home: Path, profile: Profile = DEV) -> None:
        self.exchange = exchange
        self.now = START
        self.profile = profile
        self.runner = AtOnce()
        self.store: Store = open_store(home, self.now)
        self.said: list[Said] = []
        self._ids = itertools.count(1)
        self._boots = itertools.count(1)
        self.store.write(
            lambda tx: begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "story", self.now)
        )
        self.store.brake(DESK).follow_row()
        self.child: LoopHere | None = None
        self.loops_crash = False
        """Whether every loop that is started ends at once."""
        self.start_feeds: StartFeeds | None = None
        self.guard_key = "guard"
        self.guard = self._new_guard()

    # What happens

    def pass_time(self, seconds: float) -> None:
        """Everything that comes due in so many seconds, in small steps."""
        for _ in range(max(1, round(seconds / STEP_S))):
            self.exchange.advance(STEP_S)
            self.now += timedelta(seconds=STEP_S)
            self.tick()

    def jump(self, seconds: float) -> None:
        """A long time at once, in which nobody of this desk acted."""
        self.exchange.advance(seconds)
        self.now += timedelta(seconds=seconds)
        self.tick()

    def tick(self) -> None:
        """The guard and the loop once; the loop again so that it sees the replies."""
        self.said += self.guard.tick(self.now, self.now_ns, False)
        if self.child is not None:
            self.child.tick(self.now, self.now_ns)
            self.child.tick(self.now, self.now_ns)

    def until(self, what: Callable[[], bool], within_s: float = 60) -> None:
        """Let time pass until something is so; fails when it never is."""
        for _ in range(round(within_s / STEP_S)):
            if what():
                return
            self.pass_time(STEP_S)
        assert what(), f"not within {within_s} s; last events:\n" + "\n".join(self.events(15))

    def crash(self) -> None:
        """The loop is gone, as by kill -9; the guard will see it."""
        assert self.child is not None
        self.child.kill()

    def restart_everything(self) -> None:
        """Guard and loop die together and a new guard is started, on the same store."""
        self.crash()
        self.hands.kill()
        self.store.brake(DESK).follow_row()
        self.guard = self._new_guard()

    def close(self) -> None:
        self.store.close()

    # What people do

    def kill(self, who: Actor = ALICE, reason: str = "it looks wrong") -> Request:
        answer = decisions.ask_kill(self.store, DESK, who, reason, self.id("kill"), self.now)
        assert isinstance(answer, Tightened), answer
        assert answer.request is not None
        return answer.request

    def close_position(self, product_id: str, who: Actor = ALICE) -> None:
        one_voice.close_positions(
            self.store, DESK, who, (product_id,), "story", self.id("close"), self.now
        )

    def confirm(self, request: Request, who: Actor = BOB) -> Any:
        return decisions.confirm(self.store, request.id, who, self.now)

    def by_hand(self, product_id: str, side: str, configuration: dict[str, Any]) -> None:
        """Somebody places an order in the exchange's own app."""
        body = {
            "client_order_id": self.id("by-hand"),
            "product_id": product_id,
            "side": side,
            "order_configuration": configuration,
        }
        assert self.exchange.tell("/_sim/order", body)["success"]

    def ask_resume(self, who: Actor = ALICE) -> Request:
        answer = asking.ask_resume(self.store, DESK, who, "understood", self.id("resume"), self.now)
        assert isinstance(answer, Request), answer
        return answer

    def resume(self) -> Request:
        """Alice asks, Bob agrees, and the desk has had its time to carry it out."""
        request = self.ask_resume()
        self.confirm(request, BOB)
        self.pass_time(3)
        return self.request(request)

    # What can be seen

    @property
    def now_ns(self) -> int:
        return int((self.now - START).total_seconds() * 1e9) + 1

    def id(self, kind: str) -> str:
        return f"{kind}-{next(self._ids)}"

    def mode(self) -> Mode:
        return self.store.read(lambda c: read_row(c, DESK)).mode

    def armed(self) -> bool:
        return self._page.read().armed

    def rules(self) -> set[Rule]:
        return {c.rule for c in self.store.read(lambda c: read_constraints(c, DESK))}

    def positions(self) -> dict[str, int]:
        found = self.store.read(lambda c: held(read_positions(c, DESK)))
        return {p.product_id: p.contracts for p in found}

    def positions_there(self) -> dict[str, int]:
        """The exchange's own ledger."""
        sign = {"LONG": 1, "SHORT": -1}
        return {
            p["product_id"]: sign[p["side"]] * int(p["number_of_contracts"])
            for p in self.exchange.ask("/_sim/ledger")["positions"]
        }

    def live(self, *kinds: Kind) -> list[Order]:
        found = self.store.read(lambda c: live_orders(c, DESK))
        return [o for o in found if not kinds or o.spec.kind in kinds]

    def orders(self) -> list[Order]:
        return self.store.read(lambda c: latest_orders(c, DESK, 10_000))

    def working_there(self) -> list[dict[str, Any]]:
        """Orders that the exchange works."""
        live = {"PENDING", "OPEN", "QUEUED", "CANCEL_QUEUED"}
        orders = self.exchange.ask("/_sim/ledger")["orders"]
        return [order for order in orders if order["status"] in live]

    def placed_since(self, monotonic_ns: int) -> list[dict[str, Any]]:
        """Order requests that the exchange has read since then, as it wrote them down."""
        found = self.exchange.ask(f"/_sim/requests?since_ns={monotonic_ns}&limit=100000")
        return [
            r
            for r in found["requests"]
            if r["method"] == "POST" and r["path"].endswith("/brokerage/orders")
        ]

    def cancels_since(self, monotonic_ns: int) -> int:
        """How many requests to cancel something the exchange has read since then."""
        found = self.exchange.ask(f"/_sim/requests?since_ns={monotonic_ns}&limit=100000")
        return sum(r["path"].endswith("batch_cancel") for r in found["requests"])

    def request(self, request: Request) -> Request:
        return self.store.read(lambda c: read_request(c, request.id))

    def job(self) -> Job:
        job = self.store.read(lambda c: latest_job(c, DESK))
        assert job is not None
        return job

    def events(self, limit: int = 200) -> list[str]:
        found = self.store.read(lambda c: latest(c, DESK, limit))
        return [f"{e.at:%H:%M:%S} {e.kind} {e.actor} {dict(e.body)}" for e in found]

    def kinds(self) -> list[str]:
        return [e.kind for e in self.store.read(lambda c: latest(c, DESK, 10_000))]

    @property
    def loop(self) -> Loop:
        assert self.child is not None
        return self.child.loop

    # How it is built

    def _new_guard(self) -> Guard:
        self._page = GatePage(self.store.home.page(DESK))
        self.hands = HandsHere(lambda: self._desk(0, self.guard_key, "guard"))
        new_boot = partial(next, self._boots)
        return Guard(self.store, DESK, 1, self._page, self._spawn, new_boot, self.hands)

    def _spawn(self, boot: int) -> LoopHere:
        self.child = LoopHere(
            Loop(self._desk(boot, "trader", "trader"), Start(boot, 2), self._page, self.start_feeds)
        )
        if self.loops_crash:
            self.child.code = 1
        return self.child

    def _desk(self, boot: int, holder: str, actor: str) -> Desk:
        """The desk as the loop has it, or the guard: each with its own key and connections."""
        send_gate = SendGate(self.store.home, DESK, boot, lambda: self.now_ns)
        gate = DeskGate(self.store, self.profile.limits, send_gate, lambda: self.now)
        key = load_key(Path(self.exchange.key_file(holder)))
        endpoint = Endpoint(self.exchange.host, Path(self.exchange.ca))
        return Desk(
            name=DESK,
            profile=self.profile,
            store=self.store,
            exchange=Exchange(endpoint, key, Wire(gate), lambda: self.now),
            calls=Calls(self.runner),
            new_id=lambda: f"{actor}-{boot}-{next(self._ids)}",
            actor=actor,
        )
