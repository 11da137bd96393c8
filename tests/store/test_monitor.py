"""What monitors see: figures as Prometheus reads them, and why a process does not really work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from core.alerting.levels import Level
from core.modes import Mode, Rule
from store.alerting.outbox import Depth, depths
from store.alerting.outbox_schema import outbox
from store.control import constrain, set_mode
from store.heartbeats import beat
from store.monitor.alerting import alert_gauges
from store.monitor.desk import desk_gauges
from store.monitor.gauge import Gauge, exposition
from store.monitor.server import MonitorServer, PortTaken, Shown
from store.own_cash import open_books
from store.page import GatePage
from store.sqlite import StoreFailed
from store.store import Store
from store.vitals import Measure, Vital, write_vitals
from tests.store.desk import BTC, BTC_PRODUCT, CASH, DESK, NOW, hold, later, see_the_exchange

Seen = dict[tuple[str, ...], float]


def parsed(text: bytes) -> Seen:
    """By name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def shown(store: Store, now_ns: int = 0) -> Seen:
    return parsed(exposition(desk_gauges(store, later(seconds=5), now_ns)))


@contextmanager
def serving(found: Shown) -> Iterator[str]:
    server = MonitorServer(found, "127.0.0.1", 0, "PERPS_X")
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.close()


def test_figures_are_served_and_health_says_why_not() -> None:
    trouble: list[str | None] = [None]
    gauge = Gauge("perps_x", "Of everything", Decimal("1.5"), {"desk": 'ma"in'})
    with serving(Shown(lambda: exposition([gauge]), lambda: trouble[0])) as url:
        assert parsed(requests.get(f"{url}/metrics", timeout=5).content) == {
            ("perps_x", 'ma"in'): 1.5
        }
        well = requests.get(f"{url}/healthz", timeout=5)
        assert (well.status_code, well.text) == (200, "ok\n")
        trouble[0] = "the loop has not beaten for 9 s"
        ill = requests.get(f"{url}/healthz", timeout=5)
        assert (ill.status_code, ill.text) == (503, "the loop has not beaten for 9 s\n")
        assert requests.get(f"{url}/else", timeout=5).status_code == 404


def test_a_store_that_cannot_be_read_is_no_health() -> None:
    def broken() -> str | None:
        raise StoreFailed[0]("disk I/O error")

    with serving(Shown(lambda: b"", broken)) as url:
        reply = requests.get(f"{url}/healthz", timeout=5)
    assert (reply.status_code, "store" in reply.text) == (503, True)


def test_a_port_that_is_taken_is_named() -> None:
    with serving(Shown(lambda: b"", lambda: None)) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(PortTaken, match=f"PERPS_X: 127.0.0.1:{port}.*another"):
            MonitorServer(Shown(lambda: b"", lambda: None), "127.0.0.1", port, "PERPS_X")


def test_a_desk_shows_what_it_may_do_holds_and_has_made(store: Store) -> None:
    store.write(see_the_exchange)
    store.write(lambda tx: open_books(tx, store.log, DESK, CASH, NOW))
    hold(store, 3)
    vitals = [Measure(Vital.API_P95_MS, Decimal(40))]
    store.write(lambda tx: write_vitals(tx, DESK, "loop", vitals, NOW))
    store.write(lambda tx: beat(tx, DESK, "loop", 1, "armed", NOW))
    store.write(
        lambda tx: store.log.append(
            tx, desk=DESK, kind="order_rejected", actor="trader", now=NOW, body={}
        )
    )
    rule = Rule.STALE_MARK
    store.write(lambda tx: constrain(tx, store.log, DESK, rule, reason="x", now=NOW))
    seen = shown(store)
    assert seen["perps_mode", DESK] == Mode.REDUCE_ONLY.value
    assert seen["perps_constraint", DESK, "stale_mark"] == 1
    assert seen["perps_equity_usd", DESK] == 50_000
    assert seen["perps_drawdown_percent", DESK] == 0
    assert seen["perps_positions_open", DESK] == 1
    assert seen["perps_position_contracts", DESK, BTC] == 3
    assert seen["perps_orders_open", DESK] == 0
    assert seen["perps_mark_age_seconds", DESK, BTC] == 5
    assert seen["perps_heartbeat_age_seconds", DESK, "loop"] == 5
    assert seen["perps_api_p95_ms", DESK, "", "loop"] == 40
    assert seen["perps_errors_within_an_hour", DESK, "order_rejected"] == 1


def test_without_a_mark_a_desks_worth_is_left_out(store: Store) -> None:
    store.write(lambda tx: open_books(tx, store.log, DESK, CASH, NOW))
    hold(store, 3, replace(BTC_PRODUCT, product_id="XRP-20DEC30-CDE"))
    assert ("perps_equity_usd", DESK) not in shown(store)


def test_the_gate_is_open_only_while_page_lease_and_beat_agree(store: Store) -> None:
    second = 1_000_000_000
    page = GatePage(store.home.page(DESK))
    page.set_mode(Mode.ACTIVE, 1)
    page.begin_boot(7)
    page.arm(7)
    page.beat(100 * second)
    page.renew_lease(101 * second)
    assert shown(store, 100 * second)["perps_gate_open", DESK] == 1
    assert shown(store, 102 * second)["perps_gate_open", DESK] == 0
    store.home.kill_file.touch()
    assert shown(store, 100 * second)["perps_gate_open", DESK] == 0
    page.close()


def test_a_brake_that_was_pulled_shows_how_fast_it_was(store: Store) -> None:
    assert ("perps_brake_seconds", DESK) not in shown(store)
    store.brake(DESK).tighten(
        Mode.HELD,
        lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="x", actor="ann", now=NOW),
    )
    assert 0 < shown(store)["perps_brake_seconds", DESK] < 1


def test_alerts_show_what_is_open_and_what_waits(store: Store) -> None:
    rows = [("a", 3, NOW), ("b", 3, later(seconds=2)), ("c", 4, later(seconds=4))]
    store.write(
        lambda tx: [
            tx.execute(outbox.insert().values(waiting(key, level, at))) for key, level, at in rows
        ]
    )
    assert store.read(depths) == [
        Depth(Level.CRITICAL, 2, NOW),
        Depth(Level.EMERGENCY, 1, later(seconds=4)),
    ]
    seen = parsed(exposition(store.read(lambda c: alert_gauges(c, later(seconds=5)))))
    assert seen["perps_alerts_open", DESK, "3"] == 0
    assert seen["perps_outbox_waiting", "3"] == 2
    assert seen["perps_outbox_oldest_seconds", "3"] == 5
    assert seen["perps_outbox_waiting", "1"] == 0


def waiting(key: str, level: int, at: object) -> dict[str, object]:
    nothing = ("alert_id", "person", "by", "kind", "why", "message", "provider_id", "outcome")
    none_yet = ("generation", "late_s", "attempts", "unknown")
    row: dict[str, object] = dict.fromkeys(nothing, "") | dict.fromkeys(none_yet, 0)
    return row | {"key": key, "desk": DESK, "level": level, "since": at, "due": at}
