"""Whether a desk may be started: each check by the program that knows, and nothing is ever sent."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.exchange_process import ExchangeProcess


class Place:
    """An exchange, and a home in which nothing has run so far."""

    def __init__(self, root: Path) -> None:
        self.exchange = ExchangeProcess(root / "exchange")
        self.home = root / "home"

    def preflight(self, *words: str) -> tuple[int, dict[str, Any]]:
        code, told = self._type(*words)
        return code, json.loads(told)

    def credentials(self, *words: str) -> tuple[int, list[dict[str, Any]]]:
        code, told = self._type(*words, "--profile=dev")
        return code, json.loads(told)

    def _type(self, *words: str) -> tuple[int, str]:
        inherited = {k: v for k, v in os.environ.items() if "PROXY" not in k.upper()}
        environment = inherited | {
            "PERPS_EXCHANGE_URL": self.exchange.url,
            "PERPS_EXCHANGE_CA": self.exchange.ca,
            "PERPS_TRADER_KEY_FILE": self.exchange.key_file("trader"),
        }
        environment.pop("SLACK_BOT_TOKEN", None)
        command = [sys.executable, "-m", "bot", *words, "--json", f"--home={self.home}"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("preflight"))
    yield made
    made.exchange.stop()


def wrong(told: dict[str, Any]) -> list[str]:
    return [f"{one['part']} {one['name']}" for one in told["checks"] if not one["ok"]]


def test_a_sound_place_is_ready_and_nothing_was_sent(place: Place) -> None:
    code, told = place.preflight("preflight", "--profile=dev")
    assert (code, told["ready"], wrong(told)) == (0, True, [])
    assert {"key", "clock", "products", "account", "limits", "store", "disk"} <= {
        one["name"] for one in told["checks"] if one["part"] == "trader"
    }
    seen = place.exchange.ask("/_sim/requests?since_ns=0&limit=1000")["requests"]
    assert {one["method"] for one in seen} == {"GET"}


@pytest.mark.long
def test_what_the_exchange_does_not_say_is_named(place: Place) -> None:
    match = {"path": "/api/v3/brokerage/key_permissions"}
    place.exchange.fault("status", match=match, args={"code": 503}, count=None)
    code, told = place.preflight("scripts/production_preflight.py", "--profile", "dev")
    place.exchange.clear_faults()
    assert (code, told["ready"], wrong(told)) == (1, False, ["trader key"])
    assert "NOT READY: 1 thing wrong" in told["title"]


@pytest.mark.long
def test_a_desk_with_real_money_wants_slack(place: Place) -> None:
    code, told = place.preflight("preflight", "--profile=canary")
    assert (code, wrong(told)) == (1, ["slack tokens"])


@pytest.mark.long
def test_a_new_key_is_tried_before_it_is_deployed(place: Place, tmp_path: Path) -> None:
    guards = place.exchange.key_file("guard")
    code, told = place.credentials("scripts/test_new_credentials.py", guards)
    assert (code, [one["name"] for one in told if one["ok"]]) == (
        0,
        ["token", "key", "clock", "account"],
    )
    stranger = tmp_path / "new.json"
    body = json.loads(Path(guards).read_text()) | {"name": "organizations/o/apiKeys/unknown"}
    stranger.write_text(json.dumps(body))
    code, told = place.credentials("credentials", "test", str(stranger))
    key = next(one for one in told if one["name"] == "key")
    assert (code, key["ok"], "401" in key["says"]) == (1, False, True)


@pytest.mark.long
def test_a_file_of_people_that_cannot_be_used_is_told_with_its_place(place: Place) -> None:
    file = place.home / "escalation.yaml"
    file.write_text("people:\n  alice: {nmae: Alice}\n")
    code, told = place.preflight("preflight", "--profile=dev")
    file.unlink()
    assert (code, wrong(told)) == (1, ["alerts escalation.yaml"])
    [says] = [one["says"] for one in told["checks"] if not one["ok"]]
    assert "escalation.yaml:2" in says


@pytest.mark.long
def test_a_program_that_does_not_start_says_why(place: Place) -> None:
    key = Path(place.exchange.key_file("trader"))
    kept = key.read_text()
    key.write_text("{}")
    code, told = place.preflight("preflight", "--profile=dev")
    key.write_text(kept)
    assert (code, wrong(told)) == (1, ["trader start"])
    assert "refused" in told["checks"][0]["says"]


def test_the_profile_is_asked_for(place: Place) -> None:
    code, told = place.preflight("preflight")
    assert (code, "which profile" in told["title"]) == (2, True)
