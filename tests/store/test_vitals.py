"""Vitals: what a process measured last, replaced as a whole."""

from decimal import Decimal

from store.store import Store
from store.vitals import Measure, Measured, Vital, read_vitals, write_vitals
from tests.store.desk import DESK, NOW, later


def test_what_is_not_measured_any_more_is_not_known(store: Store) -> None:
    fast, silent = (
        Measure(Vital.API_P95_MS, Decimal(40)),
        Measure(Vital.FEED_SILENT_S, Decimal(2), "user"),
    )
    store.write(lambda tx: write_vitals(tx, DESK, "loop", [fast, silent], NOW))
    store.write(lambda tx: write_vitals(tx, DESK, "guard", [fast], NOW))
    store.write(lambda tx: write_vitals(tx, DESK, "loop", [silent], later(seconds=1)))
    assert store.read(lambda c: read_vitals(c, DESK)) == [
        Measured("guard", fast, NOW),
        Measured("loop", silent, later(seconds=1)),
    ]


def test_a_process_that_measures_nothing_has_no_vitals(store: Store) -> None:
    store.write(lambda tx: write_vitals(tx, DESK, "loop", [], NOW))
    assert store.read(lambda c: read_vitals(c, DESK)) == []
