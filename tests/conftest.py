"""The same examples of properties everywhere, and the slow files first.

A busy machine must not decide what passes, and no worker shall be alone with the slow ones at the end.
"""

import pytest
from hypothesis import HealthCheck, settings

SLOW_FIRST = ("torture", "page", "race", "stories", "slack", "sandbox")

settings.register_profile(
    "same-everywhere",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same-everywhere")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stable: within a folder the order stays."""
    items.sort(key=_slowness)


def _slowness(item: pytest.Item) -> int:
    """A place in SLOW_FIRST, or behind it."""
    parts = item.path.parts
    return next((at for at, name in enumerate(SLOW_FIRST) if name in parts), len(SLOW_FIRST))
