"""Two people stop the desk and let it go on; others are refused; each in Slack and in the terminal."""

import re
import time

import pytest

from tests.outside.demo import Demo, wait_for

pytestmark = pytest.mark.long
ENTRY = re.compile(r"\be-[A-Z]{3}-")


def test_who_may_not_is_refused_and_told_why(demo: Demo) -> None:
    assert "kill refused: the role does not allow it" in demo.command("dave", "kill now")
    assert "belongs to another workspace" in demo.command("eve", "kill now")
    assert demo.status()["mode"] == "ACTIVE"


def test_a_kill_holds_at_once_and_a_second_person_closes_everything(demo: Demo) -> None:
    said = demo.command("alice", "kill it looks wrong")
    held_ns = time.monotonic_ns()
    assert "main: HELD" in said
    assert demo.status()["mode"] == "HELD"

    card = demo.card("HELD, kill asked by alice", "it looks wrong")
    for refused in ("alice", "dave", "eve"):
        demo.click(refused, card, "request_confirm")
    wait_for("the refusals", lambda: len(_answers(demo, "confirm refused")) >= 3)
    assert demo.status()["mode"] == "HELD"

    demo.click("bob", card, "request_confirm")
    demo.card("KILLED, flat and verified")
    status = demo.status()
    assert status["mode"] == "KILLED"
    assert status["positions"] == []
    sent = [str(request["body"]) for request in demo.orders_since(held_ns)]
    assert not [body for body in sent if ENTRY.search(body)], "no entry after the answer"

    demo.resume("it was a drill")
    assert demo.type("events", "verify").code == 0


def _answers(demo: Demo, saying: str) -> list[str]:
    return [m["text"] for m in demo.messages() if m["ephemeral_to"] and saying in m["text"]]


def test_without_slack_the_terminal_does_the_same_and_a_code_works_once(demo: Demo) -> None:
    assert demo.type("kill", "slack", "is", "down").code == 0
    request = _waiting(demo)
    assert demo.type("confirm", request, "--as", "bob", "--code", "000000").code == 3
    assert demo.type("confirm", request, by="bob").code == 0
    wait_for("flat", lambda: "FLAT_VERIFIED" in demo.type("status").said)
    assert demo.type("resume", "again").code == 3, "nobody has said who it is"
    demo.resume("slack is back")


def _waiting(demo: Demo) -> str:
    """The request that waits for a second person."""
    line = next(
        line for line in demo.type("requests").said.splitlines() if line.startswith("Request ")
    )
    return line.split()[1].rstrip(":")


def test_breaking_the_glass_proves_flat_and_wants_a_review_before_a_resume(demo: Demo) -> None:
    typed = demo.type("--kill-switch")
    assert typed.code == 0
    assert "FLAT_VERIFIED" in typed.said
    refused = demo.command("alice", "resume it is well")
    assert "review" in refused
    review = _waiting(demo)
    assert demo.type("confirm", review, by="carol").code == 3, "she has no codes yet"
    assert "review" in demo.command("bob", f"confirm {review}").lower()
    demo.resume("looked into")
