"""Every answer of a command as a Slack message: whole, harmless, and complete as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import FAILED, OK, REFUSED, USAGE, Answer, Table
from bot.commands.registry import COMMANDS, Context, run_command
from bot.slack.message import Message
from bot.slack.shown import answer_message
from bot.surface import slack
from core.people import Actor
from tests.bot.terminal import Terminal
from tests.slack.reading import beyond_slack, notifies, readable, words
from tests.slack.seen import ALICE

WORDS = {"orders": ["9"], "fills": ["9"], "events": ["9"], "note": ["look"], "confirm": ["kill-1"]}
HOSTILE = "<!channel> <@U0BOB0001> &<http://x.example|y> *b* `c`"
TABLES = st.integers(1, 9).flatmap(
    lambda width: st.builds(
        lambda rows: Table("t", [f"h{n}" for n in range(width)], rows),
        st.lists(st.lists(st.text(max_size=20), min_size=width, max_size=width), max_size=40),
    )
)


def shown(terminal: Terminal, verb: str) -> Message:
    store = terminal.store()
    try:
        context = Context(
            store=store,
            desks=["main"],
            actor=Actor("alice", ALICE),
            id=f"{verb}-1",
            now=terminal.now,
            now_ns=terminal.now_ns,
            surface=slack("/perps"),
        )
        return answer_message(run_command(verb, context, WORDS.get(verb, [])))
    finally:
        store.close()


@pytest.fixture
def trading(tmp_path: object, terminal: Terminal) -> Terminal:
    terminal.begin()
    terminal.trade(contracts=4)
    return terminal


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_commands_answer_can_be_posted_and_points_to_slack(
    trading: Terminal, verb: str
) -> None:
    answer = shown(trading, verb)

    assert beyond_slack(answer) == []
    assert notifies(answer) == set()
    if verb != "help":
        assert "--as NAME" not in words(answer), "in Slack the account is the proof"


@pytest.mark.parametrize(
    ("code", "sign"), [(OK, ""), (FAILED, "🔴 "), (REFUSED, "⛔ "), (USAGE, "❔ ")]
)
def test_how_it_went_is_seen_before_it_is_read(code: int, sign: str) -> None:
    answer = answer_message(Answer("done", code=code))

    assert answer.text == f"{sign}done"
    assert words(answer) == f"{sign}done"


def test_foreign_text_in_an_answer_is_harmless() -> None:
    narrow = Table(HOSTILE, [HOSTILE, "b"], [[HOSTILE, HOSTILE]])
    wide = Table(HOSTILE, [HOSTILE] * 6, [[HOSTILE] * 6] * 9)
    fielded = Table(HOSTILE, [HOSTILE] * 6, [[HOSTILE] * 6])

    answer = answer_message(Answer(HOSTILE, [HOSTILE], [narrow, wide, fielded]))

    assert notifies(answer) == set()
    assert beyond_slack(answer) == []


@given(st.lists(TABLES, max_size=4), st.lists(st.text(max_size=200), max_size=9))
def test_whatever_it_says_slack_takes_it(tables: list[Table], lines: list[str]) -> None:
    answer = answer_message(Answer("t", lines, tables))

    assert beyond_slack(answer) == []
    assert notifies(answer) == set()


@pytest.mark.parametrize("width", [2, 4, 5, 8])
def test_a_table_shows_every_cell(width: int) -> None:
    rows = [[f"r{row}c{column}" for column in range(width)] for row in range(5)]

    said = words(answer_message(Answer("t", [], [Table("t", ["h"] * width, rows)])))

    assert all(cell in said for row in rows for cell in row)


@pytest.mark.parametrize("width", [1, 3, 4, 5, 8])
@pytest.mark.parametrize("length", [1, 30])
def test_rows_that_do_not_fit_are_counted(width: int, length: int) -> None:
    rows = [[f"r{row}c{column}." + "x" * length for column in range(width)] for row in range(900)]

    said = words(answer_message(Answer("t", [], [Table("t", ["h"] * width, rows)])))

    shown = [row for row in range(900) if f"r{row}c0." in said]
    assert shown == list(range(len(shown))), "the first ones"
    assert f"… and {900 - len(shown)} more" in said
    assert len(shown) > 3


def test_an_empty_table_says_none() -> None:
    assert "none" in words(answer_message(Answer("t", [], [Table("live", ["a"], [])])))


@pytest.mark.parametrize("length", [1, 70, 700, 4_000])
def test_a_narrow_table_with_long_cells_keeps_its_fence(length: int) -> None:
    rows = [["x" * length, "&" * length] for _ in range(30)]

    assert beyond_slack(answer_message(Answer("t", [], [Table("t", ["a", "b"], rows)]))) == []


def test_the_text_alone_says_what_the_blocks_say(trading: Terminal) -> None:
    answer = shown(trading, "positions")

    assert "BIP-20DEC30-CDE" in words(answer)
    assert "BIP-20DEC30-CDE" in readable(answer.text)
