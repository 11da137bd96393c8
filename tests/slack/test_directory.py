"""Who is who: asked when the act needs it, last known when it must not wait, else nobody."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.slack.admission import Stranger
from bot.slack.directory import Directory, Trust
from core.people import Person, Role
from store.escalation.file import Escalation
from store.escalation.slack import Workspace
from tests.slack.component import ANSWER_WITHIN_S, web
from tests.slack.seen import ALICE, BOB, CAROL, DAVE
from tests.slack.workspace_process import IDS, TEAM, WorkspaceProcess

LAST_KNOWN, ASK_FIRST, MUST_ASK = Trust.LAST_KNOWN, Trust.ASK_FIRST, Trust.MUST_ASK
ALL = (LAST_KNOWN, ASK_FIRST, MUST_ASK)
GROUPS = {"perps-approvers": frozenset({Role.APPROVER})}
Found = Person | Stranger


class Asker:
    """A directory and whoever asks it."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    async def who(self, name: str, trust: Trust, team: str = TEAM) -> str:
        """The person's name, or the reason."""
        found = await self.directory.person(IDS.get(name, name), team, trust)
        return found.name


def asking(
    workspace: WorkspaceProcess,
    work: Callable[[Asker], Awaitable[None]],
    *,
    groups: bool = False,
    patience_s: float = ANSWER_WITHIN_S,
) -> None:
    people = {person.name: person for person in (ALICE, BOB, CAROL, DAVE)}
    named = Escalation(people, Workspace(TEAM, "perps-desk", GROUPS if groups else {}))

    async def run() -> None:
        async with web(workspace, patience_s) as slack:
            await work(Asker(Directory(slack, lambda: named)))

    asyncio.run(run())


def silent(workspace: WorkspaceProcess, kind: str = "drop_before") -> None:
    for method in ("users.info", "usergroups.list"):
        workspace.api_fault(kind, method, count=None)


@pytest.mark.parametrize("trust", ALL)
def test_a_member_who_is_named_is_that_person(workspace: WorkspaceProcess, trust: Trust) -> None:
    async def work(asker: Asker) -> None:
        assert await asker.who("alice", trust) == "alice"
        assert await asker.who("eve", trust, "T0OTHER01") == "FOREIGN_TEAM"
        assert await asker.who("eve", trust) == "FOREIGN_TEAM"
        assert await asker.who("U0NOBODY1", trust) == "NOT_NAMED"
        assert await asker.who("USLACKBOT", trust) in ("BOT", "NOT_NAMED")

    asking(workspace, work)


def test_what_is_known_is_not_asked_again_for_the_brake(workspace: WorkspaceProcess) -> None:
    async def work(asker: Asker) -> None:
        await asker.directory.refresh()
        asked = len(workspace.requests("/api/users.info"))
        assert await asker.who("alice", LAST_KNOWN) == "alice"
        assert len(workspace.requests("/api/users.info")) == asked
        assert await asker.who("alice", ASK_FIRST) == "alice"
        assert len(workspace.requests("/api/users.info")) == asked + 1

    asking(workspace, work)


@pytest.mark.parametrize("kind", ["drop_before", "html"])
def test_slack_is_silent_and_somebody_is_known(workspace: WorkspaceProcess, kind: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.directory.refresh()
        silent(workspace, kind)
        assert await asker.who("alice", LAST_KNOWN) == "alice"
        assert await asker.who("alice", ASK_FIRST) == "alice"
        assert await asker.who("alice", MUST_ASK) == "SLACK_SILENT"
        await asker.directory.refresh()
        assert await asker.who("alice", LAST_KNOWN) == "alice", "silence forgets nobody"

    asking(workspace, work)


def test_slack_is_silent_from_the_start(workspace: WorkspaceProcess) -> None:
    """Slack delivered the command, so whoever the file names can still brake."""

    async def work(asker: Asker) -> None:
        silent(workspace)
        assert await asker.who("alice", LAST_KNOWN) == "alice"
        assert await asker.who("bob", ASK_FIRST) == "bob"
        assert await asker.who("alice", MUST_ASK) == "SLACK_SILENT"
        assert await asker.who("U0NOBODY1", LAST_KNOWN) == "SLACK_SILENT"
        assert await asker.who("alice", LAST_KNOWN, "T0OTHER01") == "FOREIGN_TEAM"
        assert await asker.who("alice", LAST_KNOWN, "") == "FOREIGN_TEAM"

    asking(workspace, work)


def test_slack_is_silent_from_the_start_where_groups_give_roles(
    workspace: WorkspaceProcess,
) -> None:
    async def work(asker: Asker) -> None:
        silent(workspace)
        assert await asker.who("alice", LAST_KNOWN) == "alice"
        assert await asker.who("alice", MUST_ASK) == "SLACK_SILENT"

    asking(workspace, work, groups=True)


@pytest.mark.parametrize(
    "error", ["plan_upgrade_required", "missing_scope", "permission_denied", "paid_teams_only"]
)
def test_without_user_groups_those_who_are_named_act_by_name(
    workspace: WorkspaceProcess, error: str
) -> None:
    """Groups take a paid plan; escalation.yaml takes none."""

    async def work(asker: Asker) -> None:
        workspace.api_fault("auth_error", "usergroups.list", args={"error": error}, count=None)
        for trust in ALL:
            assert await asker.who("alice", trust) == "alice"
            assert await asker.who("eve", trust) == "FOREIGN_TEAM"

    asking(workspace, work, groups=True)


def test_a_slow_slack_holds_nobody_up_for_long(workspace: WorkspaceProcess) -> None:
    async def work(asker: Asker) -> None:
        await asker.directory.refresh()
        workspace.api_fault("latency", "users.info", args={"ms": 5_000}, count=None)
        began = asyncio.get_running_loop().time()
        assert await asker.who("alice", ASK_FIRST) == "alice"
        assert asyncio.get_running_loop().time() - began < 1.5

    asking(workspace, work, patience_s=5)


def test_the_brake_waits_for_nobody_even_right_after_the_start(
    workspace: WorkspaceProcess,
) -> None:
    async def work(asker: Asker) -> None:
        silent(workspace, "half_open")
        began = asyncio.get_running_loop().time()
        assert await asker.who("alice", LAST_KNOWN) == "alice"
        assert asyncio.get_running_loop().time() - began < 1.5

    asking(workspace, work, groups=True, patience_s=5)


@pytest.mark.parametrize("method", ["users.info", "usergroups.list"])
def test_an_answer_without_sense_is_silence(workspace: WorkspaceProcess, method: str) -> None:
    fields = {"fields": ["user", "usergroups"]}

    async def work(asker: Asker) -> None:
        workspace.api_fault("null_fields", method, args=fields, count=None)
        await asker.directory.refresh()
        assert await asker.who("alice", LAST_KNOWN) == "alice"
        assert await asker.who("alice", MUST_ASK) == "SLACK_SILENT"

    asking(workspace, work, groups=True)


@pytest.mark.parametrize(
    ("change", "why"), [({"deleted": True}, "DEACTIVATED"), ({"is_guest": True}, "GUEST")]
)
def test_an_account_that_is_closed_is_nobody_as_soon_as_it_is_asked_for(
    workspace: WorkspaceProcess, change: dict[str, bool], why: str
) -> None:
    async def work(asker: Asker) -> None:
        await asker.directory.refresh()
        workspace.change_member("bob", **change)
        assert await asker.who("bob", ASK_FIRST) == why
        assert await asker.who("bob", LAST_KNOWN) == why, "now it is known"

    try:
        asking(workspace, work)
    finally:
        workspace.change_member("bob", deleted=False, is_guest=False)


def test_membership_of_a_group_is_asked_anew(workspace: WorkspaceProcess) -> None:
    def may_confirm(found: Found) -> bool:
        return isinstance(found, Person) and Role.APPROVER in found.roles

    async def work(asker: Asker) -> None:
        dave = IDS["dave"]
        workspace.set_group("perps-approvers", ["alice", "dave"])
        await asker.directory.refresh()
        assert may_confirm(await asker.directory.person(dave, TEAM, LAST_KNOWN))
        workspace.set_group("perps-approvers", ["alice"])
        assert may_confirm(await asker.directory.person(dave, TEAM, LAST_KNOWN))
        assert not may_confirm(await asker.directory.person(dave, TEAM, ASK_FIRST))
        assert not may_confirm(await asker.directory.person(dave, TEAM, LAST_KNOWN))

    try:
        asking(workspace, work, groups=True)
    finally:
        workspace.set_group("perps-approvers", ["alice", "bob", "carol"])
