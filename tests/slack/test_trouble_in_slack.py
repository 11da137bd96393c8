"""Slack at its worst: late, twice, silent, gone in the middle. The desk is held all the same, once."""

from typing import Any

from core.modes import Mode
from store.home import Home as Layout
from tests.slack.workspace_process import wait_until
from tests.slack.world import World

API = ("chat.postMessage", "chat.update", "users.info", "usergroups.list", "conversations.history")


def silence(world: World) -> None:
    """No method of the Web API answers any more; commands still arrive."""
    for method in (*API, "chat.postEphemeral", "conversations.replies"):
        world.workspace.api_fault("half_open", method, args={"s": 0.4}, count=None)


def test_a_late_acknowledgement_and_its_repeat_make_one_request(world: World) -> None:
    desk = world.desk()
    world.bot.pause()
    try:
        said = world.workspace.command("alice", f"kill {desk} now")
    finally:
        world.bot.go_on()
    assert (said["ok"], said["error"]) == (False, "operation_timeout")

    world.wait_mode(desk, Mode.HELD)
    assert world.workspace.command("alice", f"kill {desk} now")["ok"]

    world.card(desk)
    assert len(world.home.requests(desk)) == 1
    assert len(world.cards(desk)) == 1
    assert world.home.mode(desk) is Mode.HELD, "a repeat by the same person confirms nothing"


def test_an_envelope_that_comes_twice_is_one_command(world: World) -> None:
    desk = world.desk()
    world.workspace.fault("duplicate", match={"socket": True})

    assert world.workspace.command("alice", f"note seen on {desk} --desk {desk}")["ok"]

    world.wait_told("alice", f"{desk}: noted")
    wait_until(lambda: world.workspace.said_by_bot(f"{desk}: noted"))
    assert len([e for e in world.home.events(desk) if e.kind == "note"]) == 1
    assert len(world.workspace.said_by_bot(f"{desk}: noted")) == 1


def test_a_disconnect_in_mid_approval_is_told_and_the_next_click_counts(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)
    world.workspace.fault("close", match={"socket": True}, count=2)

    first = world.confirm("bob", card)
    if not first["ok"]:
        world.wait_connected()
        world.confirm("bob", card)

    world.wait_mode(desk, Mode.KILLED)
    world.wait_connected()
    flattens = [e for e in world.home.events(desk) if e.kind == "flatten_asked"]
    assert len(flattens) == 1


def test_the_lost_reply_of_a_card_is_looked_up_and_not_posted_again(world: World) -> None:
    desk = world.desk()
    world.workspace.api_fault("drop_after", "chat.postMessage")

    card = world.kill(desk)
    world.wait_settled(desk)
    world.confirm("bob", card)

    after = world.card(desk, "KILLED")
    assert after["ts"] == card["ts"], "it is edited, so it was found"
    assert len(world.cards(desk)) == 1


def test_a_click_on_a_card_whose_reply_was_lost_counts(world: World) -> None:
    desk = world.desk()
    world.workspace.api_fault("half_open", "conversations.history", args={"s": 1}, count=None)
    world.workspace.api_fault("drop_after", "chat.postMessage")
    card = world.kill(desk)

    world.confirm("bob", card)

    wait_until(lambda: world.home.mode(desk) is Mode.KILLED, seconds=2)


def test_slack_asks_to_wait_and_the_card_waits(world: World) -> None:
    desk = world.desk()
    began = len(world.workspace.requests("/api/chat.postMessage"))
    args = {"code": 429, "retry_after": 1}
    world.workspace.api_fault("status", "chat.postMessage", args=args)

    world.kill(desk)

    first, second = world.workspace.requests("/api/chat.postMessage")[began:][:2]
    assert (first["status"], second["status"]) == (429, 200)
    assert (second["monotonic_ns"] - first["monotonic_ns"]) / 1e9 >= 0.9
    assert len(world.cards(desk)) == 1


def test_a_card_that_was_deleted_is_posted_anew(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)
    world.workspace.client().chat_delete(channel="C0DESK001", ts=card["ts"])

    assert world.workspace.command("bob", f"kill {desk}")["ok"]

    after = world.card(desk, "KILLED")
    assert after["ts"] != card["ts"]


def test_the_store_is_locked_during_a_kill(world: World) -> None:
    """Page and KILL file need no store; what could not be recorded is said to be so."""
    desk = world.desk()
    locker = lock(world)
    try:
        assert world.workspace.command("alice", f"kill {desk} now")["ok"], "acknowledged in time"
        wait_until(lambda: world.home.page(desk).mode is Mode.HELD, seconds=3)
        told = world.wait_told("alice", "RECORD PENDING", seconds=3)
    finally:
        locker.rollback()
        locker.close()
        kill_file = Layout(world.home.home).kill_file
        held = kill_file.exists()
        kill_file.unlink(missing_ok=True)

    assert held
    assert "positions are STILL OPEN" in told
    assert world.home.page(desk).mode is Mode.HELD


def lock(world: World) -> Any:
    """Somebody else's write transaction that does not end."""
    import pysqlite3

    found = pysqlite3.connect(Layout(world.home.home).database, isolation_level=None)
    found.execute("BEGIN IMMEDIATE")
    return found


def test_slack_is_silent_during_a_kill_from_slack(world: World) -> None:
    desk = world.desk()
    silence(world)

    assert world.workspace.command("alice", f"kill {desk} now")["ok"]

    world.wait_mode(desk, Mode.HELD)
    assert world.cards(desk) == []
    world.workspace.clear_faults()
    wait_until(lambda: world.cards(desk), "the card, afterwards", seconds=20)


def test_slack_is_silent_during_a_kill_from_the_terminal(world: World) -> None:
    desk = world.desk()
    silence(world)

    typed = world.home.type("kill", "now", "--desk", desk)

    assert typed.code == 0
    assert world.home.held(desk)
    world.workspace.clear_faults()
    wait_until(lambda: world.cards(desk), "the card, afterwards", seconds=20)


def test_a_second_persons_word_for_a_kill_needs_no_answer_from_slack(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)
    silence(world)

    assert world.confirm("bob", card)["ok"]

    world.wait_mode(desk, Mode.KILLED)


def test_a_resume_is_not_confirmed_while_slack_is_silent(world: World) -> None:
    desk = world.desk()
    world.kill(desk)
    assert world.workspace.command("alice", f"resume --desk {desk} it was a drill")["ok"]
    card = world.card(desk, "alice asks to resume")
    world.workspace.api_fault("drop_before", "users.info", count=None)

    world.confirm("bob", card)

    world.wait_told("bob", "Slack does not say who this is")
    assert world.home.held(desk)


def test_the_bot_dies_while_a_card_is_on_its_way(world: World) -> None:
    """SIGKILL between Slack's having it and our knowing it. What is asked meanwhile gets its card, too."""
    desk, meanwhile = world.desk(), world.desk()
    world.workspace.api_fault("half_open", "conversations.history", count=None)
    world.workspace.api_fault("drop_after", "chat.postMessage")
    card = world.kill(desk)
    world.bot.kill()
    world.workspace.clear_faults()
    assert world.home.type("kill", "now", "--desk", meanwhile).code == 0

    world.restart_bot()
    assert f"{meanwhile}: HELD, kill asked by" in world.card(meanwhile)["text"]
    world.wait_settled(desk)
    assert world.confirm("bob", card)["ok"]

    world.wait_mode(desk, Mode.KILLED)
    after = world.card(desk, "KILLED")
    assert after["ts"] == card["ts"]
    assert len(world.cards(desk)) == 1


def test_one_card_that_slack_refuses_does_not_keep_another_back(world: World) -> None:
    first, second = world.desk(), world.desk()
    card = world.kill(first)
    refusal = {"error": "edit_window_closed"}
    world.workspace.api_fault("auth_error", "chat.update", args=refusal, count=None)
    before = len(world.workspace.requests("/api/chat.update"))
    world.object("carol", card)
    wait_until(lambda: len(world.workspace.requests("/api/chat.update")) > before)

    assert world.workspace.command("alice", f"kill {second} now")["ok"]

    wait_until(lambda: world.cards(second), "the second card", seconds=4)
    wait_until(lambda: world.replies(card), "the end, told below a card that cannot be edited")


def test_a_lost_reply_that_cannot_be_looked_up_keeps_no_other_card_back(world: World) -> None:
    """Posting in a public channel takes no membership, reading its history does."""
    first, second = world.desk(), world.desk()
    refusal = {"error": "not_in_channel"}
    world.workspace.api_fault("auth_error", "conversations.history", args=refusal, count=None)
    world.workspace.api_fault("drop_after", "chat.postMessage")
    world.kill(first)
    wait_until(lambda: world.workspace.requests("/api/conversations.history"))

    assert world.workspace.command("alice", f"kill {second} now")["ok"]

    wait_until(lambda: world.cards(second), "the second card", seconds=4)
