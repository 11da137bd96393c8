"""The shipped escalation.yaml shows every key: what is commented out in it can be used as it stands."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from core.alerting.levels import Level
from core.alerting.policy import Step
from core.oncall.contacts import Means
from store.alerting.reaching import load_reaching
from store.alerting.usual import arrangements_of
from tests.docs.escalation_keys import NAMES, keys
from tests.docs.generated import ROOT

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SHOWN_TWICE = "  team_lead: {people: [carol]}\n"
"""Once as it is, once with layers."""
_ONE_LAYER = re.compile(r"on_call\.(primary|backup|team_lead)(\[\])?\.")


def with_examples() -> str:
    """The file with everything in it that it only shows: `#` without exactly one blank behind it."""
    shipped = (ROOT / "escalation.yaml").read_text()
    assert SHOWN_TWICE in shipped
    return re.sub(r"(?m)^( *)#(?! \S)", r"\1", shipped.replace(SHOWN_TWICE, ""))


def test_what_it_shows_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(with_examples())
    found = load_reaching(file, NOW).alerts
    assert found.policy.levels[Level.CRITICAL].on_unacked is not None
    assert found.quieting.silences
    assert found.quieting.routines
    assert found.schedule is not None
    assert found.schedule.overrides


def test_every_key_is_shown_and_explained() -> None:
    shown = {_ONE_LAYER.sub("on_call.primary[].", path) for path in _paths(_parsed(), "")}
    assert [one.path for one in keys() if one.path not in shown] == []
    assert [one.path for one in keys() if not one.says] == []


def test_every_contact_it_shows_is_used(tmp_path: Path) -> None:
    """By a level that tells people by this means, of somebody who is told anything at all."""
    file = tmp_path / "escalation.yaml"
    file.write_text(with_examples())
    arranged = arrangements_of(load_reaching(file, NOW))
    shown = {one.person: set(one.means) - {Means.DM} for one in arranged.contacts}
    having = {name for name, person in _parsed()["people"].items() if "contacts" in person}
    levels = arranged.policy.levels.values()
    tells = [
        t for one in levels for step in (*one.steps, Step(0, one.fallback)) for t in step.tells
    ]
    used = {by for tell in tells for by in tell.by}
    assert shown.keys() == having
    assert {by for means in shown.values() for by in means} <= used


def test_its_last_section_is_the_workspace() -> None:
    """Who connects a Slack writes there, and need not look for the place."""
    assert [*_parsed()][-1] == "slack"


def _parsed() -> Any:
    return yaml.safe_load(with_examples())


def _paths(value: Any, above: str) -> Iterator[str]:
    """Every path in the file, with the names that a desk chose put as in the table."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{above}.{NAMES[above]}" if above in NAMES else f"{above}.{key}".lstrip(".")
            yield path
            yield from _paths(inner, path)
    if isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{above}[]")
