"""Who is not listened to, and what nobody can forge: told, on record, and nothing is changed."""

from typing import Any

import pytest

from bot.slack.card import CONFIRM
from core.modes import Mode
from tests.slack.workspace_process import DESK_ID, IDS, wait_until
from tests.slack.world import World

GROUPS = """
  groups:
    perps-approvers: [approver]
"""


def stranger_refused(world: World, desk: str, account: str) -> str:
    """Why, once it is on record."""

    def found() -> list[Any]:
        return [
            event.body["refused"]
            for event in world.home.events(desk)
            if event.kind == "stranger_refused" and event.body["account"] == IDS[account]
        ]

    wait_until(found, f"{account} refused on record")
    return str(found()[-1])


def test_a_viewer_looks_and_does_nothing_else(world: World) -> None:
    desk = world.desk()

    assert world.workspace.command("dave", f"status --desk {desk}")["ok"]
    assert f"{desk}: ACTIVE" in world.wait_told("dave", f"{desk}: ACTIVE")
    for verb in ("kill", "reduce-only"):
        assert world.workspace.command("dave", f"{verb} {desk}")["ok"]
        told = world.wait_told("dave", f"{verb} refused: the role does not allow it")
        assert "Nothing was changed." in told

    assert world.home.mode(desk) is Mode.ACTIVE
    assert world.home.event(desk, "act_refused").actor == "dave"


def test_a_viewers_click_confirms_nothing(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)

    world.confirm("dave", card)

    world.wait_told("dave", "confirm refused: the role does not allow it")
    assert world.home.held(desk)


def test_a_guest_of_another_team_is_turned_away(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)

    world.workspace.command("eve", f"status --desk {desk}")
    world.confirm("eve", card)

    assert stranger_refused(world, desk, "eve") == "FOREIGN_TEAM"
    told = world.wait_told("eve", "confirm refused: the account belongs to another workspace")
    assert "STILL OPEN" not in told
    assert desk not in "".join(world.workspace.told("eve")), "strangers learn nothing of the desk"
    assert world.home.held(desk)


@pytest.mark.parametrize(
    ("change", "why", "says"),
    [
        ({"is_guest": True}, "GUEST", "guests are not listened to"),
        ({"deleted": True}, "DEACTIVATED", "the account is deactivated"),
    ],
)
def test_an_account_that_was_closed_between_request_and_click(
    world: World, change: dict[str, bool], why: str, says: str
) -> None:
    desk = world.desk()
    card = world.kill(desk)
    world.workspace.change_member("bob", **change)

    world.confirm("bob", card)

    assert stranger_refused(world, desk, "bob") == why
    assert world.home.held(desk)
    assert world.home.job(desk) is None
    if why != "DEACTIVATED":  # who is closed out sees nothing any more
        world.wait_told("bob", says)


def test_an_approver_removed_from_the_file_between_request_and_click(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)
    assert "bob" in card["would_notify"]
    world.home.set_people(
        world.people.replace(
            "name: Bob Tanaka\n    roles: [operator, approver]",
            "name: Bob Tanaka\n    roles: [operator]",
        )
    )

    world.confirm("bob", card)

    world.wait_told("bob", "confirm refused: the role does not allow it")
    assert world.home.held(desk)
    assert world.home.event(desk, "act_refused").actor == "bob"


def test_a_broken_edit_of_the_file_leaves_everybody_what_they_were(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)
    world.home.edit_people(world.people.replace("people:", "poeple:"))

    assert world.confirm("bob", card)["ok"]

    world.wait_mode(desk, Mode.KILLED)


def test_an_approver_removed_from_the_group_between_request_and_click(world: World) -> None:
    world.home.set_people(world.people + GROUPS)
    world.workspace.set_group("perps-approvers", ["alice", "bob", "dave"])
    desk, other = world.desk(), world.desk()
    card, other_card = world.kill(desk), world.kill(other)
    try:
        wait_until(lambda: _takes(world, card, desk), "the group to count")
        assert world.home.request(desk).decided_by == "dave"

        world.workspace.set_group("perps-approvers", ["alice", "bob"])
        world.confirm("dave", other_card)

        world.wait_told("dave", "confirm refused: the role does not allow it")
        assert world.home.held(other)
    finally:
        world.workspace.set_group("perps-approvers", ["alice", "bob", "carol"])


def test_an_altered_value_confirms_nothing(world: World) -> None:
    mine, other = world.desk(), world.desk()
    card, _ = world.kill(mine), world.kill(other)
    stolen = world.home.request(other).id

    world.confirm("bob", card, value=stolen)

    world.wait_told("bob", "this button belongs to no request of ours")
    assert world.home.held(mine)
    assert world.home.held(other)
    assert world.home.event(other, "click_refused").body["claimed"] == stolen


def test_a_button_in_a_message_that_is_not_the_card_confirms_nothing(world: World) -> None:
    desk = world.desk()
    world.kill(desk)
    id = world.home.request(desk).id
    button = {
        "type": "button",
        "action_id": CONFIRM,
        "text": {"type": "plain_text", "text": "Free coffee"},
        "value": id,
    }
    forged = world.workspace.client().chat_postMessage(
        channel=DESK_ID, text="coffee?", blocks=[{"type": "actions", "elements": [button]}]
    )

    world.confirm("bob", {"ts": forged["ts"]})

    world.wait_told("bob", "this button belongs to no request of ours")
    assert world.home.held(desk)
    assert world.home.event(desk, "click_refused").body["account"] == IDS["bob"]


def test_a_reason_calls_nobody(world: World) -> None:
    desk = world.desk()
    reason = (
        "<!channel> <!here> <!everyone> <@U0DAVE001> <!subteam^S0TRADERS> @channel @here @dave "
        "&lt;!channel&gt; ```<!channel>``` *<!here>* `<@U0DAVE001>`"
    )

    card = world.kill(desk, reason)
    world.confirm("bob", card)

    assert set(card["would_notify"]) == {"bob", "carol"}
    wait_until(lambda: world.replies(card))
    assert [reply["would_notify"] for reply in world.replies(card)] == [[]]
    assert "<@" not in world.card(desk, "KILLED")["text"]


def test_what_is_not_understood_changes_nothing_and_is_told(world: World) -> None:
    desk = world.desk()

    for text, says in (
        ("klil", "Did you mean `kill`?"),
        ("zzz", "See `help` for all of them."),
        (f"kill --desk {desk}x", f"There is no desk '{desk}x'"),
        ("positions now please", "it takes no words"),
        (f"confirm nonsense --desk {desk}", "nonsense"),
    ):
        assert world.workspace.command("alice", text)["ok"]
        world.wait_told("alice", says)

    assert world.home.mode(desk) is Mode.ACTIVE


def test_words_as_telephones_write_them(world: World) -> None:
    desk = world.desk()

    assert world.workspace.command("alice", f"Kill\u00a0—desk\u00a0{desk} “bad fills” ‘now’")["ok"]

    world.wait_mode(desk, Mode.HELD)
    assert world.home.request(desk).reason == "\"bad fills\" 'now'"


def test_an_edit_gives_nobody_a_role_before_two_people_have_agreed(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)
    dave = "name: Dave Lindqvist\n    roles: [viewer"
    world.home.edit_people(world.people.replace(dave, f"{dave}, approver"))

    def asks() -> list[Any]:
        said = world.workspace.said_by_bot("asks for other roles")
        return [m for m in said if "dave also becomes approver" in m["text"]]

    wait_until(asks, "the card that asks for it")
    world.confirm("dave", card)
    world.wait_told("dave", "confirm refused: the role does not allow it")
    assert world.home.held(desk)

    world.confirm("alice", asks()[-1])
    world.wait_told("alice", "one of two has agreed")
    world.confirm("alice", asks()[-1])
    world.wait_told("alice", "nobody confirms their own request")
    world.confirm("bob", asks()[-1])
    wait_until(lambda: world.workspace.said_by_bot("the roles have changed"), "the roles in force")

    wait_until(lambda: _takes(world, card, desk), "dave's word to count")


def _takes(world: World, card: Any, desk: str) -> bool:
    world.confirm("dave", card)
    return bool(world.home.mode(desk) is Mode.KILLED)
