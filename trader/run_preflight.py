"""`python -m trader preflight`: every check that a resume makes, and those of a start; it only reads."""

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from core.steady import SteadyClock
from store.gate import SendGate
from store.store import Store, open_store
from trader.access import ca_file, trader_key
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.wire import Wire
from trader.desk import DeskGate
from trader.preflight import Finding, findings, gather
from trader.profiles import Profile
from trader.settings import Settings

NO_BOOT = 0
"""No gate is ever armed for it: nothing that adds risk could leave this process."""

clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The clock of a preflight."""


def run_preflight(home: Path, settings: Settings, profile: Profile, *, as_json: bool) -> int:
    """0 when everything holds, else 1. Raises KeyUnusable, HomeRefused, UnsafeSQLite."""
    store = open_store(home, clock())
    try:
        found = [_limits(profile), _store(store), *_of_exchange(store, settings, profile)]
    finally:
        store.close()
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found]) + "\n")
    else:
        for one in found:
            sys.stdout.write(f"{'ok   ' if one.ok else 'WRONG'} {one.name:<9} {one.says}\n")
    return 0 if all(one.ok for one in found) else 1


def _of_exchange(store: Store, settings: Settings, profile: Profile) -> list[Finding]:
    send_gate = SendGate(store.home, settings.desk, NO_BOOT, time.monotonic_ns)
    gate = DeskGate(store, profile.limits, send_gate, clock)
    endpoint = Endpoint(settings.host, ca_file(settings, store.home.root))
    exchange = Exchange(endpoint, trader_key(settings, store.home.root), Wire(gate), clock)
    return findings(gather(exchange, store.home.root), profile.limits)


def _limits(profile: Profile) -> Finding:
    """The few that a person has in mind; a start prints all of them."""
    limits = profile.limits
    says = f"daily loss ${limits.daily_loss_usd:,}, drawdown {limits.max_drawdown_pct} %, "
    says += f"leverage {limits.max_leverage}, all positions ${limits.max_gross_notional_usd:,}"
    return Finding("limits", True, f"{says}; begins {profile.first_mode.name}")


def _store(store: Store) -> Finding:
    """Reads all of it: a damaged page is found now and not in the middle of a night."""
    said = store.read(lambda c: [row[0] for row in c.exec_driver_sql("PRAGMA quick_check(3)")])
    return Finding("store", said == ["ok"], "sound" if said == ["ok"] else "; ".join(said))
