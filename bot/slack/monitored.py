"""The bot before its monitors: whether its work goes on, and how its connections to Slack are."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.outside import Outside
from bot.slack.connections import Health
from store.control import desks
from store.heartbeats import read_heartbeats
from store.monitor.desk import desk_gauges
from store.monitor.gauge import Gauge, exposition
from store.monitor.server import MonitorServer, Shown
from store.store import Store, Transaction

SILENT = timedelta(seconds=10)
VARIABLE = "PERPS_BOT_METRICS_PORT"


def serve_monitors(
    store: Store, host: str, port: int, outside: Outside, health: Callable[[], Health]
) -> MonitorServer:
    """In a thread of its own. Raises PortTaken."""

    def metrics() -> bytes:
        desk = desk_gauges(store, outside.clock(), outside.monotonic_ns())
        return exposition([*desk, *slack_gauges(health())])

    def why_not() -> str | None:
        return store.read(lambda c: trouble(c, health(), outside.clock()))

    return MonitorServer(Shown(metrics, why_not), host, port, VARIABLE)


def slack_gauges(health: Health) -> Iterator[Gauge]:
    yield Gauge("perps_slack_connections", "Live connections to Slack", health.live)
    yield Gauge("perps_slack_connections_wanted", "0 where Slack calls us", health.wanted)
    yield Gauge("perps_slack_repeats", "Envelopes that came again", health.repeats)
    for which, ms in (("median", health.ack_ms_median), ("worst", health.ack_ms_worst)):
        if ms is not None:
            says = "From envelope to acknowledgement"
            yield Gauge("perps_slack_ack_ms", says, ms, {"which": which})


def trouble(c: Transaction, health: Health, now: datetime) -> str | None:
    """Why people in Slack would not be answered, or None. The beat is written by the bot's own loop."""
    if health.wanted and not health.live:
        return f"no connection to Slack: {health.trouble or 'it is being opened'}"
    beats = [b for desk in desks(c) for b in read_heartbeats(c, desk) if b.process == "bot"]
    if not beats:
        return "it has not beaten yet"
    silent = now - max(beat.at for beat in beats)
    return f"it has not beaten for {silent.total_seconds():.0f} s" if silent > SILENT else None
