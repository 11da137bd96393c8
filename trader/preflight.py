"""Before risk is allowed: what must be true of key, clock, products, money and disk, and why."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.books import Account
from core.limits import Limits
from core.products import Product
from trader.coinbase.client import Exchange
from trader.coinbase.parse import Permissions, ReadFailed

T = TypeVar("T")

DRIFT_MAX_S = 5.0
DISK_MIN_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, whether it holds, and the figures."""

    name: str
    ok: bool
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks are made on. A string in place of a fact says why it could not be had."""

    permissions: Permissions | str
    drift_s: float | str
    products: list[Product] | str
    account: Account | str
    disk_free_bytes: int

    @property
    def unread(self) -> bool:
        """Whether the exchange did not say something."""
        asked = (self.permissions, self.drift_s, self.products, self.account)
        return any(isinstance(fact, str) for fact in asked)


def gather(exchange: Exchange, home: Path) -> Facts:
    """Ask the exchange and the disk. What fails is itself a fact."""
    return Facts(
        permissions=_or_why(exchange.permissions),
        drift_s=_or_why(lambda: exchange.clock_drift().total_seconds()),
        products=_or_why(exchange.perpetuals),
        account=_or_why(exchange.account),
        disk_free_bytes=shutil.disk_usage(home).free,
    )


def findings(facts: Facts, limits: Limits) -> list[Finding]:
    """Every check, in the order a person would ask."""
    return [
        _key(facts.permissions),
        _clock(facts.drift_s),
        _products(facts.products, limits),
        _money(facts.account),
        Finding(
            "disk",
            facts.disk_free_bytes >= DISK_MIN_BYTES,
            f"{facts.disk_free_bytes // 2**20} MiB free",
        ),
    ]


def _key(permissions: Permissions | str) -> Finding:
    if isinstance(permissions, str):
        return Finding("key", False, permissions)
    if permissions.can_transfer:
        says = "the key may transfer money out; make one that can only view and trade"
        return Finding("key", False, says)
    if not (permissions.can_view and permissions.can_trade):
        return Finding("key", False, "the key needs the permissions view and trade")
    return Finding("key", True, "may view and trade, cannot transfer")


def _clock(drift_s: float | str) -> Finding:
    if isinstance(drift_s, str):
        return Finding("clock", False, drift_s)
    return Finding("clock", abs(drift_s) <= DRIFT_MAX_S, f"{drift_s:+.2f} s from the exchange's")


def _products(products: list[Product] | str, limits: Limits) -> Finding:
    if isinstance(products, str):
        return Finding("products", False, products)
    found = {product.underlying for product in products}
    missing = [name for name in limits.underlyings if name not in found]
    if missing:
        return Finding("products", False, f"no perpetual found for {', '.join(missing)}")
    return Finding("products", True, f"{len(products)} perpetuals found")


def _money(account: Account | str) -> Finding:
    if isinstance(account, str):
        return Finding("account", False, account)
    says = f"equity ${account.equity_usd:,.2f}, available ${account.available_margin_usd:,.2f}"
    return Finding("account", account.equity_usd > 0, says)


def _or_why(read: Callable[[], T]) -> T | str:
    try:
        return read()
    except ReadFailed as error:
        return f"could not be read: {error}"
