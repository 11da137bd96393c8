"""The fee tier and volumes of the transaction summary."""

from sandbox.exchange.call import Json
from sandbox.exchange.decimals import ZERO, plain
from sandbox.exchange.ledger import Ledger
from sandbox.exchange.products import BY_ID, MAKER_RATE, TAKER_RATE


def transaction_summary_view(ledger: Ledger, product_type: str) -> Json:
    """Volumes and fees are JSON numbers here; the flat fee per contract is not in the schedule."""
    volume = sum(
        (fill.price * fill.size * BY_ID[fill.product_id].contract_size for fill in ledger.fills),
        ZERO,
    )
    futures = product_type == "FUTURE"
    return {
        "total_volume": float(volume),
        "total_fees": float(ledger.account.fees),
        "fee_tier": {
            "pricing_tier": "Advanced 3" if futures else "Intro 1",
            "usd_from": "0",
            "usd_to": "10000",
            "taker_fee_rate": plain(TAKER_RATE) if futures else "0.012",
            "maker_fee_rate": plain(MAKER_RATE) if futures else "0.006",
            "aop_from": "",
            "aop_to": "",
            "perps_vol_from": "",
            "perps_vol_to": "",
            "futures_vol_from": "",
            "futures_vol_to": "",
            "volume_types_and_range": [
                {
                    "volume_types": ["VOLUME_TYPE_SPOT", "VOLUME_TYPE_US_DERIVATIVES"],
                    "vol_from": "0",
                    "vol_to": "10000",
                }
            ],
        },
        "margin_rate": None,
        "goods_and_services_tax": None,
        "advanced_trade_only_volume": float(volume),
        "advanced_trade_only_fees": float(ledger.account.fees),
        "coinbase_pro_volume": 0,
        "coinbase_pro_fees": 0,
        "total_balance": plain(ledger.account.cash),
        "has_promo_fee": False,
        "volume_breakdown": [
            {"volume_type": "VOLUME_TYPE_US_DERIVATIVES", "volume": float(volume)}
        ],
        "has_cost_plus_commission": False,
    }
