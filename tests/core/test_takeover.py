"""When the guard acts in the loop's place, as a table."""

from datetime import timedelta

import pytest

from core.flatten import Job, JobState
from core.takeover import NOT_TAKEN_UP, LoopSeen, Takeover, is_back, takeover
from tests.core.examples import NOW


def job(asked_s_ago: float, state: JobState = JobState.ASKED) -> Job:
    asked_at = NOW - timedelta(seconds=asked_s_ago)
    return Job("kill-1", "main", state, "it looks wrong", "alice", asked_at, ())


def loop(
    started_s_ago: float | None = 3600,
    *,
    beats: bool = True,
    lost_s_ago: float | None = None,
    swept: bool = False,
) -> LoopSeen:
    return LoopSeen(
        started_at=None if started_s_ago is None else NOW - timedelta(seconds=started_s_ago),
        beats=beats,
        lost_at=None if lost_s_ago is None else NOW - timedelta(seconds=lost_s_ago),
        swept=swept,
    )


def gone(lost_s_ago: float, *, swept: bool = False) -> LoopSeen:
    return loop(None, beats=False, lost_s_ago=lost_s_ago, swept=swept)


TABLE = [
    ("all is well", None, loop(), False, None),
    ("a first start", None, loop(None), False, None),
    ("a first start with a flatten left over", job(600), loop(None), False, None),
    ("asked just now", job(2.9), loop(), False, None),
    ("asked and not taken up", job(3.1), loop(), False, Takeover.FLATTEN_WAITS),
    ("taken up", job(60, JobState.RUNNING), loop(), True, None),
    (
        "begun by one that is gone",
        job(60, JobState.RUNNING),
        loop(4),
        False,
        Takeover.FLATTEN_WAITS,
    ),
    ("a loop that has just started", job(60), loop(2.9), False, None),
    ("a loop that starts too long", job(60), loop(3.1, beats=False), False, Takeover.FLATTEN_WAITS),
    ("asked, and the loop dies", job(0.1), gone(0), False, Takeover.FLATTEN_LOST),
    ("running, and it died", job(9, JobState.RUNNING), gone(0), False, Takeover.FLATTEN_LOST),
    ("asked while it is away", job(0), gone(5), False, Takeover.FLATTEN_LOST),
    ("silent, not ended yet", job(2), loop(lost_s_ago=1), True, None),
    ("away for a while", None, gone(10), False, None),
    ("away for too long", None, gone(10.1), False, Takeover.LOOP_AWAY),
    ("away, and swept", None, gone(600, swept=True), False, None),
    ("asked after the sweep", job(0), gone(600, swept=True), False, Takeover.FLATTEN_LOST),
    ("back and at work", None, loop(5, lost_s_ago=11), False, None),
    ("coming back", None, loop(9, beats=False, lost_s_ago=30), False, None),
    ("hangs as it starts", None, loop(10.1, beats=False, lost_s_ago=30), False, Takeover.LOOP_AWAY),
]


@pytest.mark.parametrize(
    ("open_job", "seen", "held", "expected"),
    [row[1:] for row in TABLE],
    ids=[str(row[0]) for row in TABLE],
)
def test_the_guard_acts(
    open_job: Job | None, seen: LoopSeen, held: bool, expected: Takeover | None
) -> None:
    found = takeover(
        open_job, seen, lease_held=held, patience=NOT_TAKEN_UP, kill_overdue=False, now=NOW
    )
    assert found is expected


def test_a_guard_that_came_no_further_gives_the_loop_more_time() -> None:
    patience = timedelta(seconds=20)
    assert (
        takeover(
            job(60), loop(19), lease_held=False, patience=patience, kill_overdue=False, now=NOW
        )
        is None
    )
    late = takeover(
        job(60), loop(21), lease_held=False, patience=patience, kill_overdue=False, now=NOW
    )
    assert late is Takeover.FLATTEN_WAITS


@pytest.mark.parametrize(
    ("uptime_s", "armed", "expected"),
    [(0.1, True, True), (0.1, False, False), (10, False, False), (10.1, False, True)],
)
def test_a_loop_is_back_when_it_is_armed_or_has_long_been_at_work(
    uptime_s: float, armed: bool, expected: bool
) -> None:
    assert is_back(NOW - timedelta(seconds=uptime_s), armed=armed, now=NOW) is expected


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (loop(), None),
        (loop(4, lost_s_ago=9), None),
        (loop(None), None),
        (gone(0), Takeover.KILL_OVERDUE),
        (gone(600, swept=True), Takeover.KILL_OVERDUE),
    ],
)
def test_a_kill_that_nobody_confirmed_is_the_loops_as_long_as_there_is_one(
    seen: LoopSeen, why: Takeover | None
) -> None:
    found = takeover(
        None, seen, lease_held=False, patience=NOT_TAKEN_UP, kill_overdue=True, now=NOW
    )
    assert found is why
