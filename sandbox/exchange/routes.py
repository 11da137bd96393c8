"""The table of endpoints: method, path, what the key must be allowed to do, handler.

A path is the brokerage's own, or begins with a version of its own.
"""

from dataclasses import dataclass

from sandbox.exchange.account_rest import AccountRest
from sandbox.exchange.call import Handler
from sandbox.exchange.market_rest import MarketRest
from sandbox.exchange.order_rest import OrderRest
from sandbox.exchange.transactions import TransactionsRest

PREFIX = "/api/v3/brokerage"
V2 = "/v2/"
PUBLIC, VIEW, TRADE, TRANSFER = "", "view", "trade", "transfer"


@dataclass(frozen=True, slots=True)
class Route:
    permission: str
    handler: Handler


class Routes:
    """Paths without an id are found by one lookup; the others by their pattern, {} for the id."""

    def __init__(self, rows: list[tuple[str, str, str, Handler]]) -> None:
        self._exact: dict[tuple[str, str], Route] = {}
        self._patterns: list[tuple[str, str, str, Route]] = []
        for method, short, permission, handler in rows:
            path = short if short.startswith(V2) else PREFIX + short
            route = Route(permission, handler)
            if "{}" in path:
                before, _, after = path.partition("{}")
                self._patterns.append((method, before, after, route))
            else:
                self._exact[method, path] = route

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        route = self._exact.get((method, path))
        if route is not None:
            return route, ()
        for wanted, before, after, route in self._patterns:
            if wanted == method and path.startswith(before) and path.endswith(after):
                inside = path[len(before) : len(path) - len(after)]
                if inside and "/" not in inside:
                    return route, (inside,)
        return None


def build_routes(
    market: MarketRest, orders: OrderRest, account: AccountRest, transactions: TransactionsRest
) -> Routes:
    return Routes(
        [
            ("GET", "/time", PUBLIC, market.time),
            ("GET", "/market/products", PUBLIC, market.products),
            ("GET", "/market/products/{}", PUBLIC, market.product),
            ("GET", "/market/products/{}/candles", PUBLIC, market.candles),
            ("GET", "/market/products/{}/ticker", PUBLIC, market.trades),
            ("GET", "/market/product_book", PUBLIC, market.product_book),
            ("GET", "/products", VIEW, market.products),
            ("GET", "/products/{}", VIEW, market.product),
            ("GET", "/products/{}/candles", VIEW, market.candles),
            ("GET", "/products/{}/ticker", VIEW, market.trades),
            ("GET", "/product_book", VIEW, market.product_book),
            ("GET", "/best_bid_ask", VIEW, market.best_bid_ask),
            ("POST", "/orders", TRADE, orders.create),
            ("POST", "/orders/preview", VIEW, orders.preview),
            ("POST", "/orders/edit", TRADE, orders.edit),
            ("POST", "/orders/edit_preview", VIEW, orders.edit_preview),
            ("POST", "/orders/batch_cancel", TRADE, orders.cancel),
            ("POST", "/orders/close_position", TRADE, orders.close_position),
            ("GET", "/orders/historical/batch", VIEW, orders.orders),
            ("GET", "/orders/historical/fills", VIEW, orders.fills),
            ("GET", "/orders/historical/{}", VIEW, orders.get),
            ("GET", "/cfm/balance_summary", VIEW, account.balance_summary),
            ("GET", "/cfm/positions", VIEW, account.positions),
            ("GET", "/cfm/positions/{}", VIEW, account.position),
            ("GET", "/cfm/sweeps", VIEW, account.sweeps),
            ("POST", "/cfm/sweeps/schedule", TRANSFER, account.schedule_sweep),
            ("DELETE", "/cfm/sweeps", TRANSFER, account.cancel_sweep),
            ("GET", "/cfm/intraday/margin_setting", VIEW, account.margin_setting),
            ("POST", "/cfm/intraday/margin_setting", TRADE, account.set_margin_setting),
            ("GET", "/cfm/intraday/current_margin_window", VIEW, account.margin_window),
            ("GET", "/accounts", VIEW, account.accounts),
            ("GET", "/accounts/{}", VIEW, account.account),
            ("GET", "/key_permissions", VIEW, account.key_permissions),
            ("GET", "/portfolios", VIEW, account.portfolios),
            ("GET", "/portfolios/{}", VIEW, account.portfolio_breakdown),
            ("GET", "/transaction_summary", VIEW, account.transaction_summary),
            ("GET", "/payment_methods", VIEW, account.payment_methods),
            ("GET", "/v2/accounts/{}/transactions", VIEW, transactions.transactions),
        ]
    )
