"""The documents say what the code does: their tables are the code's own."""

import pytest

from tests.docs.generated import PARTS, ROOT, drawn


@pytest.mark.parametrize("document", sorted(PARTS))
def test_generated_parts_are_up_to_date(document: str) -> None:
    written = (ROOT / document).read_text()
    assert written == drawn(document), "run: python -m tests.docs.generated"
