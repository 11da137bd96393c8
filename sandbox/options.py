"""The command line of ``python -m sandbox``."""

import argparse
from decimal import Decimal
from pathlib import Path

from sandbox.clock import MANUAL_START, parse_rfc3339
from sandbox.exchange.products import PERPS_MAX, PERPS_MIN


def parser(description: str) -> argparse.ArgumentParser:
    built = argparse.ArgumentParser(prog="python -m sandbox", description=description)
    servers = built.add_subparsers(dest="server", required=True)
    _exchange(servers.add_parser("exchange", help="a Coinbase for US perpetual-style futures"))
    _workspace(servers.add_parser("workspace", help="a Slack, with a page for people"))
    _pager(servers.add_parser("pager", help="a PagerDuty, a Twilio, an ntfy and a mail server"))
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
    exchange.add_argument(
        "--perps",
        type=int,
        choices=range(PERPS_MIN, PERPS_MAX + 1),
        default=PERPS_MIN,
        metavar=f"{PERPS_MIN}-{PERPS_MAX}",
        help="how many perps it lists; a home lists what it once listed (default: %(default)s)",
    )


def _workspace(workspace: argparse.ArgumentParser) -> None:
    _shared(workspace, "faults")
    workspace.add_argument("--port", type=int, default=8970, help="0 picks a free one")
    workspace.add_argument(
        "--exchange-control", metavar="URL", help="the exchange's, for the page's market switches"
    )
    workspace.add_argument(
        "--pager-control", metavar="URL", help="the pager's, for the page's ringing phones"
    )
    workspace.add_argument(
        "--http-url", metavar="URL", help="the app's own address, instead of Socket Mode"
    )


def _pager(pager: argparse.ArgumentParser) -> None:
    _shared(pager, "faults")
    pager.add_argument("--port", type=int, default=8972, help="HTTP; 0 picks a free one")
    pager.add_argument("--smtp-port", type=int, default=8975, help="mail; 0 picks a free one")
    pager.add_argument(
        "--sms-url", metavar="URL", help="where people's replies to text messages are posted"
    )
    pager.add_argument(
        "--pagerduty-url", metavar="URL", help="where PagerDuty tells what became of incidents"
    )
    pager.add_argument(
        "--person",
        type=_owned,
        action="append",
        default=[],
        metavar="NAME=ADDRESS,…",
        help="whose a number, topic or mailbox is, for the page; may be said again",
    )


def _owned(text: str) -> tuple[str, list[str]]:
    name, equals, reached = text.partition("=")
    if not equals or not name or not reached:
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=ADDRESS,…")
    return name, [address.strip() for address in reached.split(",") if address.strip()]
