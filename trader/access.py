"""With which key, and trusting which authority, a process of this desk talks to the exchange."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from trader.coinbase.signing import ApiKey, KeyUnusable, load_key
from trader.settings import Settings


def ca_file(settings: Settings, home: Path) -> Path | None:
    """The authority to trust: the one named, the sandbox's of this home, or the public ones."""
    if settings.exchange_ca is not None or settings.live:
        return settings.exchange_ca
    own = home / "sandbox" / "ca.pem"
    return own if own.exists() else Path(ssl.get_default_verify_paths().openssl_cafile)


def trader_key(settings: Settings, home: Path) -> ApiKey:
    """The trader's key: the file that is named, or the sandbox's of this home."""
    if settings.trader_key_file is not None:
        return load_key(settings.trader_key_file)
    if settings.live:
        raise KeyUnusable("PERPS_TRADER_KEY_FILE is not set; it names the trader's CDP key file")
    return load_key(home / "sandbox" / "keys" / "trader.json")


@dataclass(frozen=True, slots=True)
class GuardKey:
    """The key that the guard acts with. `own` False: it is the trader's, and revoking that stops both."""

    key: ApiKey
    own: bool


def guard_key(settings: Settings, home: Path) -> GuardKey:
    """The guard's key file, the sandbox's of this home, or else the trader's. Raises KeyUnusable."""
    if settings.guard_key_file is not None:
        return GuardKey(load_key(settings.guard_key_file), own=True)
    sandbox = home / "sandbox" / "keys" / "guard.json"
    if not settings.live and settings.trader_key_file is None and sandbox.exists():
        return GuardKey(load_key(sandbox), own=True)
    return GuardKey(trader_key(settings, home), own=False)
