"""What people type into Slack, in the shapes in which Slack hands it over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import front
from bot.answer import REFUSED, USAGE, Answer
from bot.slack.typed import Typed, plain, tightening, understand

DESKS = ["main", "asia"]
assert front.FAMILIES, "importing the front registers the commands"


def typed(text: str, desks: list[str] = DESKS) -> Typed:
    found = understand(text, desks, "/perps")
    assert isinstance(found, Typed), found
    return found


def answered(text: str) -> Answer:
    found = understand(text, DESKS, "/perps")
    assert isinstance(found, Answer), found
    return found


@pytest.mark.parametrize(
    ("text", "verb", "words", "desk"),
    [
        ("status", "status", (), None),
        ("  STATUS ", "status", (), None),
        ("status --desk asia", "status", (), "asia"),
        ("status --desk=asia", "status", (), "asia"),
        ("--desk asia", "--desk", ("asia",), None),
        ("orders 50", "orders", ("50",), None),
        ("orders\u00a050\u00a0--desk\u00a0main", "orders", ("50",), "main"),
        ("orders —desk main", "orders", (), "main"),
        ("orders –desk=main", "orders", (), "main"),
        ("kill", "kill", (), None),
        ("KILL!", "kill", (), None),
        ("Kill: now.", "kill", ("now.",), None),
        ("kill switch it looks wrong", "kill", ("it", "looks", "wrong"), None),
        ("kill main it looks wrong", "kill", ("it", "looks", "wrong"), "main"),
        ("kill it is the main desk", "kill", ("it", "is", "the", "main", "desk"), None),
        ("kill --desk main", "kill", (), "main"),
        ("kill —desk main", "kill", (), "main"),
        ("kill bad fills --desk=asia now", "kill", ("bad", "fills", "now"), "asia"),
        ("reduce only volatile", "reduce-only", ("volatile",), None),
        ("Reduce Only", "reduce-only", (), None),
        ("reduce-only main volatile", "reduce-only", ("volatile",), "main"),
        ("note main is slow", "note", ("main", "is", "slow"), None),
        ("confirm kill-3fa9c2", "confirm", ("kill-3fa9c2",), None),
    ],
)
def test_what_is_typed(text: str, verb: str, words: tuple[str, ...], desk: str | None) -> None:
    if verb == "--desk":
        assert answered(text).code == USAGE
        return
    found = typed(text)

    assert (found.verb, found.words, found.desk) == (verb, words, desk)


def test_the_bare_command_shows_the_status() -> None:
    for text in ("", "   ", "\u00a0"):
        assert typed(text) == Typed("status", (), None, alone=True)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("staus", "status"),
        ("postions", "positions"),
        ("kil", "kill"),
        ("klil now", "kill"),
        ("kill-switch", "kill"),
        ("reduceonly", "reduce-only"),
        ("reduce_only", "reduce-only"),
        ("resum", "resume"),
        ("confrim x", "confirm"),
    ],
)
def test_did_you_mean(text: str, meant: str) -> None:
    found = answered(text)

    assert f"Did you mean `{meant}`?" in found.title
    assert found.code == USAGE
    assert "Nothing was changed." in found.lines


def test_an_unknown_verb_points_at_help() -> None:
    assert "See `help`" in answered("zzzzzz").title


@pytest.mark.parametrize(
    "text",
    [
        "kill --now --force",
        "kill --yes -f",
        "kill --desk",
        "kill “quoted” ‘words’ and — dashes",
        "kill <@U0BOB0001|bob> said so",
        "kill <!channel> &amp; &lt;all&gt;",
        "kill <https://example.com/a|a link>",
        "kill \u200b\ufffd💥",
        "kill 🔥",
        "kill kill kill",
        "kill status",
        "kill " + "x" * 4000,
    ],
)
def test_odd_words_are_a_kills_reason_and_never_stop_it(text: str) -> None:
    assert tightening(text)
    assert typed(text).verb == "kill"
    assert typed(text).desk is None, "which means every desk"


@given(st.text())
def test_whatever_follows_kill_it_is_a_kill(reason: str) -> None:
    if "--desk" in plain(reason):
        return
    assert typed(f"kill {reason}").tightens
    assert typed(f"kill {reason}", desks=[]).tightens
    assert tightening(f"kill {reason}")


@given(st.text(), st.sampled_from(["kill", "reduce-only", "reduce only", "KILL", "kill!"]))
def test_the_early_look_and_the_understanding_agree(reason: str, verb: str) -> None:
    found = understand(f"{verb} {reason}", DESKS, "/perps")

    assert tightening(f"{verb} {reason}")
    assert isinstance(found, Answer) or found.tightens


@given(st.text())
def test_whatever_is_typed_there_is_an_answer(text: str) -> None:
    found = understand(text, DESKS, "/perps")

    assert isinstance(found, Typed) or found.code in (USAGE, REFUSED)
    if isinstance(found, Typed):
        assert found.tightens == tightening(text)


def test_a_desk_that_is_not_there_is_refused_with_those_that_are() -> None:
    found = answered("kill --desk mian")

    assert found.code == REFUSED
    assert found.title == "There is no desk 'mian'"
    assert found.lines[0] == "Desks: main, asia."
    assert "Nothing was changed." in found.lines


@pytest.mark.parametrize(
    "text", ["kill --desk “main”", "kill --desk=“main” now", "kill --desk 'main'"]
)
def test_quotes_around_a_desk_are_not_its_name(text: str) -> None:
    assert typed(text).desk == "main"


@pytest.mark.parametrize("text", ["status --watch", "orders 5 --json", "confirm x --as bob"])
def test_the_terminals_options_are_explained_not_swallowed(text: str) -> None:
    found = answered(text)

    assert found.code == USAGE
    assert "there is no option --" in found.title
    assert "/perps help" in found.lines[1]


def test_words_after_a_command_that_takes_none() -> None:
    found = answered("positions BTC")

    assert found.code == USAGE
    assert "it takes no words, not 'BTC'" in found.title


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        ("<@U0BOB0001|bob>", "@bob"),
        ("<@U0BOB0001>", "@U0BOB0001"),
        ("<#C0DESK001|perps-desk>", "#perps-desk"),
        ("<!subteam^S0APPROVE|@perps-approvers>", "@perps-approvers"),
        ("<!here>", "!here"),
        ("<http://example.com|example.com>", "example.com"),
        ("<https://example.com/x>", "https://example.com/x"),
        ("<mailto:bob@perps.example|bob@perps.example>", "bob@perps.example"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("“smart” ‘quotes’", "\"smart\" 'quotes'"),
        ("it — broke", "it — broke"),
        ("—desk main", "--desk main"),
        ("5–6", "5–6"),
    ],
)
def test_text_as_the_person_saw_it(escaped: str, shown: str) -> None:
    assert plain(escaped) == shown
