"""--kill-switch and --shutdown-graceful: asked for at once, then waited for until it is proved."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answer import FAILED, OK, Answer
from bot.commands.facts import applied_facts, facts_of, job_facts
from bot.commands.outcomes import not_again, record_pending, requests_in_flight
from bot.commands.shown import open_positions_lines
from bot.options import Options
from bot.outside import Outside
from bot.picture import Picture, read_picture
from bot.surface import Surface
from bot.words import count
from core.flatten import Job, JobState
from core.modes import Mode
from core.orders import Kind, Order
from core.people import Actor
from store import commands
from store.brake import Applied
from store.decisions import kill_now
from store.flattening import open_job, read_job
from store.lock import running_pid
from store.store import Store
from store.wakeups import nudge

LOOK_S = 0.2
REASON_MAX = 300
STOPPED_BY_KILL = (Kind.ENTRY, Kind.EXIT)

Proof = Callable[[], Answer | None]


@dataclass(frozen=True, slots=True)
class Emergency:
    """Who asked for it and how. `surface` is where."""

    store: Store
    actor: Actor
    id: str
    options: Options
    outside: Outside
    surface: Surface

    def id_of(self, desk: str, desks: Sequence[str]) -> str:
        """Each desk has its own: with a common one, only the first would be killed."""
        return self.id if len(desks) == 1 else f"{self.id}-{desk}"

    def picture(self, desk: str) -> Picture:
        return read_picture(self.store, desk, self.outside.clock(), self.outside.monotonic_ns())

    def trader_runs(self, desk: str) -> bool:
        home = self.store.home
        files = (home.single("guard", desk), home.single("loop", desk))
        return any(running_pid(file) is not None for file in files)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One desk on its way: `proof` is None until it has come to an end, `late` says what is left."""

    desk: str
    proof: Proof
    late: Callable[[], Answer]


def kill_switch(at: Emergency, desks: Sequence[str]) -> Answer:
    """Both phases on one voice. Every desk is killed before any is waited for; 0 only when proved."""
    answers, waiting = [], []
    keep = at.options.keep_positions
    why = at.options.said[:REASON_MAX] or "kill switch"
    for desk in desks:
        id, now = at.id_of(desk, desks), at.outside.clock()
        applied = kill_now(at.store, desk, at.actor, why, id, now, keep_positions=keep)
        if not applied.recorded:
            answers.append(record_pending(desk, applied))
            continue
        _say_applied(at, desk, applied)
        if applied.mode is not Mode.KILLED:
            answers.append(not_again(desk, applied, id))
        elif keep:
            waiting.append(_until_no_entries(at, desk, applied))
        else:
            waiting.append(_until_flat(at, desk, applied, id))
    return _together([*answers, *_wait_for(waiting, at.options.timeout_s)])


def _say_applied(at: Emergency, desk: str, applied: Applied) -> None:
    at.outside.say(
        f"{desk}: {applied.mode.name}, epoch {applied.epoch}, {requests_in_flight(applied)}"
    )
    if not at.trader_runs(desk):
        at.outside.say(f"{desk}: NO TRADER RUNS: nothing can be cancelled or closed from here.")


def _until_flat(at: Emergency, desk: str, applied: Applied, id: str) -> Waiting:
    """Waits for the flatten that was asked for, or the one that ran already."""
    followed = at.store.read(lambda c: read_job(c, id) or open_job(c, desk))
    told: set[str] = set()

    def proof() -> Answer | None:
        if followed is None:
            return _flat_or_not(at, desk, applied, "nothing to close", None)
        job = at.store.read(lambda c: read_job(c, followed.id))
        assert job is not None, "jobs are never deleted"
        _say_legs(job, told, at.outside)
        if job.open:
            return None
        return _flat_or_not(at, desk, applied, job.outcome, job)

    def late() -> Answer:
        picture = at.picture(desk)
        lines = [_who_goes_on(at, desk), *open_positions_lines(picture)]
        facts = facts_of(picture) | {"applied": applied_facts(applied)}
        return Answer(f"{desk}: KILLED, NOT VERIFIED flat in time", lines, [], facts, FAILED)

    return Waiting(desk, proof, late)


def _who_goes_on(at: Emergency, desk: str) -> str:
    if at.trader_runs(desk):
        return f"The flatten goes on. Follow it: {at.surface.watched('status')}"
    return (
        f"NOBODY IS CLOSING IT: start the trader ({at.surface.shell} --profile PROFILE) and it goes "
        "on with this, or close on the exchange's own screen. Until somebody looks, flat is not proved."
    )


def _say_legs(job: Job, told: set[str], outside: Outside) -> None:
    for leg in job.legs:
        line = f"  {leg.product_id}: {leg.state} {leg.detail}".rstrip()
        if line not in told:
            told.add(line)
            outside.say(line)


def _flat_or_not(
    at: Emergency, desk: str, applied: Applied, outcome: str, job: Job | None
) -> Answer:
    """A job that ended verified is the proof; without a job only a fresh look that finds nothing is."""
    picture = at.picture(desk)
    facts = facts_of(picture) | {"applied": applied_facts(applied), "flatten": job_facts(job)}
    if job is not None and job.state is JobState.FLAT_VERIFIED:
        return Answer(f"{desk}: KILLED, FLAT_VERIFIED: {outcome}", [], [], facts)
    if job is None and not picture.positions and picture.unknown is None:
        return Answer(f"{desk}: KILLED, it was flat before", [], [], facts)
    state = job.state.name if job else "NOT VERIFIED flat"
    lines = open_positions_lines(picture)
    return Answer(f"{desk}: KILLED, {state}: {outcome}", lines, [], facts, FAILED)


def _until_no_entries(at: Emergency, desk: str, applied: Applied) -> Waiting:
    """Waits until nothing works that could add risk; positions and their stops stay."""

    def proof() -> Answer | None:
        picture = at.picture(desk)
        if _stoppable(picture) or picture.unknown is not None:
            return None
        facts = facts_of(picture) | {"applied": applied_facts(applied)}
        lines = ["No working entries or exits are left.", *open_positions_lines(picture)]
        return Answer(f"{desk}: KILLED, positions kept", lines, [], facts)

    def late() -> Answer:
        picture = at.picture(desk)
        left = _stoppable(picture)
        lines = [f"  may still work: {_named(order)}" for order in left]
        facts = facts_of(picture) | {"applied": applied_facts(applied)}
        lines += open_positions_lines(picture)
        return Answer(f"{desk}: KILLED, NOT VERIFIED in time", lines, [], facts, FAILED)

    return Waiting(desk, proof, late)


def _stoppable(picture: Picture) -> list[Order]:
    return [order for order in picture.live if order.spec.kind in STOPPED_BY_KILL]


def _named(order: Order) -> str:
    spec = order.spec
    return f"{spec.kind} {spec.side} {order.left} {spec.product_id} ({spec.client_order_id})"


def shut_down(at: Emergency, desks: Sequence[str]) -> Answer:
    """Ask the traders to drain and wait until they are gone. Positions and their stops stay."""
    answers, waiting = [], []
    for desk in desks:
        if not at.trader_runs(desk):
            answers.append(Answer(f"{desk}: no trader runs; nothing to stop"))
            continue
        _ask_to_stop(at, desk, at.id_of(desk, desks))
        waiting.append(_until_gone(at, desk))
    return _together([*answers, *_wait_for(waiting, at.options.timeout_s)])


def _ask_to_stop(at: Emergency, desk: str, id: str) -> None:
    now, actor = at.outside.clock(), str(at.actor)
    at.store.write(
        lambda tx: commands.record(
            tx, id=id, desk=desk, verb="shutdown", body={}, actor=actor, now=now
        )
    )
    for process in ("guard", "loop"):
        nudge(at.store.home.socket(process, desk))
    at.outside.say(f"{desk}: stopping; entries are cancelled, positions and their stops stay")


def _until_gone(at: Emergency, desk: str) -> Waiting:
    def proof() -> Answer | None:
        if at.trader_runs(desk):
            return None
        picture = at.picture(desk)
        title = f"{desk}: stopped, {count(len(picture.positions), 'position')} kept"
        return Answer(title, open_positions_lines(picture), [], facts_of(picture))

    def late() -> Answer:
        lines = [f"It goes on stopping. Look at it: {at.surface.says('health')}"]
        title = f"{desk}: NOT STOPPED in {at.options.timeout_s:.0f} s"
        return Answer(title, lines, code=FAILED)

    return Waiting(desk, proof, late)


def _wait_for(waiting: Sequence[Waiting], timeout_s: float) -> list[Answer]:
    """Look at every desk in turn until each has its proof, for so long in all."""
    answers: dict[str, Answer] = {}
    deadline = time.monotonic() + timeout_s
    while True:
        for one in waiting:
            proved = None if one.desk in answers else one.proof()
            if proved is not None:
                answers[one.desk] = proved
        if len(answers) == len(waiting) or time.monotonic() >= deadline:
            break
        time.sleep(LOOK_S)
    return [answers[one.desk] if one.desk in answers else one.late() for one in waiting]


def _together(answers: Sequence[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    lines = [line for answer in answers for line in (answer.title, *answer.lines)]
    code = max((answer.code for answer in answers), default=OK)
    facts = {"desks": {a.title.split(":")[0]: a.facts for a in answers}}
    return Answer(f"{len(answers)} desks", lines, [], facts, code)
