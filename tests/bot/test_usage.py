"""What the program says of itself, and how it ends: --help, the README's table, a closed pipe."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.commands.registry import COMMANDS, markdown_table
from core.modes import Mode
from tests.bot.shell import Shell

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- generated: commands -->", "<!-- end -->"
OPTIONS = [
    *("--home", "--desk", "--json", "--watch", "--limit", "--as", "--code", "--id"),
    *("--profile", "--dry-run", "--run-once", "--reduce-only"),
    *("--kill-switch", "--keep-positions", "--shutdown-graceful", "--timeout-s"),
]


def help_text(capsys: pytest.CaptureFixture[str], shell: Shell) -> str:
    with pytest.raises(SystemExit) as ended:
        shell.type("--help", at_home=False)
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_lists_every_command_and_every_option_and_what_exit_codes_mean(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    text = help_text(capsys, shell)

    for found in COMMANDS.values():
        assert found.usage in text
        assert found.summary in text
    for option in OPTIONS:
        assert option in text
    assert "exit codes: 0 done, 1 failed, 2 not understood, 3 refused" in text


def test_the_readme_has_the_table_of_the_registry() -> None:
    text = README.read_text()
    if BEGIN not in text:
        pytest.skip("the README has no generated table of commands")

    table = text.split(BEGIN)[1].split(END)[0]

    assert markdown_table() in table


@pytest.mark.parametrize(
    "words", [["kil"], ["status", "--wach"], ["orders", "many"], ["kill", "--id=?"]]
)
def test_what_is_not_understood_ends_with_2_and_changes_nothing(
    desk: Shell, words: list[str]
) -> None:
    before = desk.events()

    typed = desk.type(*words)

    assert typed.code == 2
    assert "Nothing was changed." in typed.text
    assert desk.events() == before
    assert desk.mode() is Mode.ACTIVE


@pytest.mark.parametrize("limit", ["0", "-3", "1.5", "ten", "10001", "1e3", "٣"])
def test_a_limit_that_is_no_sensible_number_is_told_what_is(shell: Shell, limit: str) -> None:
    typed = shell.type("events", f"--limit={limit}")

    assert typed.code == 2
    assert f"'{limit}' is not a whole number, 1 to 10000" in typed.text


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "1e3", "3601", "soon", "1.2.3"])
def test_a_timeout_that_is_no_sensible_number_is_told_what_is(shell: Shell, seconds: str) -> None:
    typed = shell.type("--kill-switch", f"--timeout-s={seconds}")

    assert typed.code == 2
    assert f"'{seconds}' is not a number from 0 to 3600" in typed.text
    assert not shell.home.exists()


def test_a_flag_is_never_guessed_from_its_beginning(shell: Shell) -> None:
    typed = shell.type("--kill")

    assert typed.code == 2
    assert "--kill" in typed.text
    assert not shell.home.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--desk", "main", "--json", "kill", "it", "burns"],
        ["kill", "it", "burns", "--json", "--desk=main"],
        ["kill", "it", "--json", "burns", "--desk", "main"],
    ],
    ids=["before", "after", "between"],
)
def test_options_stand_where_one_likes_and_the_reason_stays_whole(
    desk: Shell, words: list[str]
) -> None:
    facts = desk.type(*words).facts

    assert facts["code"] == 0
    assert facts["set"]["reason"] == "it burns"


def test_a_reader_that_goes_away_is_no_crash(desk: Shell) -> None:
    """Like `perps-bot events | head -1`."""
    command = [sys.executable, "-m", "bot", "events", "10000", f"--home={desk.home}"]
    with subprocess.Popen(
        command, cwd=README.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        said = program.stderr.read()
        code = program.wait(20)

    assert said == b""
    assert code == 1
