"""The report of an incident as files in the home: Markdown, JSON and a picture."""

import json
from datetime import datetime
from pathlib import Path

from alerts.reports.picture import picture
from core.incidents import Incident
from core.reports.facts import Facts
from core.reports.incident_figures import figures
from core.reports.incident_report import markdown
from store.reports.facts import incident_window, read_facts
from store.reports.incidents import read_incident
from store.store import Store, Transaction


def write_incident_report(store: Store, id: str, now: datetime) -> list[Path]:
    """Draft it from the record as it is now; an earlier draft is replaced. Raises NoSuchIncident."""

    def gather(connection: Transaction) -> tuple[Incident, Facts]:
        incident = read_incident(connection, id)
        return incident, read_facts(connection, incident.desk, *incident_window(incident, now), now)

    incident, facts = store.read(gather)
    directory = store.home.reports / incident.id
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        "report.md": markdown(incident, facts, now).encode(),
        "report.json": json.dumps(figures(incident, facts, now), indent=1).encode(),
        "chart.png": picture(facts, f"{incident.desk}: {incident.title}"),
    }
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    return [directory / name for name in contents]
