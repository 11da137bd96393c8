"""Who is at the terminal: the rules as a table, and codes that work once."""

import stat

import pytest

from core.modes import Mode
from core.requests import RequestState
from tests.bot.terminal import Terminal

LOOSENS = ["confirm kill-1", "resume"]


@pytest.mark.parametrize(
    ("asks", "says", "do"),
    [
        ("confirm kill-1", "confirm needs a person", "--as NAME --code CODE"),
        ("resume", "resume needs a person", "--as NAME --code CODE"),
        ("confirm kill-1 --as bob", "--as bob needs their one-time code", "Add --code CODE"),
        ("confirm kill-1 --code 123456", "a code needs a name", "Add --as NAME"),
        ("confirm kill-1 --as mallory --code 1", "nobody is called 'mallory'", "alice, bob"),
        ("confirm kill-1 --as bob --code 000000", "the code is wrong or too old", "next one"),
        ("confirm kill-1 --as bob --code 💥", "the code is wrong or too old", "next one"),
        ("confirm kill-1 --as carol --code 1", "no one-time codes yet", "people enroll carol"),
        ("kill --as bob --code 000000", "the code is wrong", "leave --as and --code away"),
    ],
)
def test_who_proves_nobody_changes_nothing(
    trading: Terminal, asks: str, says: str, do: str
) -> None:
    trading.type("kill")
    trading.code_of("bob")
    before = trading.control(), [r.state for r in trading.requests()]

    typed = trading.type(asks=asks)

    assert typed.code == 3
    assert says in typed.text
    assert do in typed.text
    assert "Nothing was changed." in typed.text
    assert (trading.control(), [r.state for r in trading.requests()]) == before


@pytest.mark.parametrize("asks", LOOSENS)
def test_a_viewer_with_a_good_code_may_not_loosen(trading: Terminal, asks: str) -> None:
    trading.type("kill")

    typed = trading.type(*asks.split(), *trading.proof_of("dave"))

    assert typed.code == 3
    assert "dave's roles: viewer" in typed.text
    assert trading.mode() is Mode.HELD
    assert trading.requests()[0].state is RequestState.ASKED


def test_a_commander_who_is_no_operator_may_confirm(trading: Terminal) -> None:
    trading.type("kill")

    assert trading.type("confirm", "kill-1", *trading.proof_of("carol")).code == 0
    assert trading.mode() is Mode.KILLED


def test_a_code_works_once(trading: Terminal) -> None:
    proof = trading.proof_of("alice")
    assert trading.type("status", *proof).code == 0

    typed = trading.type("kill", *proof)

    assert typed.code == 3
    assert "the code was used before; wait for the next one" in typed.text
    assert trading.mode() is Mode.ACTIVE


@pytest.mark.parametrize(
    ("seconds", "code"), [(-60, 3), (-30, 0), (0, 0), (30, 0), (60, 3)], ids=str
)
def test_a_phone_may_be_one_step_off(trading: Terminal, seconds: int, code: int) -> None:
    trading.code_of("alice")
    trading.later(seconds)
    shown = trading.code_of("alice")
    trading.later(-seconds)

    assert trading.type("status", "--as", "alice", "--code", shown).code == code


def test_an_earlier_code_is_refused_once_a_later_one_was_used(trading: Terminal) -> None:
    earlier = trading.code_of("alice")
    assert trading.type("status", *trading.proof_of("alice")).code == 0

    typed = trading.type("status", "--as", "alice", "--code", earlier)

    assert typed.code == 3
    assert "used before" in typed.text


def test_a_code_may_be_typed_with_a_blank(trading: Terminal) -> None:
    code = trading.code_of("alice")
    assert trading.type("status", "--as", "alice", "--code", f"{code[:3]} {code[3:]}").code == 0


@pytest.mark.parametrize(
    ("name", "refused"),
    [("alice", "WRONG"), ("carol", "NOT_ENROLLED"), ("mallory", "NO_SUCH_PERSON")],
)
def test_every_refused_proof_is_on_record(trading: Terminal, name: str, refused: str) -> None:
    trading.code_of("alice")

    trading.type("status", "--as", name, "--code", "000000")

    last = trading.events()[-1]
    assert last.kind == "code_refused"
    assert last.actor == "shell:nina"
    assert dict(last.body) == {"claimed": name, "refused": refused}


def test_a_wrong_request_does_not_use_up_the_code(trading: Terminal) -> None:
    trading.type("kill")
    proof = trading.proof_of("bob")
    assert trading.type("confirm", "kill-l", *proof).code == 3
    assert trading.type("confirm", *proof).code == 2

    assert trading.type("confirm", "kill-1", *proof).code == 0


def test_enrolling_gives_a_uri_once_and_is_on_record(trading: Terminal) -> None:
    typed = trading.type("people", "enroll", "carol")

    assert typed.code == 0
    assert "otpauth://totp/perps-bot:carol?secret=" in typed.text
    files = list((trading.home / "secrets").glob("totp-*"))
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600]
    assert trading.events()[-1].kind == "person_enrolled"
    assert files[0].read_text() not in str(trading.events())

    again = trading.type("people", "enroll", "carol")
    assert again.code == 3
    assert "carol has codes already" in again.text
    assert trading.type("people", "enroll", "mallory").code == 3


def test_people_can_be_enrolled_before_the_first_trader_starts(terminal: Terminal) -> None:
    (terminal.home.parent / "escalation.yaml").write_text(
        "people:\n  ann: {name: Ann, roles: [approver]}\n  ben: {name: Ben, roles: [approver]}\n"
    )
    assert terminal.type("people", "enroll", "ann").code == 0
    typed = terminal.type("people")
    assert typed.code == 0
    assert "ann: Ann; approver; has one-time codes" in typed.text
    assert "ben: Ben; approver; NO one-time codes yet" in typed.text


def test_codes_are_shown_on_a_demo_home_only(trading: Terminal) -> None:
    code = trading.code_of("bob")

    refused = trading.type("people", "code", "bob")
    assert refused.code == 3
    assert code not in refused.text
    assert "on a real desk the code is on the person's phone" in refused.text.lower()

    (trading.home / "sandbox").mkdir(mode=0o700)
    (trading.home / "sandbox" / "ca.pem").write_text("")
    shown = trading.type("people", "code", "bob")
    assert shown.code == 0
    assert code in shown.text
    assert trading.type("people", "code", "carol").code == 3


def test_an_unusable_people_file_stops_proof_but_not_the_brake(trading: Terminal) -> None:
    (trading.home / "escalation.yaml").write_text("people: {}\npeeple: {}\n")

    typed = trading.type("status", "--as", "alice", "--code", "1")
    assert typed.code == 3
    assert "escalation.yaml:2:1: peeple: this key is not known here" in typed.text

    assert trading.type("kill").code == 0
    assert trading.mode() is Mode.HELD
