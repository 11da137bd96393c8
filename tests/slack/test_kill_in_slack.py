"""A kill in Slack from the first word to the last, by the people it takes and by those it does not."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.slack.card import CONFIRM
from core.chain import Event
from core.modes import Mode
from core.people import Actor
from core.requests import RequestState
from tests.bot.terminal import BTC
from tests.slack.reading import buttons
from tests.slack.seen import ALICE, ETH
from tests.slack.workspace_process import DESK_ID, IDS, wait_until
from tests.slack.world import World

ALICE_ACTS = Actor("alice", ALICE)
ACK_NS = 3_000_000_000
LOOKS = 60


def test_two_people_kill_a_desk(world: World) -> None:
    desk = world.desk()

    card = world.kill(desk, "fills without orders")

    assert world.home.held(desk), "held before the card stands"
    assert f"{desk}: HELD, kill asked by alice" in card["text"]
    assert "2 positions STILL OPEN, worth $" in card["text"]
    assert f"{BTC}* long 4 (0.04 BTC)" in card["text"]
    assert f"{ETH}* short 30" in card["text"]
    assert "stops: *NONE (0 of 30)*" in card["text"]
    assert "fills without orders" in card["text"]
    assert set(card["would_notify"]) == {"bob", "carol"}, "neither the asker nor a viewer"
    assert f"{desk}: HELD since" in world.wait_told("alice", f"{desk}: HELD")

    assert world.confirm("bob", card)["ok"]

    world.wait_mode(desk, Mode.KILLED)
    after = world.card(desk, "KILLED, closing everything")
    assert after["ts"] == card["ts"], "edited in place"
    assert "confirmed by *bob*" in after["text"]
    assert buttons(after["blocks"]) == {}
    wait_until(lambda: len(world.replies(card)) == 1)
    [reply] = world.replies(card)
    assert "*bob* confirmed at" in reply["text"]
    assert world.home.request(desk).decided_by == "bob"
    job = world.home.job(desk)
    assert job is not None
    assert {leg.product_id for leg in job.legs} == {BTC, ETH}
    said = world.home.event(desk, "said_in_slack")
    assert (said.actor, said.body["account"]) == ("bob", IDS["bob"])


def test_a_kill_overtakes_any_number_of_looks_and_all_are_acknowledged(world: World) -> None:
    """Nobody is asked who we are on the way to an acknowledgement, and nothing blocks it."""
    desk = world.desk()
    asked = len(world.workspace.requests("/api/auth.test"))
    since_ns = time.monotonic_ns()

    with ThreadPoolExecutor(LOOKS) as threads:
        looks = [
            threads.submit(world.workspace.command, "dave", f"status --desk {desk}")
            for _ in range(LOOKS)
        ]
        assert world.workspace.command("alice", f"kill {desk} now")["ok"]
        wait_until(lambda: world.home.held(desk), "held", seconds=2)
        assert all(look.result()["ok"] for look in looks)

    acked = [e for e in world.workspace.envelopes() if e["sent_monotonic_ns"] > since_ns]
    assert len(acked) >= LOOKS + 1
    assert max(e["acked_monotonic_ns"] - e["sent_monotonic_ns"] for e in acked) < ACK_NS
    assert len(world.workspace.requests("/api/auth.test")) == asked
    world.card(desk)


def test_nobody_confirms_their_own_kill(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)

    world.confirm("alice", card)

    told = world.wait_told("alice", "nobody confirms their own request")
    assert "Another person presses Confirm on the card" in told
    assert world.home.held(desk)
    assert world.home.event(desk, "answer_refused").body["refused"] == "OWN_REQUEST"
    assert world.home.request(desk).state is RequestState.ASKED
    assert list(buttons(world.card(desk)["blocks"])) == ["request_confirm", "request_object"]


def test_another_persons_kill_is_the_confirmation_and_ones_own_a_reminder(world: World) -> None:
    desk = world.desk()
    world.kill(desk, by="alice")

    assert world.workspace.command("alice", f"kill {desk} again")["ok"]
    assert world.home.mode(desk) is Mode.HELD
    assert world.workspace.command("bob", f"kill {desk}")["ok"]

    world.wait_mode(desk, Mode.KILLED)
    assert world.home.request(desk).decided_by == "bob"
    world.card(desk, "KILLED")
    assert len(world.cards(desk)) == 1


def test_objecting_ends_the_request_and_never_lifts_held(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)

    world.object("carol", card)

    after = world.card(desk, "kill objected to by carol")
    assert "The desk stays HELD" in after["text"]
    assert "2 positions STILL OPEN" in after["text"]
    assert buttons(after["blocks"]) == {}
    assert world.home.held(desk)


def test_nobody_confirms_in_time(world: World) -> None:
    desk = world.desk()
    world.home.kill_asked_at(desk, ALICE_ACTS, seconds_ago=118.3)
    card = world.card(desk, "kill asked by alice")

    after = world.card(desk, "nobody confirmed the kill")

    assert "The desk stays HELD" in after["text"]
    assert "2 positions STILL OPEN" in after["text"]
    assert after["ts"] == card["ts"]
    assert buttons(after["blocks"]) == {}
    wait_until(lambda: len(world.replies(card)) == 1)
    assert world.replies(card)[0]["would_notify"] == ["alice"], "whoever asked is called back"
    assert world.home.held(desk)
    assert world.home.request(desk).state is RequestState.EXPIRED

    world.workspace.post("/_sim/click", late_click(card))

    assert world.home.job(desk) is None
    assert world.home.held(desk)


def late_click(card: Any) -> dict[str, str]:
    """By somebody who still sees the buttons."""
    return {"user": "bob", "channel": DESK_ID, "ts": card["ts"], "action_id": CONFIRM}


def test_of_two_clicks_at_once_one_counts_and_the_other_is_told(world: World) -> None:
    desk = world.desk()
    card = world.kill(desk)

    with ThreadPoolExecutor(4) as threads:
        users = ["bob", "bob", "carol", "carol"]
        list(threads.map(lambda user: world.confirm(user, card), users))

    world.wait_mode(desk, Mode.KILLED)
    refused = [e for e in world.home.events(desk) if e.kind == "answer_refused"]
    wait_until(lambda: len(said_in_slack(world, desk)) == 5)
    assert (
        sorted(said.body["done"] for said in said_in_slack(world, desk)) == [False] * 3 + [True] * 2
    )
    assert [event.body["refused"] for event in refused] <= ["ALREADY"] * 3
    flattens = [event for event in world.home.events(desk) if event.kind.startswith("flatten")]
    assert len(flattens) == 1
    world.wait_told(world.home.request(desk).decided_by or "", f"{desk}: KILLED")


def said_in_slack(world: World, desk: str) -> list[Event]:
    return [event for event in world.home.events(desk) if event.kind == "said_in_slack"]


def test_a_commander_kills_on_one_voice_and_another_person_reviews_it(world: World) -> None:
    desk = world.desk()
    assert world.workspace.command("alice", f"kill {desk} --now odd")["ok"]
    world.wait_told("alice", "may not kill on one voice")
    assert world.home.mode(desk) is Mode.ACTIVE

    assert world.workspace.command("carol", f"kill {desk} --now odd")["ok"]

    world.wait_mode(desk, Mode.KILLED)

    def review(saying: str) -> list[Any]:
        return [card for card in world.cards(desk) if saying in card["text"]]

    wait_until(lambda: review("TO BE REVIEWED"), "the card of its review")
    [card] = review("TO BE REVIEWED")
    world.workspace.command("alice", f"resume --desk {desk} on")
    world.wait_told("alice", "another person has to review that first")
    world.confirm("carol", card)
    world.wait_told("carol", "nobody confirms their own request")
    world.confirm("bob", card)
    wait_until(lambda: review("the kill on one voice is reviewed"), "the review")
