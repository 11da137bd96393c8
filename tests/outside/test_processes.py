"""Processes that die or stop: the gate closes by itself, the loop is brought back, people hear of it."""

import os
import signal

import pytest

from tests.outside.demo import BOT, TRADER, Demo, wait_for

pytestmark = pytest.mark.long


def _is_back(demo: Demo, dead: int) -> bool:
    loop = next((p for p in demo.status()["processes"] if p["process"] == "loop"), None)
    return loop is not None and loop["pid"] != dead and loop["detail"] == "armed"


def test_a_loop_that_dies_is_back_and_people_are_told(demo: Demo) -> None:
    dead = demo.pid("loop")
    os.kill(dead, signal.SIGKILL)
    wait_for("a new loop", lambda: _is_back(demo, dead))
    wait_for("a warning", lambda: "restarted" in demo.type("alerts").said)
    assert demo.status()["mode"] == "ACTIVE"


def test_a_loop_that_stands_still_may_send_nothing_and_is_replaced(demo: Demo) -> None:
    stopped = demo.pid("loop")
    os.kill(stopped, signal.SIGSTOP)
    wait_for("a closed gate", lambda: demo.metric(TRADER, "perps_gate_open") == 0.0, seconds=3)
    wait_for("a new loop", lambda: _is_back(demo, stopped))
    wait_for("an open gate", lambda: demo.metric(TRADER, "perps_gate_open") == 1.0)


def test_a_kill_while_the_loop_stands_still_closes_all_the_same(demo: Demo) -> None:
    os.kill(demo.pid("loop"), signal.SIGSTOP)
    typed = demo.type("--kill-switch")
    assert typed.code == 0
    assert "FLAT_VERIFIED" in typed.said


def test_every_process_tells_a_monitor_how_it_is(demo: Demo) -> None:
    for part in (TRADER, BOT):
        _wait_well(demo, part)
        assert demo.metric(part, "perps_mode") == 4.0, "KILLED"


def _wait_well(demo: Demo, part: int) -> None:
    wait_for("it is well", lambda: demo.get(part, "/healthz").status_code == 200)


@pytest.mark.parametrize("process", ["alerts", "bot"])
def test_a_part_that_dies_does_not_end_the_demo(demo: Demo, process: str) -> None:
    dead = demo.pid(process)
    os.kill(dead, signal.SIGKILL)
    wait_for("it is back", lambda: demo.process.poll() is not None or demo.pid(process) != dead)
    assert demo.process.poll() is None
