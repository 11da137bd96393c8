"""Commands while the store cannot be used: a kill holds the desk all the same."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.answer import FAILED, OK, REFUSED, Answer
from bot.slack.conversation import Conversation, Pressed, Said, once
from bot.slack.directory import Directory
from bot.slack.threads import Threads
from core.modes import Mode
from store.escalation.file import load_escalation
from tests.slack.component import web
from tests.slack.home import Home
from tests.slack.workspace_process import DESK, DESK_ID, IDS, TEAM, WorkspaceProcess
from tests.store.damage import spoil_mode

ANNOUNCED: list[tuple[str, str, Answer]] = []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.begin("main", "asia")
    yield made
    made.close()


@asynccontextmanager
async def conversing(
    workspace: WorkspaceProcess, home: Home, threads: Threads
) -> AsyncIterator[Conversation]:
    people = load_escalation(home.home / "escalation.yaml")
    async with web(workspace) as slack:
        yield Conversation(
            home.own_store(),
            Directory(slack, lambda: people),
            threads,
            lambda: home.now,
            lambda: home.now_ns,
            "/perps",
            lambda: None,
            lambda *said: ANNOUNCED.append(said),
            lambda: DESK,
        )


def talk(workspace: WorkspaceProcess, home: Home, *doings: Said | Pressed) -> list[Answer]:
    """One after the other; the answers."""

    async def run() -> list[Answer]:
        threads = Threads()
        async with conversing(workspace, home, threads) as conversation:
            try:
                return [
                    await (conversation.say(d) if isinstance(d, Said) else conversation.press(d))
                    for d in doings
                ]
            finally:
                await conversation.settle()
                threads.close()

    return asyncio.run(run())


def says(text: str, id: str = "1", who: str = "alice") -> Said:
    return Said(once(id), IDS[who], TEAM, DESK_ID, text)


def ruin(home: Home) -> None:
    """What a failing disk leaves."""
    for file in home.home.glob("perps.db*"):
        file.write_bytes(b"nothing that could be read" * 1000)


@pytest.mark.parametrize(
    "text", ["kill", "kill now", "kill main", "kill --desk main", "kill --desk=asia", "reduce-only"]
)
def test_without_a_store_it_is_held_by_page_and_kill_file(
    workspace: WorkspaceProcess, home: Home, text: str
) -> None:
    home.own_store()
    ruin(home)

    [answer] = talk(workspace, home, says(text))

    assert answer.code == FAILED, "held, and yet not well"
    assert "HELD by page and KILL file, RECORD PENDING" in answer.title
    assert (home.home / "KILL").exists()
    assert home.page("main").mode is None, "which every gate reads as closed"


@pytest.mark.parametrize("text", ["kill main", "reduce-only main"])
def test_whatever_else_goes_wrong_it_is_held(
    workspace: WorkspaceProcess, home: Home, text: str
) -> None:
    home.own_store()
    spoil_mode(home.home / "perps.db")

    [answer] = talk(workspace, home, says(text))

    assert answer.code == FAILED
    assert "HELD by page and KILL file, RECORD PENDING" in answer.title
    assert any("ValueError: 99 is not a valid Mode" in line for line in answer.lines)
    assert (home.home / "KILL").exists()
    assert home.page("main").mode is None


@pytest.mark.parametrize("text", ["status", "positions", "resume", "confirm kill-1", "note x"])
def test_without_a_store_nothing_else_is_pretended(
    workspace: WorkspaceProcess, home: Home, text: str
) -> None:
    home.own_store()
    ruin(home)

    [answer] = talk(workspace, home, says(text))

    assert answer.code == FAILED
    assert "UNKNOWN" in answer.title
    assert "`/perps kill` still holds the desk." in answer.lines
    assert not (home.home / "KILL").exists()


def test_a_click_without_a_store_is_told(workspace: WorkspaceProcess, home: Home) -> None:
    home.own_store()
    ruin(home)
    pressed = Pressed("1", IDS["bob"], TEAM, DESK_ID, "1.0", "request_confirm", "kill-1", ours=True)

    [answer] = talk(workspace, home, pressed)

    assert answer.code == FAILED
    assert "UNKNOWN" in answer.title


def test_without_a_desk_named_a_kill_means_every_desk(
    workspace: WorkspaceProcess, home: Home
) -> None:
    [answer] = talk(workspace, home, says("kill it looks wrong"))

    assert answer.code == OK
    assert home.mode("main") is home.mode("asia") is Mode.HELD
    assert [len(home.requests(desk)) for desk in ("main", "asia")] == [1, 1]


def test_without_a_desk_named_a_resume_is_refused_with_the_list(
    workspace: WorkspaceProcess, home: Home
) -> None:
    answers = talk(workspace, home, says("kill", "1"), says("resume it was a drill", "2"))

    assert answers[1].code == REFUSED
    assert "main, asia" in answers[1].lines[0] or "asia, main" in answers[1].lines[0]
    assert home.mode("main") is Mode.HELD


def test_the_same_delivery_twice_is_one_command(workspace: WorkspaceProcess, home: Home) -> None:
    talk(workspace, home, says("kill main", "same"), says("kill main", "same"))

    assert len(home.requests("main")) == 1
    assert len([e for e in home.events("main") if e.kind == "mode_set"]) == 1


def test_a_kill_delivered_again_after_a_resume_kills_nothing(
    workspace: WorkspaceProcess, home: Home
) -> None:
    """Slack may deliver late; the repeat must not be taken for a new kill, nor claim to be one."""
    talk(workspace, home, says("kill main", "late"))
    home.resume_by_two("main")

    [answer] = talk(workspace, home, says("kill main", "late"))

    assert home.mode("main") is Mode.ACTIVE
    assert answer.code == FAILED
    assert "NOT CHANGED" in answer.title


def test_a_stranger_is_not_even_told_what_they_mistyped(
    workspace: WorkspaceProcess, home: Home
) -> None:
    stranger = Said("1", "U0NOBODY1", TEAM, DESK_ID, "klil")

    [answer] = talk(workspace, home, stranger)

    assert answer.code == REFUSED
    assert "Did you mean" not in answer.title
    assert home.event("main", "stranger_refused").body["account"] == "U0NOBODY1"


def test_a_kill_that_was_typed_as_the_bot_stops_is_done_and_recorded(
    workspace: WorkspaceProcess, home: Home
) -> None:
    async def run() -> None:
        threads = Threads()
        async with conversing(workspace, home, threads) as conversation:
            typing = asyncio.ensure_future(conversation.say(says("kill main")))
            await asyncio.sleep(0)  # it has begun
            typing.cancel()  # the connection that it came by is gone
            await conversation.settle()
            threads.close()

    asyncio.run(run())

    assert home.page("main").mode is Mode.HELD
    assert home.event("main", "said_in_slack").actor == "alice"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("note look at this --desk main", True),
        ("silence feed_down 30m known --desk main", True),
        ("silence", False),
        ("maintenance", False),
        ("incident open odd fills --desk main", True),
    ],
)
def test_the_channel_is_told_of_what_was_changed_and_not_of_what_was_looked_at(
    workspace: WorkspaceProcess, home: Home, text: str, told: bool
) -> None:
    ANNOUNCED.clear()
    [answer] = talk(workspace, home, says(text))
    assert answer.code == OK, answer
    assert bool(ANNOUNCED) is told
