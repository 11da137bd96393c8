"""`python -m trader preflight | credentials`: what must hold before a start, and of a key."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from core.steady import SteadyClock
from store.gate import SendGate
from store.store import Store, open_store
from trader.access import ca_file, trader_key
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.signing import ApiKey, load_key
from trader.coinbase.wire import Wire
from trader.desk import DeskGate
from trader.preflight import Finding, findings, gather
from trader.profiles import Profile
from trader.settings import Settings

OF_A_KEY = frozenset({"key", "clock", "account"})
NO_BOOT = 0
"""No gate is ever armed for it: nothing that adds risk could leave this process."""

clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The clock of a preflight."""


def run_preflight(home: Path, settings: Settings, profile: Profile, *, as_json: bool) -> int:
    """0 when everything holds, else 1. Raises KeyUnusable, HomeRefused, UnsafeSQLite."""
    store = open_store(home, clock())
    try:
        exchange = _exchange(store, trader_key(settings, home), settings, profile)
        facts = gather(exchange, home)
        found = [_limits(profile), _store(store), *findings(facts, profile.limits)]
    finally:
        store.close()
    return _told(found, as_json=as_json)


def run_credentials(
    home: Path, settings: Settings, profile: Profile, key_file: Path | None, *, as_json: bool
) -> int:
    """Whether a key, that of the trader or another file's, is taken and may what it has to, and no more.

    0 when it is, else 1. Raises KeyUnusable, HomeRefused, UnsafeSQLite.
    """
    key = trader_key(settings, home) if key_file is None else load_key(key_file)
    store = open_store(home, clock())
    try:
        facts = gather(_exchange(store, key, settings, profile), home)
    finally:
        store.close()
    token = Finding("token", True, f"signed with {key.algorithm}; asked {settings.host}")
    asked = [one for one in findings(facts, profile.limits) if one.name in OF_A_KEY]
    return _told([token, *asked], as_json=as_json)


def _told(found: Sequence[Finding], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found]) + "\n")
    else:
        for one in found:
            sys.stdout.write(f"{'ok   ' if one.ok else 'WRONG'} {one.name:<9} {one.says}\n")
    return 0 if all(one.ok for one in found) else 1


def _exchange(store: Store, key: ApiKey, settings: Settings, profile: Profile) -> Exchange:
    send_gate = SendGate(store.home, settings.desk, NO_BOOT, time.monotonic_ns)
    gate = DeskGate(store, profile.limits, send_gate, clock)
    endpoint = Endpoint(settings.host, ca_file(settings, store.home.root))
    return Exchange(endpoint, key, Wire(gate), clock)


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
