"""Starts one server of the sandbox: ``python -m sandbox exchange --home DIR``."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sandbox.clock import MANUAL_START, Clock, parse_rfc3339
from sandbox.exchange.server import Exchange, Settings


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    asyncio.run(_exchange(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    servers = parser.add_subparsers(dest="server", required=True)
    exchange = servers.add_parser("exchange", help="a Coinbase for US perpetual-style futures")
    exchange.add_argument("--home", type=Path, required=True, help="all state lies under it")
    exchange.add_argument("--port", type=int, default=8971, help="HTTPS; 0 picks a free one")
    exchange.add_argument("--control-port", type=int, default=8973, help="plain HTTP, /_sim only")
    exchange.add_argument("--seed", type=int, default=7, help="of the market and of faults")
    exchange.add_argument("--manual-clock", action="store_true", help="only /_sim/clock moves time")
    exchange.add_argument("--start-at", type=parse_rfc3339, default=MANUAL_START, metavar="RFC3339")
    exchange.add_argument(
        "--token-clock",
        choices=("exchange", "wall"),
        default="exchange",
        help="by which clock JWTs are judged; wall lets clients live through a moved clock",
    )
    exchange.add_argument("--latency-ms", type=int, default=0, help="added to every REST reply")
    exchange.add_argument("--no-rate-limits", action="store_true")
    exchange.add_argument("--cash", type=Decimal, default=Decimal(50_000), help="USD at the start")
    return parser


def _wall() -> datetime:
    """The one place where the sandbox reads the machine's clock."""
    return datetime.now(UTC)  # noqa: TID251


def _clock(options: argparse.Namespace) -> Clock:
    manual, start_at = options.manual_clock, options.start_at
    source = (lambda: start_at) if manual else _wall
    tokens = _wall if options.token_clock == "wall" else None
    return Clock(source, time.monotonic_ns, manual, tokens)


async def _exchange(options: argparse.Namespace) -> None:
    settings = Settings(
        home=options.home,
        port=options.port,
        control_port=options.control_port,
        seed=options.seed,
        latency_ms=options.latency_ms,
        rate_limits=not options.no_rate_limits,
        cash=options.cash,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    exchange = Exchange(settings, _clock(options))
    await exchange.serve(stop, _announce)


def _announce(port: int, control_port: int) -> None:
    sys.stdout.write(
        f"ready exchange https://127.0.0.1:{port} control http://127.0.0.1:{control_port}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
