"""The card of a flatten that nobody asked in Slack: a kill on one voice, or one position closed."""

from dataclasses import replace

import pytest

from bot.slack.job_card import JobSeen, job_card, job_step
from core.flatten import JobState, LegState
from core.modes import Mode
from tests.bot.terminal import BTC
from tests.slack.reading import beyond_slack, notifies, readable, words
from tests.slack.seen import ETH, job, leg, sold

HOSTILE = "<!channel> <@U0BOB0001> ``` *b*"


def seen(
    state: JobState, *, trader_runs: bool = True, leg_state: LegState | None = None
) -> JobSeen:
    legs = [leg(leg_state or LegState.CLOSING), leg(LegState.FLAT, ETH)]
    return JobSeen(job(*legs, state=state), [sold(ETH)], Mode.KILLED, trader_runs)


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("trader_runs", [True, False])
def test_every_state_can_be_posted_and_is_complete_as_text(
    state: JobState, trader_runs: bool
) -> None:
    shown = job_card(seen(state, trader_runs=trader_runs))

    assert beyond_slack(shown) == []
    assert notifies(shown) == set()
    assert f"⏳ {BTC} closing" in words(shown)
    assert f"✅ {ETH} flat: sold 4 at 60,990.125, fees $1.50" in readable(shown.text)
    assert "Asked by bob. The desk is KILLED." in readable(shown.text)
    assert "> it looks wrong" in readable(shown.text)


def test_without_a_trader_nothing_is_promised() -> None:
    assert "NO TRADER RUNS" in words(job_card(seen(JobState.RUNNING, trader_runs=False)))
    assert "NO TRADER RUNS" not in words(job_card(seen(JobState.RESIDUAL, trader_runs=False)))


def test_what_could_not_be_closed_stands_in_the_title_and_is_told_loudly() -> None:
    left = seen(JobState.RESIDUAL, leg_state=LegState.RESIDUAL)
    left = replace(left, job=replace(left.job, outcome="the session is closed"))

    shown, told = job_card(left), job_step(left)

    assert words(shown).startswith("🔴 main: NOT all of")
    assert f"🔴 {BTC} LEFT OPEN" in words(shown)
    assert told is not None
    assert told.loud
    assert "the session is closed" in told.message.text


def test_while_it_runs_there_is_nothing_to_reply() -> None:
    assert job_step(seen(JobState.RUNNING)) is None
    assert seen(JobState.RUNNING).urgent != seen(JobState.RUNNING, leg_state=LegState.FLAT).urgent


def test_foreign_text_is_harmless() -> None:
    plain = seen(JobState.RESIDUAL)
    hostile = replace(
        plain,
        job=replace(
            plain.job,
            reason=HOSTILE,
            actor=HOSTILE,
            outcome=HOSTILE,
            legs=(leg(LegState.RESIDUAL, HOSTILE, HOSTILE),),
        ),
    )
    told = job_step(hostile)

    assert told is not None
    for shown in (job_card(hostile), told.message):
        assert notifies(shown) == set()
        assert beyond_slack(shown) == []
