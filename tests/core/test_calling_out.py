"""When the guard calls people itself: once for each silence, again until somebody was reached."""

from datetime import UTC, datetime, timedelta

import pytest

from core.calling_out import Call, Called, call_out

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


PAGED = Called(Call.PAGE, ago(60), reached=True)


@pytest.mark.parametrize(
    ("beat_at", "since", "last", "said"),
    [
        (None, LONG_AGO, Called(), None),  # alerts have never run: nobody waits for them
        (ago(59), LONG_AGO, Called(), None),
        (ago(60), LONG_AGO, Called(), Call.PAGE),
        (ago(900), ago(59), Called(), None),  # nobody is silent longer than we listen
        (ago(900), LONG_AGO, PAGED, None),
        (ago(900), LONG_AGO, Called(Call.PAGE, ago(900), reached=True), Call.PAGE),
        (ago(900), LONG_AGO, Called(Call.PAGE, ago(29)), None),
        (ago(900), LONG_AGO, Called(Call.PAGE, ago(30)), Call.PAGE),
        (ago(1), LONG_AGO, PAGED, Call.END),
        (None, LONG_AGO, PAGED, None),  # started again, and no beat could be read yet
        (ago(1), LONG_AGO, Called(Call.END, ago(5), reached=True), None),
        (ago(1), LONG_AGO, Called(Call.END, ago(5)), None),
        (ago(1), LONG_AGO, Called(Call.END, ago(30)), Call.END),
        (ago(60), LONG_AGO, Called(Call.END, ago(5), reached=True), Call.PAGE),
    ],
)
def test_what_is_said(
    beat_at: datetime | None, since: datetime, last: Called, said: Call | None
) -> None:
    found = call_out(beat_at, since, last, NOW)
    assert (found[0] if found else None) is said
