"""Tightening through the program: at once, on one voice, and said in words that leave no doubt."""

import pytest

from core.modes import Mode
from core.orders import Kind, Side
from core.requests import Action, RequestState
from store.flattening import latest_job
from tests.bot.shell import ETH, Shell
from tests.bot.terminal import BTC


@pytest.fixture
def two(desk: Shell) -> Shell:
    """A second desk beside the one that trades."""
    desk.begin("second")
    desk.trade_both("second")
    return desk


class TestKill:
    def test_names_every_position_that_is_still_open_with_its_own_stops(self, desk: Shell) -> None:
        typed = desk.type("kill", "fills", "without", "orders")

        assert typed.code == 0
        lines = typed.text.splitlines()
        assert lines[0].startswith("main: HELD since ")
        still_open = lines.index("POSITIONS ARE STILL OPEN:")
        btc, eth = lines[still_open + 1 : still_open + 3]
        assert btc.startswith(f"  {BTC}: long 4 contracts (0.04 BTC), mark 61,000 (")
        assert btc.endswith("worth $2,440.00, unrealised +$40.00, stops: 4 of 4, at 58,500")
        assert eth.startswith(f"  {ETH}: short 30 contracts (3 ETH), mark 3,500 (")
        assert eth.endswith("worth $10,500.00, unrealised −$1,500.00, stops: NONE (0 of 30)")

    def test_gives_the_line_that_the_second_person_types_and_that_line_works(
        self, desk: Shell
    ) -> None:
        text = desk.type("kill").text

        (line,) = [part.strip() for part in text.splitlines() if part.startswith("  confirm:")]
        typed = line.removeprefix("confirm:").split()
        assert typed[:3] == ["perps-bot", "--home", str(desk.home)]
        assert typed[-4:] == ["--as", "NAME", "--code", "CODE"]
        words = [*typed[3:-4], *desk.proof_of("bob")]
        assert desk.type(*words).code == 0
        assert desk.mode() is Mode.KILLED

    def test_holds_page_and_row_and_records_who_said_why(self, desk: Shell) -> None:
        facts = desk.answer("kill", "it", "looks", "wrong")

        assert desk.mode() is desk.page().mode is Mode.HELD
        assert facts["applied"] == {
            "mode": "HELD",
            "epoch": 2,
            "recorded": True,
            "fenced": False,
            "in_flight": 0,
            "quiet": True,
        }
        assert facts["request"]["state"] == "asked"
        control = desk.control()
        assert control.reason == "it looks wrong"
        assert control.actor == facts["request"]["requester"]
        assert control.actor.startswith("shell:")
        assert desk.read(lambda c: latest_job(c, "main")) is None, "nothing is closed on one voice"

    def test_again_is_a_reminder_of_the_same_request(self, desk: Shell) -> None:
        first = desk.answer("kill", "first")["request"]
        epoch = desk.control().epoch

        again = desk.type("kill", "again")

        assert again.code == 0
        assert f"Request {first['id']}: kill" in again.text
        assert "(first)" in again.text
        assert [request.id for request in desk.requests()] == [first["id"]]
        assert desk.control().epoch == epoch

    def test_of_a_desk_that_is_killed_already_changes_nothing(self, desk: Shell) -> None:
        desk.type("--kill-switch", "--timeout-s", "0")
        before = desk.control()

        typed = desk.type("kill")

        assert typed.code == 0
        assert "main: KILLED" in typed.text
        assert "It was KILLED before; nothing was changed." in typed.text
        assert "STILL OPEN" in typed.text
        assert desk.control() == before

    def test_without_a_trader_it_says_that_nobody_cancels_what_rests(self, desk: Shell) -> None:
        desk.work("main", "entry-1", Kind.ENTRY, Side.BUY, 1)

        typed = desk.type("kill")

        assert "NO TRADER RUNS" in typed.text
        assert "Entries are being cancelled" not in typed.text

    def test_says_unknown_where_nobody_has_read_the_exchange(self, shell: Shell) -> None:
        shell.begin()

        typed = shell.type("kill")

        assert typed.code == 0
        assert "POSITIONS ARE UNKNOWN" in typed.text
        assert "which does not say that there are none now" in typed.text
        assert "No positions are open" not in typed.text

    def test_a_reason_is_kept_to_its_length_and_never_moves_the_cursor(self, desk: Shell) -> None:
        typed = desk.type("kill", "\x1b[2Jgone" + "x" * 500)

        assert "\x1b" not in typed.text
        assert "\ufffd[2Jgone" in typed.text
        assert len(desk.control().reason) == 300

    def test_a_viewer_who_proved_it_may_not_and_is_told_what_to_do(self, desk: Shell) -> None:
        typed = desk.type("kill", *desk.proof_of("dave"))

        assert typed.code == 3
        assert "dave's roles: viewer" in typed.text
        assert "leave --as and --code away" in typed.text
        assert desk.mode() is desk.page().mode is Mode.ACTIVE


class TestWithAnId:
    def test_repeated_it_changes_nothing(self, desk: Shell) -> None:
        desk.type("kill", "--id", "k-1")
        before = (desk.control(), desk.requests(), desk.events())

        typed = desk.type("kill", "--id", "k-1")

        assert typed.code == 0
        assert "Request k-1" in typed.text
        assert "Nothing was changed." in typed.text
        assert (desk.control(), desk.requests(), desk.events()) == before

    def test_repeated_on_every_desk_it_changes_nothing(self, two: Shell) -> None:
        two.type("kill", "--id", "k-1")
        before = (two.events("main"), two.events("second"))

        typed = two.type("kill", "--id", "k-1")

        assert typed.code == 0
        assert "main: HELD; this command ran before" in typed.text
        assert "second: HELD; this command ran before" in typed.text
        assert (two.events("main"), two.events("second")) == before

    def test_of_a_looser_command_it_does_not_pass_for_a_kill(self, desk: Shell) -> None:
        desk.type("reduce-only", "--id", "r-1")

        typed = desk.type("kill", "--id", "r-1")

        assert typed.code == 1
        assert "THE DESK IS REDUCE_ONLY NOW" in typed.text
        assert "type it without --id" in typed.text

    def test_of_another_desk_it_does_not_pass_for_a_kill_of_this_one(self, two: Shell) -> None:
        two.type("kill", "--desk", "second", "--id", "k-1")

        typed = two.type("kill", "--desk", "main", "--id", "k-1")

        assert typed.code != 0 or two.mode("main") is Mode.HELD

    def test_of_a_reminder_it_does_not_hold_a_desk_that_two_people_have_resumed(
        self, desk: Shell
    ) -> None:
        desk.type("kill", "--id", "k-1")
        desk.type("kill", "--id", "k-2")
        desk.type("object", "k-1")
        desk.resume_by_two()

        typed = desk.type("kill", "--id", "k-2")

        assert desk.mode() is Mode.ACTIVE
        assert typed.code == 1

    @pytest.mark.parametrize("id", ["", "-x", "a b", "x" * 41, "../x"])
    def test_a_bad_one_is_not_understood(self, desk: Shell, id: str) -> None:
        typed = desk.type("kill", f"--id={id}")

        assert typed.code == 2
        assert "at most 40" in typed.text
        assert desk.mode() is Mode.ACTIVE


class TestWithSeveralDesks:
    def test_without_a_name_every_desk_is_held_each_with_a_request_of_its_own(
        self, two: Shell
    ) -> None:
        typed = two.type("kill")

        assert typed.code == 0
        assert two.mode("main") is two.mode("second") is Mode.HELD
        assert two.page("main").mode is two.page("second").mode is Mode.HELD
        assert typed.text.count("POSITIONS ARE STILL OPEN:") == 2
        (main,), (second,) = two.requests("main"), two.requests("second")
        for request in (main, second):
            assert f"confirm {request.id} --as NAME" in typed.text
        assert main.id != second.id

    def test_with_a_name_only_that_desk_is_held(self, two: Shell) -> None:
        typed = two.type("kill", "--desk", "second")

        assert typed.code == 0
        assert (two.mode("main"), two.mode("second")) == (Mode.ACTIVE, Mode.HELD)
        assert "main:" not in typed.text

    @pytest.mark.parametrize("verb", ["kill", "reduce-only"])
    def test_a_name_that_is_not_ours_changes_no_desk(self, two: Shell, verb: str) -> None:
        typed = two.type(verb, "--desk", "sekond")

        assert typed.code == 3
        assert "There is no desk 'sekond'" in typed.text
        assert "Desks of this home: main, second." in typed.text
        assert two.mode("main") is two.mode("second") is Mode.ACTIVE


class TestReduceOnly:
    def test_is_in_force_at_once_and_keeps_the_stops(self, desk: Shell) -> None:
        typed = desk.type("reduce-only", "volatile")

        assert typed.code == 0
        assert "main: REDUCE_ONLY, epoch 2" in typed.text
        assert "It does not lapse; two people resume it." in typed.text
        assert desk.mode() is desk.page().mode is Mode.REDUCE_ONLY
        assert [order["kind"] for order in desk.answer("orders")["live"]] == ["stop"]

    def test_a_second_person_makes_it_the_standing_mode(self, desk: Shell) -> None:
        id = desk.answer("reduce-only")["request"]["id"]

        typed = desk.type("confirm", id, *desk.proof_of("bob"))

        assert typed.code == 0
        assert "main: REDUCE_ONLY is the standing mode" in typed.text
        assert desk.requests()[0].state is RequestState.EXECUTED
        assert desk.mode() is Mode.REDUCE_ONLY

    def test_again_is_a_reminder(self, desk: Shell) -> None:
        desk.type("reduce-only")
        typed = desk.type("reduce-only")

        assert typed.code == 0
        (request,) = desk.requests()
        assert f"Request {request.id}: reduce-only" in typed.text

    def test_then_kill_is_stricter_and_has_its_own_request(self, desk: Shell) -> None:
        desk.type("reduce-only")
        desk.type("kill")

        assert desk.mode() is Mode.HELD
        assert {r.action for r in desk.requests()} == {Action.KILL, Action.REDUCE_ONLY}

    def test_as_a_flag_without_a_trader_it_says_which_profile(self, desk: Shell) -> None:
        typed = desk.type("--reduce-only")

        assert typed.code == 1
        assert "No trader runs desk main" in typed.text
        assert "--profile dev, canary or prod" in typed.text
        assert desk.mode() is Mode.ACTIVE

    def test_as_a_flag_without_a_trader_it_names_the_command_that_works(self, desk: Shell) -> None:
        typed = desk.type("--reduce-only")

        tightened = desk.mode() is Mode.REDUCE_ONLY
        assert tightened or f"perps-bot --home {desk.home} reduce-only" in typed.text


class TestObject:
    def test_ends_the_request_and_never_lifts_the_mode(self, desk: Shell) -> None:
        id = desk.answer("kill")["request"]["id"]

        facts = desk.answer("object", id)

        assert facts["code"] == 0
        assert facts["mode"] == "HELD"
        assert desk.mode() is Mode.HELD
        assert desk.requests()[0].state is RequestState.OBJECTED

    def test_twice_is_refused_with_where_to_look(self, desk: Shell) -> None:
        id = desk.answer("kill")["request"]["id"]
        desk.type("object", id)

        typed = desk.type("object", id)

        assert typed.code == 3
        assert "the request is closed already" in typed.text
        assert f"perps-bot --home {desk.home} requests" in typed.text

    def test_to_a_confirmed_kill_is_refused(self, desk: Shell) -> None:
        id = desk.answer("kill")["request"]["id"]
        desk.type("confirm", id, *desk.proof_of("bob"))

        typed = desk.type("object", id)

        assert typed.code == 3
        assert "a confirmed kill is being carried out and cannot be stopped" in typed.text
        assert desk.mode() is Mode.KILLED

    def test_a_viewer_who_proved_it_may_not(self, desk: Shell) -> None:
        id = desk.answer("kill")["request"]["id"]

        typed = desk.type("object", id, *desk.proof_of("dave"))

        assert typed.code == 3
        assert desk.requests()[0].state is RequestState.ASKED

    def test_of_an_unknown_request_says_which_are_open(self, desk: Shell) -> None:
        typed = desk.type("object", "kill-nope")

        assert typed.code == 3
        assert "there is no request 'kill-nope'" in typed.text
        assert "`requests` lists those that are open." in typed.text
