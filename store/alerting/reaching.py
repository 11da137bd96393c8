"""escalation.yaml as alerts take it: a file whose levels 3 and 4 would tell nobody is refused."""

from datetime import datetime
from pathlib import Path

import yaml

from core.alerting.reach import DAYS, untold
from store.alerting.usual import arrangements_of
from store.escalation.file import NOTHING_SAID, Escalation, load_escalation
from store.escalation.places import refused


def load_reaching(path: Path, now: datetime) -> Escalation:
    """Raises PeopleUnusable. A file that says nothing of alerts at all is taken: its desk has none."""
    escalation = load_escalation(path)
    said = escalation.alerts
    if said.schedule is None and said.policy == NOTHING_SAID.policy:
        return escalation
    arranged = arrangements_of(escalation)
    found = untold(arranged.policy, arranged.schedule, arranged.contacts, now)
    if found is not None:
        why = (
            f"{found}. Within {DAYS} days somebody has to be told: put a duty, `everyone` or "
            "`services: [pagerduty]` in its steps, and give those people `slack` or `contacts`"
        )
        raise refused(
            path, yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader), ("levels",), why
        )
    return escalation
