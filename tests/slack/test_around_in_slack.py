"""The rest of Slack: the Home tab, threads, direct messages, announcements, and the bot's own start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.modes import Mode
from tests.slack.home import BotProcess, Home
from tests.slack.reading import buttons
from tests.slack.workspace_process import WorkspaceProcess, wait_until
from tests.slack.world import World, a_world, memory


@pytest.fixture(scope="module")
def _world_of_few_desks() -> Iterator[World]:
    """What shows every desk at once shows only so many."""
    with memory() as place, a_world(place) as world:
        yield world


@pytest.fixture
def world(_world_of_few_desks: World) -> Iterator[World]:
    _world_of_few_desks.workspace.begin_story()
    yield _world_of_few_desks
    _world_of_few_desks.restore()


def text_of(view: object) -> str:
    return str(view)


def test_the_bare_command_shows_the_status_and_where_help_is(world: World) -> None:
    desk = world.desk()

    assert world.workspace.command("carol", "")["ok"]

    told = world.wait_told("carol", f"{desk}: ACTIVE")
    assert "/perps help" in told or "/perps help" in "".join(world.workspace.told("carol"))


def test_the_home_tab_shows_the_desk_and_follows_it(world: World) -> None:
    desk = world.desk()
    world.workspace.must("/_sim/home", {"user": "alice"})
    wait_until(lambda: f"{desk}: ACTIVE" in text_of(world.workspace.home_of("alice")))

    assert world.home.type("kill", "drill", "--desk", desk).code == 0

    wait_until(lambda: f"{desk}: HELD" in text_of(world.workspace.home_of("alice")))


def test_the_home_tabs_brake_holds_every_desk(world: World) -> None:
    desk = world.desk()
    world.workspace.must("/_sim/home", {"user": "bob"})
    wait_until(lambda: desk in text_of(world.workspace.home_of("bob")))
    view = world.workspace.home_of("bob")

    world.workspace.must(
        "/_sim/click", {"user": "bob", "view_id": view["id"], "action_id": "home_reduce_only"}
    )

    world.wait_mode(desk, Mode.REDUCE_ONLY)
    world.card(desk, "REDUCE_ONLY, set by bob")


def test_a_viewers_home_tab_has_no_brake_and_a_strangers_nothing(world: World) -> None:
    desk = world.desk()
    for user in ("dave", "eve"):
        world.workspace.must("/_sim/home", {"user": user})
    wait_until(lambda: desk in text_of(world.workspace.home_of("dave")))
    wait_until(lambda: world.workspace.home_of("eve"))

    assert list(buttons(world.workspace.home_of("dave")["blocks"])) == ["home_refresh"]
    assert "another workspace" in text_of(world.workspace.home_of("eve"))
    assert desk not in text_of(world.workspace.home_of("eve"))


@pytest.mark.parametrize("said", ["@perps kill {} I agree", "kill {} I agree @perps"])
def test_in_a_thread_naming_the_bot_works(world: World, said: str) -> None:
    desk = world.desk()
    card = world.kill(desk)

    world.workspace.write("bob", said.format(desk), thread_ts=card["ts"])

    world.wait_mode(desk, Mode.KILLED)
    assert world.home.request(desk).decided_by == "bob"


def test_in_a_direct_message_no_name_is_needed(world: World) -> None:
    desk = world.desk()
    state = world.workspace.get("/_ui/state?as=alice")
    [im] = [channel["id"] for channel in state["channels"] if channel["kind"] == "im"][:1]

    world.workspace.write("alice", f"kill {desk} now", channel=im)

    world.wait_mode(desk, Mode.HELD)
    world.card(desk)


def test_what_has_no_card_is_announced(world: World) -> None:
    desk = world.desk()

    assert world.workspace.command("alice", f"note <!channel> look at this --desk {desk}")["ok"]

    wait_until(lambda: world.workspace.said_by_bot(f"{desk}: noted"))
    [said] = world.workspace.said_by_bot(f"{desk}: noted")
    assert "look at this" in said["text"]
    assert said["would_notify"] == []
    assert not said["ephemeral_to"]


def test_a_second_bot_of_this_home_is_refused(world: World) -> None:
    other = BotProcess(world.home.home, world.environment)

    assert other.process.wait(timeout=15) == 3
    assert "runs already" in other.said()


@pytest.mark.parametrize(
    ("token", "says"), [("xoxb-wrong", "invalid_auth"), ("nonsense", "SLACK_BOT_TOKEN")]
)
def test_a_wrong_token_ends_the_start_with_a_sentence(
    workspace: WorkspaceProcess, tmp_path: Path, token: str, says: str
) -> None:
    home = Home(tmp_path / "home")
    home.begin()
    bot = BotProcess(home.home, workspace.environment | {"SLACK_BOT_TOKEN": token})

    assert bot.process.wait(timeout=15) in (1, 3)
    assert says in bot.said()
    assert "Traceback" not in bot.said()
    assert token == "nonsense" or token not in bot.said()
    home.close()


def test_an_incidents_report_is_shared_as_files_where_it_was_asked_for(world: World) -> None:
    desk = world.desk()
    say = world.workspace.command
    assert say("alice", f"incident open fills <!channel> without orders --desk {desk}")["ok"]
    wait_until(lambda: world.workspace.said_by_bot(f"{desk}: incident"))

    assert say("bob", f"incident report --desk {desk}")["ok"]

    def shared() -> list[str]:
        said = [m for m in world.workspace.messages() if desk in m["text"] and m["files"]]
        return [file["name"] for message in said for file in message["files"]]

    wait_until(lambda: len(shared()) == 3, seconds=30)
    assert shared() == ["report.md", "report.json", "chart.png"]
    assert all(m["would_notify"] == [] for m in world.workspace.said_by_bot(f"{desk}: incident"))


def test_files_that_cannot_be_shared_are_said_to_lie_in_the_home(world: World) -> None:
    desk = world.desk()
    world.workspace.command("alice", f"incident open no files today --desk {desk}")
    wait_until(lambda: world.workspace.said_by_bot(f"{desk}: incident"))
    world.workspace.must("/_sim/scopes", {"remove": ["files:write"]})
    try:
        world.workspace.command("alice", f"incident report --desk {desk}")
        wait_until(
            lambda: "could not be shared here" in " ".join(world.workspace.told("alice")),
            seconds=30,
        )
    finally:
        world.workspace.must("/_sim/scopes", {"restore": True})
