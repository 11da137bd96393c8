"""The kill in two phases, as it is typed at three in the morning."""

import subprocess
import sys

import pytest

from core.modes import Mode
from core.people import Role
from core.requests import Action, RequestState
from store import sqlite
from store.flattening import latest_job
from tests.bot.terminal import BTC, Terminal
from tests.store.damage import spoil_mode, spoil_schema


def test_kill_holds_at_once_and_says_what_is_still_open(trading: Terminal) -> None:
    typed = trading.type("kill", "it", "looks", "wrong")

    assert typed.code == 0
    assert trading.mode() is Mode.HELD
    assert trading.page().mode is Mode.HELD, "the gate follows before the command returns"
    assert "main: HELD since 03:00:00 UTC (0.0 s ago) by shell:nina, epoch 2" in typed.text
    assert "POSITIONS ARE STILL OPEN" in typed.text
    assert (
        f"{BTC}: long 4 contracts (0.04 BTC), mark 61,000 (0.0 s ago), worth $2,440.00, "
        "unrealised +$40.00, stops: ONLY 3 of 4, at 58,500" in typed.text
    )
    assert "0 requests in flight" in typed.text
    assert "it looks wrong" in typed.text
    assert "until 03:02:00 UTC (2 min left)" in typed.text
    assert f"perps-bot --home {trading.home} confirm kill-1 --as NAME --code CODE" in typed.text


def test_a_second_person_confirms_and_everything_is_closed(trading: Terminal) -> None:
    trading.type("kill")
    bob = trading.proof_of("bob")
    trading.look()

    typed = trading.type("confirm", "kill-1", *bob)

    assert typed.code == 0
    assert "main: KILLED: everything is being cancelled and closed" in typed.text
    assert "asked by shell:nina, confirmed by bob" in typed.text
    assert "STILL OPEN" in typed.text, "it is not closed yet"
    assert trading.mode() is Mode.KILLED
    job = trading.read(lambda c: latest_job(c, "main"))
    assert [(leg.product_id, leg.contracts) for leg in job.legs] == [(BTC, 4)]


def test_nobody_confirms_their_own_kill(trading: Terminal) -> None:
    trading.type("kill", *trading.proof_of("alice"))

    typed = trading.type("confirm", "kill-1", *trading.proof_of("alice"))

    assert typed.code == 3
    assert "confirm refused: nobody confirms their own request" in typed.text
    assert "Another person types the same line with their own name and code." in typed.text
    assert "Nothing was changed." in typed.text
    assert trading.mode() is Mode.HELD
    assert trading.kinds()[-1] == "answer_refused"


def test_another_persons_kill_is_the_confirmation_and_the_first_ones_a_reminder(
    trading: Terminal,
) -> None:
    trading.type("kill", *trading.proof_of("alice"))

    again = trading.type("kill", *trading.proof_of("alice"))
    assert "Request kill-1: kill by alice" in again.text
    assert trading.mode() is Mode.HELD

    other = trading.type("kill", *trading.proof_of("bob"))
    assert "main: KILLED" in other.text
    assert trading.mode() is Mode.KILLED
    assert [request.id for request in trading.requests()] == ["kill-1"]


def test_a_kill_of_a_desk_that_was_held_says_since_when_and_by_whom(trading: Terminal) -> None:
    trading.type("kill")
    trading.later(200)
    trading.look()

    typed = trading.type("kill", *trading.proof_of("alice"))

    assert "main: HELD since 03:00:00 UTC (4 min ago) by shell:nina" in typed.text


def test_a_kill_whose_time_is_over_is_asked_anew(trading: Terminal) -> None:
    trading.type("kill")
    trading.later(121)

    typed = trading.type("kill")

    assert typed.code == 0
    assert "confirm kill-2 " in typed.text
    states = {request.id: request.state for request in trading.requests()}
    assert states == {"kill-1": RequestState.EXPIRED, "kill-2": RequestState.ASKED}
    assert trading.mode() is Mode.HELD


def test_without_a_second_person_it_stays_held(trading: Terminal) -> None:
    trading.type("kill")
    trading.later(121)

    typed = trading.type("requests")

    assert "Nothing waits for a second person." in typed.text
    assert "nobody confirmed in time" in typed.text
    assert trading.mode() is Mode.HELD


def test_an_objection_ends_the_request_and_never_lifts_held(trading: Terminal) -> None:
    trading.type("kill")

    typed = trading.type("object", "kill-1")

    assert typed.code == 0
    assert "The desk stays HELD." in typed.text
    assert trading.mode() is Mode.HELD
    assert trading.requests()[0].state is RequestState.OBJECTED
    late = trading.type("confirm", "kill-1", *trading.proof_of("bob"))
    assert late.code == 3
    assert trading.mode() is Mode.HELD


def test_repeating_a_kill_with_its_id_changes_nothing_more(trading: Terminal) -> None:
    trading.type("kill", "--id", "k-1")
    before = trading.events()

    typed = trading.type("kill", "--id", "k-1")

    assert typed.code == 0
    assert "main: HELD; this command ran before" in typed.text
    assert trading.events() == before
    assert not (trading.home / "KILL").exists()


def test_repeating_a_kill_after_a_resume_fails_loudly(trading: Terminal) -> None:
    trading.type("kill", "--id", "k-1")
    trading.type("object", "k-1")
    trading.resume_by_two()

    typed = trading.type("kill", "--id", "k-1")

    assert typed.code == 1
    assert "THE DESK IS ACTIVE NOW. To do it again, type it without --id." in typed.text
    assert trading.mode() is Mode.ACTIVE
    assert not (trading.home / "KILL").exists()


def test_without_a_desk_every_desk_is_held_and_loosening_is_refused(terminal: Terminal) -> None:
    terminal.begin("asia", "europe")

    typed = terminal.type("kill")

    assert typed.code == 0
    assert terminal.mode("asia") is terminal.mode("europe") is Mode.HELD
    assert "confirm kill-1-asia" in typed.text
    assert "confirm kill-1-europe" in typed.text
    refused = terminal.type("resume", *proof(terminal, "alice"))
    assert refused.code == 3
    assert "asia, europe" in refused.text


def proof(terminal: Terminal, name: str) -> list[str]:
    terminal.later(30)
    return ["--as", name, "--code", terminal.code_of(name)]


def test_a_request_of_another_desk_is_not_confirmed_by_mistake(terminal: Terminal) -> None:
    terminal.begin("asia", "europe")
    terminal.type("kill", "--desk", "asia")

    typed = terminal.type("confirm", "kill-1", "--desk", "europe", *proof(terminal, "bob"))

    assert typed.code == 3
    assert "there is no request 'kill-1'" in typed.text
    assert terminal.mode("asia") is Mode.HELD


def test_a_foreign_desk_is_refused_with_the_list(trading: Terminal) -> None:
    typed = trading.type("kill", "--desk", "mian")

    assert typed.code == 3
    assert "There is no desk 'mian'" in typed.text
    assert "Desks of this home: main." in typed.text
    assert trading.mode() is Mode.ACTIVE


@pytest.mark.parametrize(
    ("name", "code"),
    [("alice", 0), ("carol", 0), ("dave", 3)],
    ids=[str(Role.OPERATOR), str(Role.COMMANDER), str(Role.VIEWER)],
)
def test_a_persons_roles_count_when_they_tighten(trading: Terminal, name: str, code: int) -> None:
    typed = trading.type("kill", *trading.proof_of(name))

    assert typed.code == code
    assert trading.mode() is (Mode.HELD if code == 0 else Mode.ACTIVE)
    if code:
        assert "leave --as and --code away" in typed.text


def test_reduce_only_works_at_once_and_does_not_lapse(trading: Terminal) -> None:
    typed = trading.type("reduce-only", "volatile")

    assert typed.code == 0
    assert trading.mode() is trading.page().mode is Mode.REDUCE_ONLY
    assert trading.requests()[0].action is Action.REDUCE_ONLY
    trading.later(10_000)
    trading.type("requests")
    assert trading.mode() is Mode.REDUCE_ONLY


def test_reduce_only_never_loosens_a_held_desk(trading: Terminal) -> None:
    trading.type("kill")

    typed = trading.type("reduce-only")

    assert typed.code == 0
    assert "The desk is HELD, which is stricter; that stays." in typed.text
    assert trading.mode() is Mode.HELD


class TestWhenTheStoreCannotBeUsed:
    """The brake works all the same, and says what it could not do."""

    def test_a_writer_that_never_lets_go(self, trading: Terminal) -> None:
        stuck = sqlite.LIBRARY.connect(trading.home / "perps.db", isolation_level=None)
        stuck.execute("BEGIN IMMEDIATE")

        typed = trading.type("kill")
        stuck.execute("ROLLBACK")
        stuck.close()

        assert typed.code == 1
        assert "main: HELD by page and KILL file, RECORD PENDING" in typed.text
        assert trading.page().mode is Mode.HELD
        assert (trading.home / "KILL").exists()

    @pytest.mark.parametrize("asks", ["kill", "reduce-only", "--kill-switch", "--reduce-only"])
    def test_a_store_that_is_no_database(self, trading: Terminal, asks: str) -> None:
        (trading.home / "perps.db").write_bytes(b"not a database, and long enough to be seen" * 99)
        (trading.home / "perps.db-wal").unlink(missing_ok=True)
        guard_file = trading.home / "run" / "main.guard.pid"
        assert not guard_file.exists()

        typed = trading.type(asks=asks)

        if asks == "--reduce-only":
            assert typed.code == 1
            assert "of which trader?" in typed.text
            return
        assert typed.code == 1
        assert "main: HELD by page and KILL file, RECORD PENDING" in typed.text
        assert "STILL OPEN" in typed.text
        assert trading.page().mode is None
        assert (trading.home / "KILL").exists()

    @pytest.mark.parametrize("asks", ["kill", "reduce-only", "--kill-switch"])
    def test_a_store_whose_damage_cannot_even_be_spelled(
        self, trading: Terminal, asks: str
    ) -> None:
        """SQLite quotes the damaged bytes in its complaint, and they are no text."""
        spoil_schema(trading.home / "perps.db")

        typed = trading.type(asks=asks)

        assert typed.code == 1
        assert "main: HELD by page and KILL file, RECORD PENDING" in typed.text
        assert trading.page().mode is None
        assert (trading.home / "KILL").exists()

    @pytest.mark.parametrize("asks", ["kill", "reduce-only", "--kill-switch"])
    def test_whatever_else_goes_wrong_it_is_held(self, trading: Terminal, asks: str) -> None:
        spoil_mode(trading.home / "perps.db")

        typed = trading.type(asks=asks)

        assert typed.code == 1
        assert "HELD by page and KILL file, RECORD PENDING" in typed.text
        assert "ValueError: 99 is not a valid Mode" in typed.text
        assert trading.page().mode is None
        assert (trading.home / "KILL").exists()

    def test_what_tightens_nothing_is_not_held_for_that(self, trading: Terminal) -> None:
        spoil_mode(trading.home / "perps.db")

        with pytest.raises(ValueError, match="99 is not a valid Mode"):
            trading.type("status")
        assert not (trading.home / "KILL").exists()

    def test_a_store_that_is_gone_while_its_page_is_there(self, trading: Terminal) -> None:
        (trading.home / "perps.db").unlink()

        typed = trading.type("kill")

        assert typed.code == 1
        assert "RECORD PENDING" in typed.text
        assert not (trading.home / "perps.db").exists(), "no empty store in its place"

    def test_a_home_that_others_may_read_is_refused_but_held(self, trading: Terminal) -> None:
        (trading.home / "secrets").chmod(0o755)

        assert trading.type("status").code == 3
        typed = trading.type("kill")

        assert typed.code == 1
        assert "chmod go-rwx" in typed.text
        assert (trading.home / "KILL").exists()

    def test_a_look_says_unknown(self, trading: Terminal) -> None:
        (trading.home / "perps.db").write_bytes(b"not a database, and long enough to be seen" * 99)
        (trading.home / "perps.db-wal").unlink(missing_ok=True)

        typed = trading.type("status")

        assert typed.code == 1
        assert "UNKNOWN, the store cannot be read" in typed.text
        assert not (trading.home / "KILL").exists()


def test_without_a_safe_sqlite_a_kill_still_closes_the_gate(trading: Terminal) -> None:
    """The only library at hand loses commits: nothing is opened, the page and the KILL file hold."""
    alone = (
        "import sqlite3, sys\n"
        "sqlite3.sqlite_version_info = (3, 40, 1)\n"
        "sys.modules['pysqlite3'] = sys.modules['pysqlite3.dbapi2'] = None\n"
        "from bot.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    typed = ["kill", "odd", "--home", str(trading.home)]
    done = subprocess.run(
        [sys.executable, "-c", alone, *typed], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "main: HELD by page and KILL file, RECORD PENDING" in done.stdout
    assert "can lose committed data" in done.stdout
    assert trading.page().mode is None
    assert (trading.home / "KILL").exists()
