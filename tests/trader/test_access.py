"""Which key the guard acts with: its own where there is one, so that one revocation does not stop both."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trader.access import guard_key
from trader.coinbase.signing import KeyUnusable
from trader.settings import LIVE_URL, Settings


def key_file(path: Path) -> Path:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": path.stem, "privateKey": private.decode()}))
    return path


def settings(trader: Path | None = None, guard: Path | None = None, url: str = "") -> Settings:
    return Settings.model_construct(
        exchange_url=url or "https://127.0.0.1:1", trader_key_file=trader, guard_key_file=guard
    )


def test_the_guards_own_key_file_is_used(tmp_path: Path) -> None:
    named = settings(key_file(tmp_path / "trader.json"), key_file(tmp_path / "guard.json"))
    found = guard_key(named, tmp_path)
    assert (found.key.name, found.own) == ("guard", True)


def test_in_a_sandbox_home_the_guard_has_the_key_that_was_made_for_it(tmp_path: Path) -> None:
    for holder in ("trader", "guard"):
        key_file(tmp_path / "sandbox" / "keys" / f"{holder}.json")
    found = guard_key(settings(), tmp_path)
    assert (found.key.name, found.own) == ("guard", True)


@pytest.mark.parametrize("url", ["", LIVE_URL])
def test_without_a_key_of_its_own_it_takes_the_traders(tmp_path: Path, url: str) -> None:
    found = guard_key(settings(key_file(tmp_path / "trader.json"), url=url), tmp_path)
    assert (found.key.name, found.own) == ("trader", False)


def test_a_guard_key_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    named = settings(key_file(tmp_path / "trader.json"), tmp_path / "missing.json")
    with pytest.raises(KeyUnusable, match="no key file"):
        guard_key(named, tmp_path)
