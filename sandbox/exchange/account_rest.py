"""REST of the account: balances, positions, sweeps, margin windows, wallets, portfolios, fees."""

import uuid
from typing import Any

from sandbox.clock import rfc3339
from sandbox.exchange.account_views import (
    balance_view,
    money,
    position_view,
    sweep_view,
    wallet_view,
    window_end_view,
)
from sandbox.exchange.call import Call, Json, invalid, not_found
from sandbox.exchange.decimals import ZERO, parse_decimal, plain
from sandbox.exchange.fees_view import transaction_summary_view
from sandbox.exchange.identity import Identity
from sandbox.exchange.session import intraday_margin_applies, margin_window_end
from sandbox.exchange.state import State
from sandbox.exchange.transactions import movable, sweep
from sandbox.exchange.venue import Venue

STANDARD, INTRADAY = "INTRADAY_MARGIN_SETTING_STANDARD", "INTRADAY_MARGIN_SETTING_INTRADAY"


class AccountRest:
    def __init__(self, venue: Venue, identity: Identity, state: State) -> None:
        self._venue = venue
        self._identity = identity
        self._state = state
        self._sweep: dict[str, Any] | None = state.get("sweep")
        venue.intraday_setting = state.get("intraday_setting") is True

    def balance_summary(self, call: Call) -> Json:
        venue = self._venue
        view = balance_view(venue.ledger.account, venue.margin(), venue.intraday_now())
        return {"balance_summary": view}

    def positions(self, call: Call) -> Json:
        account = self._venue.ledger.account
        return {"positions": [self._position(product_id) for product_id in account.positions]}

    def position(self, call: Call) -> Json:
        (product_id,) = call.path_args
        if product_id not in self._venue.markets:
            raise invalid("valid product_id is required")
        if product_id not in self._venue.ledger.account.positions:
            raise not_found("position not found")
        return {"position": self._position(product_id)}

    def sweeps(self, call: Call) -> Json:
        return {"sweeps": [] if self._sweep is None else [sweep_view(self._sweep)]}

    def schedule_sweep(self, call: Call) -> Json:
        amount = call.body.get("usd_amount")
        wanted = ZERO if amount is None else parse_decimal(amount)
        if wanted is None or wanted < 0:
            raise invalid("usd_amount must be a positive number")
        self._sweep = {
            "id": str(uuid.uuid4()),
            "amount": plain(wanted),
            "all": amount is None or wanted == 0,
            "at": rfc3339(self._venue.clock.now()),
        }
        return self._saved("sweep", self._sweep)

    def cancel_sweep(self, call: Call | None) -> Json:
        self._sweep = None
        return self._saved("sweep", None)

    def process_sweep(self) -> None:
        """At the day's roll the money goes from the futures wallet to the spot wallet."""
        if self._sweep is None:
            return
        ledger = self._venue.ledger
        free, _ = movable(ledger, self._venue.margin().available)
        amount = (
            free if self._sweep["all"] else min(free, parse_decimal(self._sweep["amount"]) or free)
        )
        if amount:
            sweep(ledger, amount, self._venue.clock.now())
        self.cancel_sweep(None)

    def margin_setting(self, call: Call) -> Json:
        return {"setting": INTRADAY if self._venue.intraday_setting else STANDARD}

    def set_margin_setting(self, call: Call) -> Json:
        setting = call.body.get("setting")
        if setting not in (STANDARD, INTRADAY):
            raise invalid(f"setting must be {STANDARD} or {INTRADAY}")
        self._venue.intraday_setting = setting == INTRADAY
        self._saved("intraday_setting", setting == INTRADAY)
        return {}

    def margin_window(self, call: Call) -> Json:
        now = self._venue.clock.now()
        return window_end_view(margin_window_end(now), intraday_margin_applies(now))

    def accounts(self, call: Call) -> Json:
        wallets = self._wallets()
        return {"accounts": wallets, "has_next": False, "cursor": "", "size": len(wallets)}

    def account(self, call: Call) -> Json:
        for wallet in self._wallets():
            if wallet["uuid"] == call.path_args[0]:
                return {"account": wallet}
        raise not_found("account not found")

    def key_permissions(self, call: Call) -> Json:
        assert call.key is not None
        return {
            **{
                f"can_{name}": name in call.key.permissions
                for name in ("view", "trade", "transfer")
            },
            "portfolio_uuid": self._identity.portfolio_id,
            "portfolio_type": "DEFAULT",
        }

    def portfolios(self, call: Call) -> Json:
        return {"portfolios": [self._portfolio()]}

    def portfolio_breakdown(self, call: Call) -> Json:
        if call.path_args[0] != self._identity.portfolio_id:
            raise not_found("portfolio not found")
        account = self._venue.ledger.account
        cash = money(account.cash)
        futures = [self._position(product_id) for product_id in account.positions]
        return {
            "breakdown": {
                "portfolio": self._portfolio(),
                "portfolio_balances": {
                    "total_balance": cash,
                    "total_futures_balance": money(account.cash - account.swept),
                    "total_cash_equivalent_balance": cash,
                    "total_crypto_balance": money(ZERO),
                    "futures_unrealized_pnl": money(self._venue.margin().unrealised),
                    "perp_unrealized_pnl": money(ZERO),
                },
                "spot_positions": [],
                "perp_positions": [],
                "futures_positions": futures,
            }
        }

    def transaction_summary(self, call: Call) -> Json:
        return transaction_summary_view(self._venue.ledger, call.first("product_type"))

    def payment_methods(self, call: Call) -> Json:
        return {"payment_methods": []}

    def _position(self, product_id: str) -> Json:
        account = self._venue.ledger.account
        market = self._venue.markets[product_id]
        daily = account.daily_realised.get(product_id, ZERO)
        return position_view(market, account.position(product_id), daily)

    def _wallets(self) -> list[Json]:
        account, identity = self._venue.ledger.account, self._identity
        ids = (identity.portfolio_id, identity.created)
        futures = account.cash - account.swept
        spot_id, futures_id = identity.spot_account_id, identity.futures_account_id
        return [
            wallet_view(spot_id, "USD Wallet", "ACCOUNT_PLATFORM_CONSUMER", account.swept, *ids),
            wallet_view(futures_id, "CFM", "ACCOUNT_PLATFORM_CFM_CONSUMER", futures, *ids),
        ]

    def _portfolio(self) -> Json:
        return {
            "name": "Default",
            "uuid": self._identity.portfolio_id,
            "type": "DEFAULT",
            "deleted": False,
        }

    def _saved(self, key: str, value: Any) -> Json:
        self._state.put(key, value)
        self._venue.ledger.commit()
        return {"success": True}
