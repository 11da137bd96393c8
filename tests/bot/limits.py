"""Limits wide enough that no test of the front meets them."""

from decimal import Decimal

from core.limits import Limits

LIMITS = Limits(
    max_position_base={"BTC": Decimal(1)},
    max_order_contracts=50,
    max_order_notional_usd=Decimal(100_000),
    max_position_notional_usd=Decimal(100_000),
    max_leverage=Decimal(10),
    daily_loss_usd=Decimal(1_000),
    max_orders_per_minute=1_000,
    price_collar_pct=Decimal(5),
    emergency_collar_pct=Decimal(8),
    mark_stale_s=Decimal(10),
    stop_distance_pct=Decimal(3),
    entry_lifetime_s=60,
    max_drawdown_pct=Decimal(90),
)
