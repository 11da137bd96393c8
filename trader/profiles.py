"""The three profiles: what each may do at most, how fast it cycles, and how its desk first starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from core.limits import Limits
from core.modes import Mode
from trader.strategies.baseline import MovingAverages


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to run the trader. `bar_s` is how often the strategy looks, `order_contracts` its step."""

    name: str
    first_mode: Mode
    limits: Limits
    bar_s: Decimal
    order_contracts: int
    strategy: MovingAverages
    flatten_on_loss: bool = False
    """Whether the machine closes everything at the limit of the day's loss or of the drawdown."""


_DEV = Limits(
    max_position_base={
        "BTC": Decimal("0.10"),
        "ETH": Decimal("2"),
        "SOL": Decimal("50"),
        "XRP": Decimal("5000"),
    },
    max_order_contracts=5,
    max_order_notional_usd=Decimal(10_000),
    max_position_notional_usd=Decimal(15_000),
    max_leverage=Decimal(3),
    daily_loss_usd=Decimal(1_000),
    max_orders_per_minute=120,
    price_collar_pct=Decimal(1),
    emergency_collar_pct=Decimal(8),
    mark_stale_s=Decimal(10),
    stop_distance_pct=Decimal(3),
    entry_lifetime_s=60,
    max_drawdown_pct=Decimal(10),
    max_gross_notional_usd=Decimal(60_000),
    max_net_notional_usd=Decimal(60_000),
    max_share_pct=Decimal(25),
    max_one_way_notional_usd=Decimal(60_000),
    max_move_pct=Decimal(50),
    duplicate_window_s=Decimal("0.5"),
)

DEV = Profile(
    name="dev",
    first_mode=Mode.ACTIVE,
    limits=_DEV,
    bar_s=Decimal(1),
    order_contracts=2,
    strategy=MovingAverages(fast=5, slow=20),
)

CANARY = Profile(
    name="canary",
    first_mode=Mode.REDUCE_ONLY,
    limits=Limits(
        max_position_base={"BTC": Decimal("0.01")},
        max_order_contracts=1,
        max_order_notional_usd=Decimal(2_500),
        max_position_notional_usd=Decimal(2_500),
        max_leverage=Decimal(2),
        daily_loss_usd=Decimal(10),
        max_orders_per_minute=6,
        price_collar_pct=Decimal("0.5"),
        emergency_collar_pct=Decimal(5),
        mark_stale_s=Decimal(10),
        stop_distance_pct=Decimal(2),
        entry_lifetime_s=60,
        max_drawdown_pct=Decimal(2),
        max_gross_notional_usd=Decimal(2_500),
        max_net_notional_usd=Decimal(2_500),
        max_one_way_notional_usd=Decimal(2_500),
        max_slippage_pct=Decimal("0.3"),
        max_move_pct=Decimal(3),
        duplicate_window_s=Decimal(5),
    ),
    bar_s=Decimal(60),
    order_contracts=1,
    strategy=MovingAverages(fast=5, slow=20),
)

PROD = Profile(
    name="prod",
    first_mode=Mode.HELD,
    limits=Limits(
        max_position_base={"BTC": Decimal("0.50"), "ETH": Decimal(5)},
        max_order_contracts=20,
        max_order_notional_usd=Decimal(25_000),
        max_position_notional_usd=Decimal(60_000),
        max_leverage=Decimal(3),
        daily_loss_usd=Decimal(500),
        max_orders_per_minute=20,
        price_collar_pct=Decimal("0.5"),
        emergency_collar_pct=Decimal(5),
        mark_stale_s=Decimal(10),
        stop_distance_pct=Decimal(2),
        entry_lifetime_s=120,
        max_gross_notional_usd=Decimal(100_000),
        max_net_notional_usd=Decimal(80_000),
        max_share_pct=Decimal(60),
        max_one_way_notional_usd=Decimal(90_000),
        moves_with_market={"BTC": Decimal(1), "ETH": Decimal("0.9")},
        max_slippage_pct=Decimal("0.3"),
        max_move_pct=Decimal(5),
        duplicate_window_s=Decimal(5),
        symbol_notional_usd={"BTC": Decimal(60_000), "ETH": Decimal(20_000)},
        symbol_leverage={"BTC": Decimal(3), "ETH": Decimal(2)},
    ),
    bar_s=Decimal(60),
    order_contracts=5,
    strategy=MovingAverages(fast=5, slow=20),
)

PROFILES = {profile.name: profile for profile in (DEV, CANARY, PROD)}


def tightened(
    profile: Profile,
    daily_loss_usd: Decimal | None,
    max_leverage: Decimal | None,
    *,
    symbol_notional_usd: Mapping[str, Decimal] = MappingProxyType({}),
    symbol_leverage: Mapping[str, Decimal] = MappingProxyType({}),
    flatten_on_loss: bool = False,
) -> Profile:
    """The profile with the environment's limits where they are stricter; looser ones change nothing."""
    limits = profile.limits
    if daily_loss_usd is not None and daily_loss_usd < limits.daily_loss_usd:
        limits = replace(limits, daily_loss_usd=daily_loss_usd)
    if max_leverage is not None and max_leverage < limits.max_leverage:
        limits = replace(limits, max_leverage=max_leverage)
    limits = replace(
        limits,
        symbol_notional_usd=_lowest(limits.symbol_notional_usd, symbol_notional_usd),
        symbol_leverage=_lowest(limits.symbol_leverage, symbol_leverage),
    )
    flattens = profile.flatten_on_loss or flatten_on_loss
    return replace(profile, limits=limits, flatten_on_loss=flattens)


def _lowest(ours: Mapping[str, Decimal], given: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Of each underlying the stricter of both; one that only one side names has that side's."""
    both = {**ours, **given}
    return {name: min(both[name], ours.get(name, both[name])) for name in both}
