"""The state machine: people, rules, senders, fills, crashes and clocks in any order, judged each step.

What leaves is held against `law`, what could still fill against `worst`; neither knows the product's code.
"""

import itertools
import shutil
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.gate import BEAT_LATE_NS
from core.modes import Mode
from core.orders import Kind, Side, closing_side
from store.control import read_constraints, read_control, read_row
from store.ledger import read_position
from store.observations import read_held_there
from store.orders import live_orders, read_order
from store.own_cash import read_cash
from store.requests import latest_requests
from tests.oracle.acts import ACTS, INTERRUPTIONS, Acts
from tests.oracle.answers import READS
from tests.oracle.desk import DESK, Sending, TinyDesk
from tests.oracle.law import CAST, Law
from tests.oracle.venue import Stage, There
from tests.oracle.worst import growing, reachable
from tests.store import desk as facts
from trader.look import LISTED_WITHIN

P = TypeVar("P")

CLEAN_LOOKS = 2
SWEEPS = CLEAN_LOOKS + 1
CASH_TOLERANCE = Decimal("0.000001")
POSITION_MAX = 10
"""Contracts of one product that the limits of these tests allow."""
MANY = 4
"""Orders at once; more would only make the brute force slow."""

Happenings = list[tuple[int, int]]
acts = st.sampled_from(ACTS)
interruptions = st.sampled_from(INTERRUPTIONS)
delays = st.sampled_from([0, 0, 3, 16, 130, 700])
kinds = st.sampled_from(list(Kind))
people = st.sampled_from(sorted(CAST))
sizes = st.integers(1, 5)
numbers = st.integers(0, 7)
happenings = st.lists(st.tuples(numbers, sizes), max_size=2)


class DeskMachine(RuleBasedStateMachine):
    """One desk and its oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="oracle-"))
        self.desk = TinyDesk(self.root / "home")
        self.law = Law()
        self.acts = Acts(self.desk, self.law)
        self._ids = itertools.count(1)

    def teardown(self) -> None:
        self.desk.close()
        shutil.rmtree(self.root)

    # Orders

    @initialize(side=st.sampled_from(list(Side)), size=st.integers(0, 5))
    def begin(self, side: Side, size: int) -> None:
        """Most desks hold something when the trouble begins."""
        if size:
            self.trade(side, size)

    @rule(side=st.sampled_from(list(Side)), size=sizes)
    def trade(self, side: Side, size: int) -> None:
        """An entry that goes well."""
        self.desk.beat()
        sending = self._intend(Kind.ENTRY, side, size)
        if sending is not None and self._goes_out(sending):
            self.desk.hear(sending, lost=False)
            self.desk.venue.fill(self._there(sending), size)
            self._whole_look()

    @rule(kind=kinds, side=st.sampled_from(list(Side)), size=sizes)
    def intend(self, kind: Kind, side: Side, size: int) -> None:
        """Somebody wants to send something, sensible or not; it may leave much later."""
        self._intend(kind, *self._mostly_sensible(kind, side, size))

    @rule(
        kind=kinds,
        side=st.sampled_from(list(Side)),
        sizes=st.tuples(sizes, st.integers(0, 5)),
        lost=st.booleans(),
        lag=st.integers(0, 1),
    )
    def send(self, kind: Kind, side: Side, sizes: tuple[int, int], lost: bool, lag: int) -> None:
        """The same at once; some of it fills, and a look may see the order before the fill."""
        self.desk.beat()
        sending = self._intend(kind, *self._mostly_sensible(kind, side, sizes[0]))
        if sending is not None and self._goes_out(sending):
            self.desk.hear(sending, lost=lost)
            if sizes[1]:
                self.desk.venue.fill(self._there(sending), sizes[1])
            self.desk.look(lag=lag)

    @rule(
        kind=kinds, side=st.sampled_from(list(Side)), what=interruptions, who=people, other=people
    )
    def interrupted(self, kind: Kind, side: Side, what: str, who: str, other: str) -> None:
        """Something happens between an intent and its last hop."""
        self.desk.beat()
        sending = self._intend(kind, *self._mostly_sensible(kind, side, 1))
        self.acts.happen(what, who, other, 0)
        if what == "crash":
            self.desk.look()  # the next start is armed already
        if sending is not None:
            self._write(sending)

    @rule(which=numbers)
    def write(self, which: int) -> None:
        """A sender goes on to the last hop; from whichever start of the trader it is."""
        sending = self._pick(self.desk.sendings, which)
        if sending is not None:
            self._write(sending)

    @rule(which=numbers)
    def send_again(self, which: int) -> None:
        """A sender that heard nothing tries once more with the order that it has."""
        sending = self._pick(self.desk.sendings, which)
        if sending is not None and sending.written:
            again = self.desk.intend(sending.intent.spec)
            if isinstance(again, Sending):
                self._write(again)

    @rule(which=numbers, lost=st.booleans())
    def arrive(self, which: int, lost: bool) -> None:
        """Bytes reach the exchange, or never do."""
        there = self._pick(self._in(Stage.FLYING), which)
        if there is not None and lost:
            there.stage = Stage.LOST
        elif there is not None:
            self.desk.venue.arrive(there, self.desk.elapsed_s)

    @rule(which=numbers, lost=st.booleans())
    def reply(self, which: int, lost: bool) -> None:
        """The answer comes once the exchange has the order; a lost one may be lost at any time."""
        sending = self._pick([s for s in self.desk.sendings if s.written], which)
        if sending is None:
            return
        arrived = self._there(sending).stage in (Stage.WORKING, Stage.ENDED)
        if lost or arrived:
            self.desk.hear(sending, lost=lost)

    @rule(which=numbers, size=sizes)
    def fill(self, which: int, size: int) -> None:
        self._fill_one(which, size)

    @rule(which=numbers, obeyed=st.booleans())
    def cancel(self, which: int, obeyed: bool) -> None:
        there = self._pick(self._in(Stage.WORKING), which)
        if there is not None:
            self.desk.cancel(there.spec.client_order_id, obeyed=obeyed)

    @rule(
        after_orders=happenings, after_fills=happenings, lag=st.integers(0, 2), late=st.booleans()
    )
    def look(self, after_orders: Happenings, after_fills: Happenings, lag: int, late: bool) -> None:
        """Reconciliation; orders arrive and fill while it reads, and its lists lag behind."""
        self.desk.look(
            [self._later(*one) for one in after_orders],
            [self._later(*one) for one in after_fills],
            lag,
            late=late,
        )
        self._count_clean_look()

    @rule()
    def whole_look(self) -> None:
        """Nothing happens meanwhile."""
        self._whole_look()

    @rule(fails=st.sampled_from(READS), meanwhile=happenings)
    def failed_look(self, fails: str, meanwhile: Happenings) -> None:
        """A part of it fails: half a look is no look, and what is held there is unknown, not flat."""
        before = self._picture()
        good = self.desk.look([self._later(*one) for one in meanwhile], fails=fails)
        assert not good, f"a look whose {fails} failed counts as good"
        assert self._picture() == before, f"{before} became {self._picture()} without {fails}"

    @rule()
    def sweep(self) -> None:
        """What the mode forbids is cancelled until the trader says that nothing is left of it."""
        verified = False
        for _ in range(SWEEPS):
            verified = self.desk.sweep_once()
            self._whole_look()
        if verified and self.law.effective is not Mode.ACTIVE:
            assert self.law.clean_looks >= CLEAN_LOOKS, f"verified, but left {self._orders_there()}"

    # What happens around them

    @rule(what=acts, who=people, other=people, which=numbers)
    def happens(self, what: str, who: str, other: str, which: int) -> None:
        self.acts.happen(what, who, other, which)

    @rule(who=people, other=people, delays=st.tuples(delays, delays))
    def resume(self, who: str, other: str, delays: tuple[float, float]) -> None:
        """As it ought to be when these two may and are in time."""
        self.acts.resume(who, other, *delays)

    @rule(seconds=delays)
    def pass_time(self, seconds: float) -> None:
        self.desk.pass_time(seconds)

    # What must hold after every step

    @invariant()
    def only_what_was_agreed_stands(self) -> None:
        with self.desk.store.reading() as c:
            requests, row = latest_requests(c, DESK, 1_000), read_row(c, DESK).mode
            control, rules = read_control(c, DESK), {x.rule for x in read_constraints(c, DESK)}
        self.law.follow(requests)
        assert row is self.law.effective, f"{row.name}, but {self.law.effective.name} is the law"
        assert control.mode is self.law.mode, control
        assert rules == self.law.rules, rules
        page = self.desk.page.read()
        assert page.mode is None or page.mode >= row, "the page is looser than the row"

    @invariant()
    def reduce_only_reduces(self) -> None:
        if self.law.effective is Mode.ACTIVE or self.law.clean_looks < CLEAN_LOOKS:
            return
        venue = self.desk.venue
        beyond = growing(venue.position, venue.movable(self.desk.elapsed_s))
        assert not beyond, f"{venue.position:+d} could become {beyond}: {self._orders_there()}"

    @invariant()
    def what_reduces_never_flips(self) -> None:
        """In any mode: all of it together leads to flat and no further.

        Closes go by the exchange's position and entries by our books: while both may leave, only the
        loop, which does not trade while it flattens, keeps them apart.
        """
        venue, active = self.desk.venue, self.law.effective is Mode.ACTIVE
        kinds = {Kind.EXIT, Kind.STOP} | (set() if active else {Kind.FLATTEN})
        beyond = growing(venue.position, venue.movable(self.desk.elapsed_s, kinds))
        assert not beyond, f"{venue.position:+d} could become {beyond}: {self._orders_there()}"

    @invariant()
    def limits_hold_whatever_fills(self) -> None:
        venue = self.desk.venue
        reach = reachable(venue.position, venue.movable(self.desk.elapsed_s))
        assert max(map(abs, reach)) <= POSITION_MAX, f"{sorted(reach)}: {self._orders_there()}"

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        twice = [id for id, times in self.desk.venue.received.items() if times > 1]
        assert not twice, twice

    # How it is done

    def _intend(self, kind: Kind, side: Side, size: int) -> Sending | None:
        if len(self.desk.sendings) + len(self.desk.venue.movable(self.desk.elapsed_s)) >= MANY:
            return None
        spec = facts.order(f"o{next(self._ids)}", kind, side, size)
        found = self.desk.intend(spec)
        if not isinstance(found, Sending):
            return None
        found.era = self.law.era
        return found

    def _mostly_sensible(self, kind: Kind, side: Side, size: int) -> tuple[Side, int]:
        """What reduces aims at flat, more often than not."""
        position = self.desk.venue.position
        if kind is not Kind.ENTRY and position and size != 2:
            return closing_side(position), min(5, max(size, abs(position)))
        return side, size

    def _goes_out(self, sending: Sending) -> bool:
        """Whether it left and the exchange has it."""
        self._write(sending)
        if sending.written:
            self.desk.venue.arrive(self._there(sending), self.desk.elapsed_s)
        return sending.written

    def _write(self, sending: Sending) -> None:
        if sending.written:
            return
        self.desk.write(sending, self._left)

    def _left(self, sending: Sending) -> None:
        """Called at the instant a byte leaves: may this one?"""
        kind, desk = sending.intent.spec.kind, self.desk
        assert self.law.may_leave(kind), f"{kind} left while {self.law.effective.name}"
        if kind is Kind.FLATTEN:
            return
        assert sending.era == self.law.era, f"{kind} from before a tightening left after it"
        assert sending.boot == desk.boot, f"{kind} of another start left"
        page = desk.page.read()
        assert page.armed, f"{kind} left before anything was reconciled"
        assert not desk.store.home.kill_file.exists(), f"{kind} left past the KILL file"
        assert desk.now_ns - page.beat_ns <= BEAT_LATE_NS, f"{kind} left while the loop was silent"
        assert desk.now_ns < page.lease_until_ns, f"{kind} left without a guard"

    def _later(self, which: int, size: int) -> Callable[[], None]:
        """Meanwhile one arrives that was on its way, or one that works fills."""

        def happens() -> None:
            flying = self._pick(self._in(Stage.FLYING), which)
            if flying is not None and size % 2:
                self.desk.venue.arrive(flying, self.desk.elapsed_s)
            self._fill_one(which, size)

        return happens

    def _whole_look(self) -> None:
        """Afterwards our books are the exchange's, to the contract and to the cent."""
        self.desk.look()
        self._count_clean_look()
        venue, store = self.desk.venue, self.desk.store
        with store.reading() as c:
            position, cash = read_position(c, DESK, facts.BTC), read_cash(c, DESK)
            held = read_held_there(c, DESK).get(facts.BTC)
            pairs = [(there, read_order(c, id)) for id, there in venue.orders.items()]
        contracts = position.contracts if position is not None else 0
        assert contracts == venue.position, f"books {contracts}, exchange {venue.position}"
        assert (held.contracts if held else 0) == venue.position, held
        assert cash is not None and abs(cash - venue.cash) < CASH_TOLERANCE, (cash, venue.cash)
        for there, order in pairs:
            assert order is not None and order.filled == there.filled, (order, there)
            recent = (
                self.desk.trader_now() - order.updated_at <= LISTED_WITHIN
            )  # not asked about singly
            ended = there.stage is Stage.ENDED
            assert not (ended and order.live) or recent, f"{order} has ended there"
        assert not self.desk.sync.open, f"not explained: {self.desk.sync.open}"

    def _picture(self) -> tuple[object, ...]:
        """What the store knows of the exchange."""
        with self.desk.store.reading() as c:
            held = {id: there.contracts for id, there in read_held_there(c, DESK).items()}
            position, cash = read_position(c, DESK, facts.BTC), read_cash(c, DESK)
            return held, position, cash, live_orders(c, DESK)

    def _fill_one(self, which: int, size: int) -> None:
        there = self._pick(self._in(Stage.WORKING), which)
        if there is not None:
            self.desk.venue.fill(there, size)

    def _there(self, sending: Sending) -> There:
        return self.desk.venue.orders[sending.intent.spec.client_order_id]

    def _in(self, stage: Stage) -> list[There]:
        return [there for there in self.desk.venue.orders.values() if there.stage is stage]

    def _count_clean_look(self) -> None:
        """Swept: two looks in a row, begun since the last change, found nothing forbidden to clear away."""
        live = self.desk.store.read(lambda c: live_orders(c, DESK))
        swept = {Kind.ENTRY, Kind.EXIT}
        left = any(o.spec.kind in swept and not self.law.may_leave(o.spec.kind) for o in live)
        self.law.clean_looks = 0 if left else self.law.clean_looks + 1

    def _orders_there(self) -> list[str]:
        return [
            f"{t.spec.kind} {t.spec.side} {t.left} of {t.spec.contracts}, {t.stage.name}"
            for t in self.desk.venue.orders.values()
        ]

    @staticmethod
    def _pick(among: list[P], which: int) -> P | None:
        return among[which % len(among)] if among else None
