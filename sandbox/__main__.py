"""Starts one server of the sandbox: ``python -m sandbox exchange|workspace|pager --home DIR``."""

import argparse
import asyncio
import errno
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.exchange.server import Exchange, Settings
from sandbox.options import parser
from sandbox.pager.server import Pager
from sandbox.pager.server import Settings as PagerSettings
from sandbox.workspace.server import Settings as WorkspaceSettings
from sandbox.workspace.server import Workspace


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser(__doc__ or "").parse_args(arguments)
    servers = {"exchange": _exchange, "workspace": _workspace, "pager": _pager}
    try:
        asyncio.run(servers[options.server](options))
    except OSError as why:
        if why.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"the sandbox's {options.server} does not start: {why.strerror}")


def _wall() -> datetime:
    """The one place where the sandbox reads the machine's clock."""
    return datetime.now(UTC)  # noqa: TID251


def _clock(options: argparse.Namespace) -> Clock:
    """What is signed for the app is judged by the wall: its clock cannot be moved."""
    manual, start_at = options.manual_clock, options.start_at
    source = (lambda: start_at) if manual else _wall
    by_wall = options.server != "exchange" or options.token_clock == "wall"
    return Clock(source, time.monotonic_ns, manual, _wall if by_wall else None)


async def _exchange(options: argparse.Namespace) -> None:
    settings = Settings(
        home=options.home,
        port=options.port,
        control_port=options.control_port,
        seed=options.seed,
        latency_ms=options.latency_ms,
        rate_limits=not options.no_rate_limits,
        cash=options.cash,
        perps=options.perps,
    )
    await Exchange(settings, _clock(options)).serve(_until_told(), _announce_exchange)


async def _workspace(options: argparse.Namespace) -> None:
    settings = WorkspaceSettings(
        home=options.home,
        port=options.port,
        seed=options.seed,
        rate_limits=not options.no_rate_limits,
        exchange_control=options.exchange_control,
        pager_control=options.pager_control,
        http_url=options.http_url,
    )
    await Workspace(settings, _clock(options)).serve(_until_told(), _announce_workspace)


async def _pager(options: argparse.Namespace) -> None:
    settings = PagerSettings(
        home=options.home,
        port=options.port,
        smtp_port=options.smtp_port,
        seed=options.seed,
        rate_limits=not options.no_rate_limits,
        sms_url=options.sms_url,
        pagerduty_url=options.pagerduty_url,
        owners={to: owner for owner, reached in options.person for to in reached},
    )
    await Pager(settings, _clock(options)).serve(_until_told(), _announce_pager)


def _until_told() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _announce_exchange(port: int, control_port: int) -> None:
    _say(f"ready exchange https://127.0.0.1:{port} control http://127.0.0.1:{control_port}")


def _announce_workspace(port: int) -> None:
    _say(f"ready workspace http://127.0.0.1:{port}")


def _announce_pager(port: int, smtp_port: int) -> None:
    _say(f"ready pager http://127.0.0.1:{port} smtp 127.0.0.1:{smtp_port}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
