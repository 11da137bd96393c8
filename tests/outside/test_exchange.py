"""An exchange that fails: the desk says so, is stricter by itself, and comes back as far as it may."""

import pytest

from tests.outside.demo import Demo, wait_for

pytestmark = pytest.mark.long
READS = "/api/v3/brokerage/orders/historical/batch"


def test_what_cannot_be_read_is_unknown_and_never_flat(demo: Demo) -> None:
    demo.fault(match={"path": READS}, kind="html")
    wait_for("unknown", lambda: "POSITIONS AND ORDERS ARE UNKNOWN" in demo.type("status").said)
    wait_for("no more entries", lambda: demo.status()["mode"] != "ACTIVE")
    assert demo.health()["code"] == 1
    demo.heal()
    wait_for("it trades again", lambda: demo.status()["mode"] == "ACTIVE", seconds=60)


def test_a_refused_key_holds_the_desk_until_two_people_release_it(demo: Demo) -> None:
    demo.fault(match={"path": READS}, kind="auth_error")
    wait_for("held", lambda: demo.status()["mode"] == "HELD")
    assert "two people release it" in demo.type("status").said
    wait_for("pages", lambda: demo.pages("auth_failures"))
    demo.heal()
    wait_for("it can be read", lambda: demo.status()["unknown"] is None)
    assert demo.status()["mode"] == "HELD"
    demo.resume("the key is well")
