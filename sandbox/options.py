"""The command line of ``python -m sandbox``."""

import argparse
from decimal import Decimal
from pathlib import Path

from sandbox.clock import MANUAL_START, parse_rfc3339


def parser(description: str) -> argparse.ArgumentParser:
    built = argparse.ArgumentParser(prog="python -m sandbox", description=description)
    servers = built.add_subparsers(dest="server", required=True)
    _exchange(servers.add_parser("exchange", help="a Coinbase for US perpetual-style futures"))
    _workspace(servers.add_parser("workspace", help="a Slack, with a page for people"))
    return built


def _shared(server: argparse.ArgumentParser, seed_of: str) -> None:
    server.add_argument("--home", type=Path, required=True, help="all state lies under it")
    server.add_argument("--seed", type=int, default=7, help=f"of {seed_of}")
    server.add_argument("--manual-clock", action="store_true", help="only /_sim/clock moves time")
    server.add_argument("--start-at", type=parse_rfc3339, default=MANUAL_START, metavar="RFC3339")
    server.add_argument("--no-rate-limits", action="store_true")


def _exchange(exchange: argparse.ArgumentParser) -> None:
    _shared(exchange, "the market and of faults")
    exchange.add_argument("--port", type=int, default=8971, help="HTTPS; 0 picks a free one")
    exchange.add_argument("--control-port", type=int, default=8973, help="plain HTTP, /_sim only")
    exchange.add_argument(
        "--token-clock",
        choices=("exchange", "wall"),
        default="exchange",
        help="by which clock JWTs are judged; wall lets clients live through a moved clock",
    )
    exchange.add_argument("--latency-ms", type=int, default=0, help="added to every REST reply")
    exchange.add_argument("--cash", type=Decimal, default=Decimal(50_000), help="USD at the start")


def _workspace(workspace: argparse.ArgumentParser) -> None:
    _shared(workspace, "faults")
    workspace.add_argument("--port", type=int, default=8970, help="0 picks a free one")
    workspace.add_argument(
        "--exchange-control", metavar="URL", help="the exchange's, for the page's market switches"
    )
    workspace.add_argument(
        "--http-url", metavar="URL", help="the app's own address, instead of Socket Mode"
    )
