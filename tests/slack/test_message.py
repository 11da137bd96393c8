"""Messages keep to Slack's limits, and say so when something had to stay out."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.message import (
    BLOCKS_MAX,
    Block,
    Message,
    actions,
    are_you_sure,
    button,
    context,
    divider,
    fields,
    header,
    message,
    section,
    sections,
)
from bot.slack.mrkdwn import escape
from tests.slack.reading import beyond_slack, strings

LINES = st.lists(st.text(min_size=1, max_size=200).map(lambda text: escape(text) or "·"))


def blocks() -> st.SearchStrategy[list[Block]]:
    text = st.text(min_size=1, max_size=60).map(lambda word: escape(word) * 80)
    one = st.one_of(
        st.builds(section, text),
        st.builds(header, text),
        st.builds(lambda words: context([words]), text),
        st.just(divider()),
    )
    return st.lists(one, max_size=80)


@given(st.text(min_size=1), blocks())
def test_a_message_is_never_more_than_slack_takes(text: str, made: list[Block]) -> None:
    assert beyond_slack(message(escape(text), made)) == []


@given(blocks())
def test_what_stays_out_is_said(made: list[Block]) -> None:
    shown = message("·", made)

    if list(shown.blocks) != made:
        assert list(shown.blocks[:-1]) == made[: len(shown.blocks) - 1]
        assert "more than fits here" in json.dumps(shown.blocks[-1])


def test_as_many_blocks_as_slack_takes_are_all_kept() -> None:
    exactly = [divider() for _ in range(BLOCKS_MAX)]

    assert list(message("·", exactly).blocks) == exactly
    assert len(message("·", [*exactly, divider()]).blocks) == BLOCKS_MAX


@given(LINES)
def test_lines_are_gathered_whole_and_in_order(lines: list[str]) -> None:
    gathered = [block["text"]["text"] for block in sections(lines)]

    assert "\n".join(gathered) == "\n".join(lines)
    assert all(0 < len(text) <= 3000 for text in gathered)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=3000)), max_size=45))
def test_pairs_become_fields_ten_to_a_section(pairs: list[tuple[str, str]]) -> None:
    shown = fields(pairs)

    assert [len(block["fields"]) for block in shown[:-1]] == [10] * max(0, len(shown) - 1)
    assert sum(len(block["fields"]) for block in shown) == len(pairs)
    assert beyond_slack(Message("·", shown)) == []


@given(st.text(), st.text(max_size=500), st.text(min_size=1), st.text(min_size=1))
def test_slacks_own_question_keeps_its_limits(title: str, text: str, yes: str, no: str) -> None:
    sure = are_you_sure(title or "·", text or "·", yes, no)
    asked = actions("request", [button("confirm", "Confirm", "kill-1", confirm=sure)])

    assert beyond_slack(Message("·", [asked])) == []
    assert [text for kind, text in strings(sure) if kind == "mrkdwn" and "<" in text] == []


def test_slack_adds_no_links_and_mentions_of_its_own() -> None:
    shown = [section("@here http://x.example"), context(["#general"]), *fields([("a", "@bob")])]

    assert [text["verbatim"] for text in objects(shown)] == [True] * 3


def objects(found: Any) -> list[Block]:
    """Every mrkdwn object."""
    if isinstance(found, list):
        return [inner for item in found for inner in objects(item)]
    if not isinstance(found, dict):
        return []
    own = [found] if found.get("type") == "mrkdwn" else []
    return own + [inner for item in found.values() for inner in objects(item)]


def test_equal_messages_have_equal_digests_and_others_not() -> None:
    one = message("a", [section("b")])

    assert one.digest == message("a", [section("b")]).digest
    assert one.digest != message("a", [section("c")]).digest
    assert one.digest != message("c", [section("b")]).digest
    assert len(one.digest) == 32
