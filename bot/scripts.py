"""The runbook's scripts are commands here; whoever types a script's name gets the command."""

from collections.abc import Sequence
from pathlib import PurePosixPath

SCRIPTS: dict[str, tuple[str, ...]] = {
    "emergency_close_positions": ("kill",),
    "check_positions": ("positions",),
    "show_positions": ("positions",),
    "check_recent_orders": ("orders",),
    "health_check": ("health",),
    "show_pnl": ("pnl",),
    "monitor_metrics": ("metrics",),
    "analyze_trades": ("trades",),
    "debug_order": ("order", "explain"),
    "check_account_status": ("account",),
    "generate_incident_report": ("incident", "report"),
    "trace_order": ("order", "trace"),
    "analyze_pnl": ("pnl", "explain"),
    "debug_websocket": ("feed", "debug"),
    "bot_status": ("status",),
    "prod_perps_preflight": ("preflight",),
    "production_preflight": ("preflight",),
    "test_new_credentials": ("credentials", "test"),
}


def as_command(typed: Sequence[str]) -> list[str]:
    """`scripts/trace_order.py ID` is `order trace ID`; anything else stays as it is."""
    if not typed:
        return []
    name = PurePosixPath(typed[0]).name.removesuffix(".py")
    return [*SCRIPTS.get(name, (typed[0],)), *typed[1:]]
