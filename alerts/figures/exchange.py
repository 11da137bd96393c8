"""How the exchange answers and how its streams fare, as the trader measures it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from alerts.figures.figure import AT_ONCE, Figure, Group, Look
from store.ledger import held, read_positions
from store.vitals import Measured, Vital, read_vitals

MEASURED_WITHIN = timedelta(seconds=10)
FEW_CALLS = 10
"""Of fewer calls a share says little."""


def _find(look: Look) -> Iterator[Figure]:
    found = [one for one in read_vitals(look.c, look.desk) if one.process == "loop"]
    known = [one for one in found if look.now - one.at <= MEASURED_WITHIN]
    p95 = _value(known, Vital.API_P95_MS)
    yield Figure("api_latency", "", p95, f"95 % of the exchange's answers come within {p95} ms")
    yield _errors(known)
    again = _value(known, Vital.FEED_CONNECTIONS)
    yield Figure(
        "feed_reconnects", "", again, f"the streams connected anew {again} times within 5 minutes"
    )
    yield from _streams(found, look)


def _errors(known: Sequence[Measured]) -> Figure:
    share, calls = _value(known, Vital.API_ERRORS_PCT), _value(known, Vital.API_CALLS_A_MINUTE)
    if share is not None and calls is not None and calls < FEW_CALLS:
        share = Decimal(0)
    return Figure("api_errors", "", share, f"{share} % of {calls} calls failed within a minute")


def _streams(found: Sequence[Measured], look: Look) -> Iterator[Figure]:
    holds = bool(held(read_positions(look.c, look.desk)))
    for one in found:
        if one.measure.vital is not Vital.FEED_SILENT_S:
            continue
        name, silent_s = one.measure.symbol, one.measure.value
        value = silent_s if look.now - one.at <= MEASURED_WITHIN else None
        yield Figure("feed_down", name, value, f"the {name} stream is silent for {silent_s} s")
        while_holding = value if holds else Decimal(0)
        says = f"a position is held, and the {name} stream is silent for {silent_s} s"
        yield Figure("feed_down_holding", name, while_holding, says)


def _value(found: Sequence[Measured], vital: Vital) -> Decimal | None:
    return next((one.measure.value for one in found if one.measure.vital is vital), None)


EXCHANGE = Group(
    frozenset({"api_latency", "api_errors", "feed_down", "feed_down_holding", "feed_reconnects"}),
    AT_ONCE,
    _find,
)
