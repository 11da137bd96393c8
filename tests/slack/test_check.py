"""`perps-bot slack check`: what is wrong, in words, with what to do about it; and nothing is changed."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.__main__ import clock
from bot.answer import FAILED, OK, Answer
from bot.beside import SHIPPED_PEOPLE
from bot.slack.check import check_slack
from bot.slack.settings import SlackSettings
from store.escalation.file import load_escalation
from tests.slack.component import web
from tests.slack.workspace_process import WorkspaceProcess

SHIPPED = SHIPPED_PEOPLE.read_text()
GROUPS = "\n  groups:\n    perps-approvers: [approver]\n"


def check(
    workspace: WorkspaceProcess,
    place: Path,
    people: str = SHIPPED,
    *,
    off_s: float = 0,
    **settings: str,
) -> Answer:
    file = place / "escalation.yaml"
    file.write_text(people)
    found = SlackSettings.model_validate(workspace.environment | settings)

    async def run() -> Answer:
        async with web(workspace) as slack:
            slack.token = found.bot_token
            later = timedelta(seconds=off_s)
            return await check_slack(slack, found, load_escalation(file), lambda: clock() + later)

    return asyncio.run(run())


def wrong(answer: Answer) -> list[str]:
    found: list[str] = answer.facts["wrong"]
    return found


@pytest.fixture
def scopes(workspace: WorkspaceProcess) -> Iterator[WorkspaceProcess]:
    yield workspace
    workspace.must("/_sim/scopes", {"restore": True})


def test_a_workspace_that_is_ready(workspace: WorkspaceProcess, tmp_path: Path) -> None:
    before = len(workspace.messages())

    answer = check(workspace, tmp_path, SHIPPED + GROUPS)

    assert wrong(answer) == []
    assert (answer.code, answer.title) == (OK, "Slack is ready")
    assert "perps-desk" in answer.facts["checks"]["desk channel"]
    assert len(workspace.messages()) == before


@pytest.mark.parametrize(
    ("old", "new", "name", "says"),
    [
        ("T0PERPS01", "T0OTHER99", "workspace", "names T0OTHER99"),
        ("desk: perps-desk", "desk: nowhere", "desk channel", "there is no nowhere"),
        ("U0BOB0001", "U0BOB9999", "bob", "user_not_found"),
        ("U0BOB0001", "U0EVE0001", "bob", "another workspace"),
        ("U0BOB0001", "U0PERPS01", "bob", "bots are not listened to"),
    ],
)
def test_what_the_file_has_wrong(
    workspace: WorkspaceProcess, tmp_path: Path, old: str, new: str, name: str, says: str
) -> None:
    answer = check(workspace, tmp_path, SHIPPED.replace(old, new))

    assert answer.code == FAILED
    assert name in wrong(answer)
    assert says in answer.facts["checks"][name]


def test_a_group_that_is_not_there(workspace: WorkspaceProcess, tmp_path: Path) -> None:
    answer = check(workspace, tmp_path, SHIPPED + GROUPS.replace("perps-approvers", "nobody"))

    assert wrong(answer) == ["user groups"]


def test_scopes_that_were_taken_away(scopes: WorkspaceProcess, tmp_path: Path) -> None:
    scopes.must("/_sim/scopes", {"remove": ["chat:write", "channels:history"]})

    answer = check(scopes, tmp_path)

    assert "scopes" in wrong(answer)
    assert answer.facts["checks"]["scopes"] == "missing: channels:history, chat:write"


def test_wrong_tokens(workspace: WorkspaceProcess, tmp_path: Path) -> None:
    assert wrong(check(workspace, tmp_path, SLACK_BOT_TOKEN="xoxb-wrong")) == ["bot token"]
    assert wrong(check(workspace, tmp_path, SLACK_APP_TOKEN="xapp-wrong")) == ["Socket Mode"]


def test_a_clock_that_is_off(workspace: WorkspaceProcess, tmp_path: Path) -> None:
    assert wrong(check(workspace, tmp_path, off_s=400)) == ["clock"]
    assert wrong(check(workspace, tmp_path, off_s=-400)) == ["clock"]


def test_with_one_person_in_slack_nobody_could_confirm(
    workspace: WorkspaceProcess, tmp_path: Path
) -> None:
    alone = SHIPPED.replace("    slack: U0BOB0001\n", "").replace("    slack: U0CAROL01\n", "")

    assert wrong(check(workspace, tmp_path, alone)) == ["second person"]


def test_from_the_terminal(workspace: WorkspaceProcess, tmp_path: Path) -> None:
    (tmp_path / "escalation.yaml").write_text(SHIPPED)
    checked = subprocess.run(
        [sys.executable, "-m", "bot", "slack", "check", "--json", f"--home={tmp_path / 'home'}"],
        env=os.environ | workspace.environment | {"PYTHONPATH": str(SHIPPED_PEOPLE.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["wrong"] == []
    assert workspace.bot_token not in checked.stdout
