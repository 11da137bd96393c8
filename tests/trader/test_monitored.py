"""Why a trader is not well, as its monitors are told."""

import pytest
import requests

from core.modes import Rule
from store.control import constrain
from store.heartbeats import beat
from store.page import GatePage
from store.store import Store
from tests.store.conftest import reopen as reopen
from tests.store.conftest import store as store
from tests.store.desk import DESK, NOW, later
from trader.loop import Phase
from trader.monitored import AT_WORK, serve_monitors, trouble
from trader.settings import Settings


def beats(store: Store, process: str, detail: str = "watching", at_s: float = 0) -> None:
    store.write(lambda tx: beat(tx, DESK, process, 1, detail, later(seconds=at_s)))


def told(store: Store, at_s: float = 0) -> str | None:
    return store.read(lambda c: trouble(c, DESK, later(seconds=at_s)))


def test_it_is_well_only_while_guard_and_loop_beat_and_the_loop_is_armed(store: Store) -> None:
    assert told(store) == "the guard has not beaten yet"
    beats(store, "guard")
    assert told(store) == "the loop has not beaten yet"
    beats(store, "loop", Phase.RECONCILING)
    assert told(store) == "the loop is reconciling"
    beats(store, "loop", Phase.ARMED)
    assert told(store) is None
    beats(store, "guard", at_s=9)
    assert told(store, 9) == "the loop has not beaten for 9 s"


def test_a_desk_that_cannot_read_the_exchange_is_not_well(store: Store) -> None:
    beats(store, "guard")
    beats(store, "loop", AT_WORK)
    store.write(
        lambda tx: constrain(tx, store.log, DESK, Rule.READ_FAILED, reason="HTTP 500", now=NOW)
    )
    assert told(store) == "the exchange cannot be read: HTTP 500"


def test_a_gate_that_is_closed_is_told_within_half_a_second(store: Store) -> None:
    second = 1_000_000_000
    settings = Settings(_env_file=None).model_copy(update={"desk": DESK})  # type: ignore[call-arg]
    beats(store, "guard")
    beats(store, "loop", AT_WORK)
    page = GatePage(store.home.page(DESK))
    page.begin_boot(7)
    page.arm(7)
    page.beat(100 * second)
    page.renew_lease(101 * second)
    now_ns = [100 * second]
    server = serve_monitors(store, settings, 0, lambda: NOW, lambda: now_ns[0])
    try:
        url = f"http://127.0.0.1:{server.port}/healthz"
        assert requests.get(url, timeout=5).text == "ok\n"
        now_ns[0] += int(0.6 * second)
        late = requests.get(url, timeout=5)
        assert (late.status_code, late.text) == (503, "the trading loop's beat is late\n")
    finally:
        server.close()
        page.close()


@pytest.mark.parametrize("rule", [Rule.STALE_MARK, Rule.DAILY_LOSS])
def test_a_desk_that_brakes_works(store: Store, rule: Rule) -> None:
    beats(store, "guard")
    beats(store, "loop", AT_WORK)
    store.write(lambda tx: constrain(tx, store.log, DESK, rule, reason="x", now=NOW))
    assert told(store) is None
