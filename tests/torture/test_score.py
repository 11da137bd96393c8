"""What was counted of several desks comes to one score."""

from collections import Counter

from tests.torture.score import Score


def test_scores_of_several_desks_add_up() -> None:
    whole = Score()
    whole.add(Score(rounds=2, disturbed=Counter({"nothing": 2}), kill_ms=[1.0]))
    whole.add(Score(rounds=1, unfinished=1, disturbed=Counter({"nothing": 1}), details=["why"]))
    assert (whole.rounds, whole.violations) == (3, 1)
    assert whole.disturbed == {"nothing": 3}
    assert (whole.kill_ms, whole.details) == ([1.0], ["why"])
