"""The documents say what the code does: their tables are the code's own."""

import re

import pytest

from bot.slack.settings import SlackSettings
from tests.docs.generated import PARTS, ROOT, drawn
from trader.settings import Settings


@pytest.mark.parametrize("document", sorted(PARTS))
def test_generated_parts_are_up_to_date(document: str) -> None:
    written = (ROOT / document).read_text()
    assert written == drawn(document), "run: python -m tests.docs.generated"


def test_every_risk_variable_is_in_the_example_environment() -> None:
    example = (ROOT / ".env.example").read_text()
    for field in Settings.model_fields.values():
        assert field.alias is not None
        if field.alias.startswith(("RISK_", "COINBASE_")):
            assert field.alias in example


def test_the_example_environment_names_no_unknown_variable() -> None:
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)
    fields = [*Settings.model_fields.values(), *SlackSettings.model_fields.values()]
    assert set(named) <= {field.alias for field in fields}
