"""--kill-switch, --shutdown-graceful and the flags that run a trader."""

import threading
from pathlib import Path

import pytest

from core.flatten import Job, JobState, LegState
from core.modes import Mode
from core.orders import Kind, OrderState, Side
from store import commands
from store.flattening import latest_job, move_job, move_leg
from store.ledger import book_fill
from store.lock import SingleProcess
from store.observations import read_succeeded
from store.orders import move
from tests.bot.terminal import BECAME, BTC, LOOK, PRODUCT, Terminal
from tests.bot.trader import close_of

AT_ONCE = "--timeout-s=0"


def job_of(terminal: Terminal) -> Job:
    found: Job = terminal.read(lambda c: latest_job(c, "main"))
    return found


def flatten(terminal: Terminal, to: JobState) -> None:
    """What the trader does with the job: it ends flat, or with a leg that could not be closed."""
    leg_to = LegState.FLAT if to is JobState.FLAT_VERIFIED else LegState.RESIDUAL

    def work(store, tx) -> None:  # type: ignore[no-untyped-def]
        job = latest_job(tx, "main")
        assert job is not None
        if to is JobState.FLAT_VERIFIED:
            book_fill(tx, store.log, "main", close_of(4), PRODUCT, terminal.now)
        move_job(tx, store.log, job, JobState.RUNNING, "", terminal.now)
        (leg,) = job.legs
        ended = type(leg)(leg.product_id, leg_to, leg.contracts, 1, "the session is closed")
        move_leg(tx, store.log, job, leg, ended, terminal.now)
        running = latest_job(tx, "main")
        assert running is not None
        outcome = "1 position closed" if to is JobState.FLAT_VERIFIED else "1 position left"
        move_job(tx, store.log, running, to, outcome, terminal.now)

    terminal.write(work)
    terminal.look()


def test_the_kill_switch_kills_on_one_voice_and_fails_while_nothing_is_proved(
    trading: Terminal,
) -> None:
    typed = trading.type("--kill-switch", "fills", "without", "orders", AT_ONCE)

    assert typed.code == 1
    assert trading.mode() is trading.page().mode is Mode.KILLED
    assert trading.control().reason == "fills without orders"
    assert "main: KILLED, epoch 2, 0 requests in flight" in typed.progress
    assert "NO TRADER RUNS" in typed.progress
    assert f"{BTC}: cancelling" in typed.progress
    assert "main: KILLED, NOT VERIFIED flat in time" in typed.text
    assert "POSITIONS ARE STILL OPEN" in typed.text
    assert job_of(trading).state is JobState.ASKED


@pytest.mark.parametrize(
    ("ends", "code", "says"),
    [
        (JobState.FLAT_VERIFIED, 0, "main: KILLED, FLAT_VERIFIED: 1 position closed"),
        (JobState.RESIDUAL, 1, "main: KILLED, RESIDUAL: 1 position left"),
    ],
)
def test_it_is_done_only_when_the_exchange_is_proved_flat(
    trading: Terminal, ends: JobState, code: int, says: str
) -> None:
    trading.type("--kill-switch", "--id", "k-1", AT_ONCE)
    flatten(trading, ends)

    typed = trading.type("--kill-switch", "--id", "k-1", AT_ONCE)

    assert typed.code == code
    assert says in typed.text
    assert ("STILL OPEN" in typed.text) is bool(code)
    if code:
        assert "residual the session is closed" in typed.progress


def test_it_waits_for_a_trader_that_works(trading: Terminal) -> None:
    trading.type("--kill-switch", "--id", "k-1", AT_ONCE)
    trader = threading.Thread(target=flatten, args=(trading, JobState.FLAT_VERIFIED))
    trader.start()

    typed = trading.type("--kill-switch", "--id", "k-1", "--timeout-s=20")
    trader.join()

    assert typed.code == 0
    assert "FLAT_VERIFIED" in typed.text


@pytest.mark.parametrize("reason", ["people cannot reach it", "demo gone", "status unknown", "-"])
def test_any_words_after_it_are_its_reason(trading: Terminal, reason: str) -> None:
    trading.type("--kill-switch", AT_ONCE, asks=reason)

    assert trading.mode() is Mode.KILLED
    assert trading.control().reason == reason


@pytest.mark.parametrize("also", ["--profile=prod", "--reduce-only", "--shutdown-graceful"])
def test_nothing_beside_it_is_in_its_way(trading: Terminal, also: str) -> None:
    trading.type("--kill-switch", also, AT_ONCE)

    assert trading.mode() is Mode.KILLED
    assert trading.became == []


def test_every_desk_is_killed_before_any_is_waited_for(terminal: Terminal) -> None:
    terminal.begin("asia", "europe")

    typed = terminal.type("--kill-switch", "--id", "k-1", AT_ONCE)

    assert typed.code == 1
    assert terminal.mode("asia") is terminal.mode("europe") is Mode.KILLED
    first_wait = typed.text.index("NOT VERIFIED")
    assert first_wait > 0
    assert typed.progress.index("europe: KILLED") < len(typed.progress)
    assert typed.text.count("NOT VERIFIED") == 2


def test_a_repeated_id_never_claims_a_kill_that_did_not_happen(trading: Terminal) -> None:
    trading.type("--kill-switch", "--id", "k-1", AT_ONCE)
    trading.resume_by_two()

    typed = trading.type("--kill-switch", "--id", "k-1", AT_ONCE)

    assert typed.code == 1
    assert "main: ACTIVE, NOT CHANGED" in typed.text
    assert "THE DESK IS ACTIVE NOW. To do it again, type it without --id." in typed.text


def test_keeping_positions_is_proved_by_the_absence_of_working_entries(trading: Terminal) -> None:
    trading.order("entry-1", Kind.ENTRY, 1, Side.BUY)

    working = trading.type("--kill-switch", "--keep-positions", AT_ONCE)
    assert working.code == 1
    assert "may still work: entry BUY 1 BIP-20DEC30-CDE (entry-1)" in working.text
    assert trading.read(lambda c: latest_job(c, "main")) is None, "nothing is closed"

    trading.write(
        lambda store, tx: move(tx, store.log, "entry-1", OrderState.CANCELLED, trading.now)
    )
    kept = trading.type("--kill-switch", "--keep-positions", AT_ONCE)
    assert kept.code == 0
    assert "main: KILLED, positions kept" in kept.text
    assert "POSITIONS ARE STILL OPEN" in kept.text


def test_keeping_positions_proves_nothing_while_orders_are_unknown(trading: Terminal) -> None:
    trading.later(3600)

    typed = trading.type("--kill-switch", "--keep-positions", AT_ONCE)

    assert typed.code == 1
    assert "POSITIONS ARE UNKNOWN" in typed.text


def test_a_desk_that_was_flat_is_proved_by_a_fresh_look_only(terminal: Terminal) -> None:
    terminal.begin()
    terminal.trade(contracts=0)
    terminal.type("--kill-switch", "--keep-positions", AT_ONCE)

    def no_job(store, tx) -> None:  # type: ignore[no-untyped-def]
        read_succeeded(tx, "main", LOOK, terminal.now)

    terminal.write(no_job)
    terminal.type("--kill-switch", "--id", "k-1", AT_ONCE)
    assert job_of(terminal).legs == ()


def test_under_json_the_answer_alone_is_on_its_stream(trading: Terminal) -> None:
    typed = trading.type("--kill-switch", "--json", AT_ONCE)

    assert typed.facts["applied"]["mode"] == "KILLED"
    assert typed.facts["applied"]["recorded"] is True
    assert "in flight" in typed.progress


@pytest.mark.parametrize(("name", "code"), [("carol", 1), ("alice", 3), ("dave", 3)])
def test_of_persons_only_a_commander_breaks_the_glass(
    trading: Terminal, name: str, code: int
) -> None:
    typed = trading.type("--kill-switch", AT_ONCE, *trading.proof_of(name))

    assert typed.code == code
    assert trading.mode() is (Mode.KILLED if code == 1 else Mode.ACTIVE)


class TestShutdown:
    def test_nothing_runs(self, trading: Terminal) -> None:
        typed = trading.type("--shutdown-graceful")
        assert typed.code == 0
        assert "main: no trader runs; nothing to stop" in typed.text

    def test_it_asks_the_trader_and_waits_until_it_is_gone(self, trading: Terminal) -> None:
        guard = SingleProcess(trading.home / "run" / "main.guard.pid")
        guard.acquire()

        late = trading.type("--shutdown-graceful", AT_ONCE)
        assert late.code == 1
        assert "main: NOT STOPPED in 0 s" in late.text
        (asked,) = trading.read(lambda c: commands.waiting(c, "main"))
        assert asked.verb == "shutdown"

        ending = threading.Timer(0.3, guard.release)
        ending.start()
        gone = trading.type("--shutdown-graceful", "--timeout-s=20")
        ending.join()
        assert gone.code == 0
        assert "main: stopped, 1 position kept" in gone.text

    def test_a_viewer_may_not(self, trading: Terminal) -> None:
        guard = SingleProcess(trading.home / "run" / "main.guard.pid")
        guard.acquire()
        typed = trading.type("--shutdown-graceful", AT_ONCE, *trading.proof_of("dave"))
        guard.release()

        assert typed.code == 3
        assert trading.read(lambda c: commands.waiting(c, "main")) == []


class TestRunningATrader:
    @pytest.mark.parametrize("flags", [[], ["--dry-run", "--run-once"], ["--reduce-only"]])
    def test_the_process_becomes_the_trader(self, terminal: Terminal, flags: list[str]) -> None:
        assert terminal.type("--profile", "dev", *flags).code == BECAME

        ((arguments, environment),) = terminal.became
        assert arguments[1:] == [
            "-m",
            "trader",
            "run",
            f"--home={terminal.home}",
            "--profile=dev",
            *flags,
        ]
        assert Path(arguments[0]).name.startswith("python")
        assert environment["PERPS_DESK"] == "main"

    def test_the_desk_is_handed_on(self, terminal: Terminal) -> None:
        terminal.type("--profile", "dev", "--desk", "asia")
        assert terminal.became[0][1]["PERPS_DESK"] == "asia"

    @pytest.mark.parametrize("profile", [[], ["--profile", "canary"]])
    def test_reduce_only_commands_a_desk_that_runs(
        self, trading: Terminal, profile: list[str]
    ) -> None:
        guard = SingleProcess(trading.home / "run" / "main.guard.pid")
        guard.acquire()

        typed = trading.type(*profile, "--reduce-only")
        guard.release()

        assert typed.code == 0
        assert trading.became == []
        assert trading.mode() is Mode.REDUCE_ONLY

    def test_reduce_only_of_another_desk_does_not_command_this_one(self, trading: Terminal) -> None:
        guard = SingleProcess(trading.home / "run" / "main.guard.pid")
        guard.acquire()

        typed = trading.type("--profile=dev", "--reduce-only", "--desk=asia")
        guard.release()

        assert typed.code == BECAME
        assert trading.mode() is Mode.ACTIVE

    def test_reduce_only_without_a_trader_or_a_profile_is_told_so(self, trading: Terminal) -> None:
        typed = trading.type("--reduce-only")
        assert typed.code == 1
        assert "add --profile dev, canary or prod" in typed.text
        assert trading.mode() is Mode.ACTIVE

    def test_reduce_only_of_a_desk_that_runs_on_a_broken_store_holds_it(
        self, trading: Terminal
    ) -> None:
        guard = SingleProcess(trading.home / "run" / "main.guard.pid")
        guard.acquire()
        (trading.home / "perps.db").write_bytes(b"not a database, and long enough to be seen" * 99)
        (trading.home / "perps.db-wal").unlink(missing_ok=True)

        typed = trading.type("--profile=prod", "--reduce-only")
        guard.release()

        assert typed.code == 1
        assert "RECORD PENDING" in typed.text
        assert (trading.home / "KILL").exists()
