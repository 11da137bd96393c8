"""A figure for monitors, and the text in which Prometheus reads many of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value. Gauges of one name differ in their labels, whose names are the same."""

    name: str
    says: str
    value: Decimal | float
    labels: dict[str, str] = field(default_factory=dict)


def age_s(at: datetime, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds())


class _Found(Collector):
    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = list(gauges)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for one in self._gauges:
            family = families.setdefault(
                one.name, GaugeMetricFamily(one.name, one.says, labels=list(one.labels))
            )
            family.add_metric(list(one.labels.values()), float(one.value))
        yield from families.values()


def exposition(gauges: Iterable[Gauge]) -> bytes:
    """As text, in the exposition format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Found(gauges))
    return generate_latest(registry)
