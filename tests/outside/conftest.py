"""One demo for each file of tests: it takes seconds to begin."""

from collections.abc import Iterator

import pytest

from tests.outside.demo import Demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    started = Demo(tmp_path_factory.mktemp("outside") / "home")
    yield started
    started.close()
