"""Foreign text stays text: it mentions nobody, links nowhere and ends no format."""

import html
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.mrkdwn import bold, code, cut, escape, mention, moment, preformatted
from tests.slack.reading import controls, whole

HOSTILE = st.text(st.sampled_from("<>&!@#^|*`_~ \n\u00a0\u202ea;U0") | st.characters())


@given(HOSTILE)
def test_no_foreign_text_is_a_mention_or_a_link(text: str) -> None:
    for shown in (escape(text), bold(text), code(text), preformatted([text])):
        assert controls(shown) == []
        assert "<" not in shown
        assert ">" not in shown


@given(st.text(st.characters(categories=("L", "N", "P", "S")) | st.just(" ")))
def test_what_can_be_printed_is_shown_as_it_was(text: str) -> None:
    assert html.unescape(escape(text)) == text


@given(HOSTILE)
def test_bold_is_ended_by_its_own_stars_alone(text: str) -> None:
    shown = bold(text)

    assert shown.startswith("*")
    assert shown.endswith("*")
    assert "*" not in shown[1:-1]


@given(HOSTILE)
def test_code_is_ended_by_its_own_signs_alone(text: str) -> None:
    shown = code(text)

    assert "`" not in shown[1:-1]


@given(st.lists(HOSTILE))
def test_a_fence_is_ended_by_itself_alone(lines: list[str]) -> None:
    shown = preformatted(lines)

    assert shown.startswith("```\n")
    assert shown.endswith("\n```")
    assert "`" not in shown[3:-3]


@given(HOSTILE)
def test_foreign_text_opens_no_fence(text: str) -> None:
    assert "```" not in escape(text + "```")


def test_unprintable_signs_are_shown_as_such() -> None:
    assert escape("a\x00b\u202ec\u200bd\te") == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert escape("two\nlines") == "two\nlines"


@given(st.text(st.sampled_from("&<>ab;")), st.integers(8, 60))
def test_a_cut_goes_through_no_entity(text: str, limit: int) -> None:
    shown = cut(escape(text), limit)

    assert len(shown) <= limit
    assert whole(shown), shown


@given(st.text(), st.integers(8, 60))
def test_what_fits_is_not_cut(text: str, limit: int) -> None:
    shown = cut(text, limit)

    assert shown == text if len(text) <= limit else shown.endswith("…")


def test_a_cut_goes_through_no_mention_and_no_date() -> None:
    said = f"until {moment(datetime(2026, 3, 2, tzinfo=UTC))}: {mention('U0BOB0001')} and more"
    for limit in range(8, len(said)):
        assert whole(cut(said, limit)), cut(said, limit)


def test_a_moment_is_shown_in_the_readers_zone_else_in_utc() -> None:
    shown = moment(datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC))

    assert shown == "<!date^1772420645^{time_secs}|03:04:05 UTC>"


def test_a_mention_notifies_that_member() -> None:
    assert mention("U0BOB0001") == "<@U0BOB0001>"
