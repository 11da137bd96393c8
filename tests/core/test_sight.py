"""What two people agree on must still be there when the second one acts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sight import Seen, Sight, drift, sight_of

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def sight(*constraints: str, **positions: tuple[int, str | None]) -> Sight:
    seen = {p: Seen(c, None if m is None else Decimal(m)) for p, (c, m) in positions.items()}
    return Sight(NOW, "HELD", frozenset(constraints), seen)


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        (sight(), sight(), []),
        (sight(BTC=(4, "100")), sight(BTC=(4, "101")), []),
        (sight(BTC=(4, "100")), sight(BTC=(4, "101.01")), ["BTC moved +1.01 % to 101.01"]),
        (sight(BTC=(4, "100")), sight(BTC=(4, "98.9")), ["BTC moved -1.10 % to 98.9"]),
        (sight(BTC=(4, "100")), sight(BTC=(5, "100")), ["BTC was +4 and is +5"]),
        (sight(BTC=(4, "100")), sight(BTC=(-4, "100")), ["BTC was +4 and is -4"]),
        (sight(BTC=(4, "100")), sight(), ["BTC was +4 and is +0"]),
        (sight(), sight(ETH=(-1, "10")), ["ETH was +0 and is -1"]),
        (sight(BTC=(-4, "100")), sight(BTC=(-3, "100")), []),
        (sight(BTC=(4, "100")), sight(BTC=(4, None)), ["BTC has no mark price now"]),
        (sight(BTC=(4, None)), sight(BTC=(4, "100")), []),
        (sight("drawdown"), sight("drawdown"), []),
        (sight("drawdown"), sight(), []),
        (sight(), sight("stale_mark"), ["stale_mark constrains the desk now"]),
    ],
)
def test_what_drifted_is_named_and_what_shrank_is_not(
    then: Sight, now: Sight, says: list[str]
) -> None:
    assert drift(then, now) == says


SIGHTS = st.builds(
    Sight,
    st.integers(0, 10**9).map(lambda s: NOW + timedelta(seconds=s)),
    st.sampled_from(["ACTIVE", "HELD"]),
    st.frozensets(st.sampled_from(["drawdown", "stale_mark"])),
    st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        st.builds(
            Seen,
            st.integers(-9, 9).filter(bool),
            st.none() | st.decimals("0.1", "1000", places=2),
        ),
    ),
)


@given(SIGHTS)
def test_a_sight_survives_being_kept(seen: Sight) -> None:
    assert sight_of(seen.body()) == seen
    if all(position.mark is not None for position in seen.positions.values()):
        assert drift(seen, seen) == []


@pytest.mark.parametrize("body", [{}, {"at": "soon"}, {"at": NOW.isoformat(), "mode": "HELD"}])
def test_another_shape_is_no_sight(body: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        sight_of(body)
