"""Settings of one machine: environment and .env, typed, read once. Contradictions refuse to start."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LIVE_URL = "https://api.coinbase.com"
DEV_URL = "https://127.0.0.1:8971"
LIVE_MARKET_URL = "wss://advanced-trade-ws.coinbase.com"
LIVE_USER_URL = "wss://advanced-trade-ws-user.coinbase.com"


class SettingsContradict(Exception):
    """Two settings cannot both be meant; the message shows the table of what goes together."""


TOGETHER = """\
what you want             BROKER    COINBASE_API_MODE  COINBASE_SANDBOX  PERPS_PAPER
live trading              coinbase  advanced           0                 0
the exchange on loopback  coinbase  advanced           0                 0    (and PERPS_EXCHANGE_URL)
orders shown, none sent   coinbase  advanced           0                 0    (and --dry-run)"""


def _by_symbol(text: object) -> object:
    """`BTC:25000,ETH:15000`."""
    if not isinstance(text, str):
        return text
    parts = [part.strip().split(":") for part in text.split(",") if part.strip()]
    if any(len(part) != 2 for part in parts):
        raise ValueError(f"{text!r}: write it as BTC:25000,ETH:15000")
    return {name.strip().upper(): value.strip() for name, value in parts}


BySymbol = Annotated[
    dict[str, Annotated[Decimal, Field(gt=0)]], NoDecode, BeforeValidator(_by_symbol)
]


class Settings(BaseSettings):
    """What the environment says. Names are those of the runbook; secrets are files, never values."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    exchange_url: str = Field(
        default=LIVE_URL,
        alias="PERPS_EXCHANGE_URL",
        description="another exchange than the live one: the sandbox's address",
    )
    exchange_ca: Path | None = Field(
        default=None,
        alias="PERPS_EXCHANGE_CA",
        description="certificate authority of that exchange",
    )
    trader_key_file: Path | None = Field(
        default=None,
        alias="PERPS_TRADER_KEY_FILE",
        description="the trader's CDP key file (view and trade, never transfer)",
    )
    guard_key_file: Path | None = Field(
        default=None,
        alias="PERPS_GUARD_KEY_FILE",
        description="the guard's own key file (view and trade); else it acts with the trader's",
    )
    desk: str = Field(
        default="main",
        alias="PERPS_DESK",
        description="name of the desk",
        pattern=r"^[a-z][a-z0-9-]{0,30}$",
    )

    kill_switch: bool = Field(
        default=False,
        alias="RISK_KILL_SWITCH_ENABLED",
        description="1: start HELD, until two people resume",
    )
    reduce_only: bool = Field(
        default=False,
        alias="RISK_REDUCE_ONLY_MODE",
        description="1: start in REDUCE_ONLY, until two people resume",
    )
    daily_loss_usd: Decimal | None = Field(
        default=None,
        alias="RISK_DAILY_LOSS_LIMIT",
        description="USD; counts where stricter than the profile's",
        gt=0,
    )
    max_leverage: Decimal | None = Field(
        default=None,
        alias="RISK_MAX_LEVERAGE",
        description="counts where stricter than the profile's",
        gt=0,
    )

    symbol_notional_usd: BySymbol = Field(
        default_factory=dict,
        alias="RISK_MAX_NOTIONAL_PER_SYMBOL",
        description="USD by underlying, as `BTC:25000,ETH:15000`; counts where stricter",
    )
    symbol_leverage: BySymbol = Field(
        default_factory=dict,
        alias="RISK_LEVERAGE_MAX_PER_SYMBOL",
        description="times the equity by underlying, as `BTC:2,ETH:1`; counts where stricter",
    )
    flatten_on_loss: bool = Field(
        default=False,
        alias="RISK_FLATTEN_ON_LOSS",
        description="1: close all positions at the limit of the day's loss or of the drawdown",
    )

    paper: bool = Field(
        default=False,
        alias="PERPS_PAPER",
        description="paper trading; not built yet, 1 refuses to start",
    )
    broker: Literal["coinbase"] = Field(default="coinbase", alias="BROKER", description="coinbase")
    api_mode: Literal["advanced"] = Field(
        default="advanced", alias="COINBASE_API_MODE", description="advanced"
    )
    coinbase_sandbox: bool = Field(
        default=False,
        alias="COINBASE_SANDBOX",
        description="1 refuses to start: Coinbase's sandbox has no market",
    )
    enable_derivatives: bool = Field(
        default=True,
        alias="COINBASE_ENABLE_DERIVATIVES",
        description="0 refuses to start: there is nothing else to trade",
    )
    enable_streaming: bool = Field(
        default=True,
        alias="PERPS_ENABLE_STREAMING",
        description="0: no websockets, prices and orders by REST",
    )
    use_rest_fallback: bool = Field(
        default=True,
        alias="COINBASE_USE_REST_FALLBACK",
        description="1: prices by REST while the feed is silent",
    )
    pagerduty_key: str | None = Field(
        default=None,
        alias="PAGERDUTY_ROUTING_KEY",
        description="as for alerts: by it the guard itself pages when alerts are silent",
        repr=False,
    )
    pagerduty_url: str = Field(
        default="https://events.pagerduty.com",
        alias="PAGERDUTY_URL",
        description="another PagerDuty than the real one",
    )
    webhook_url: str | None = Field(
        default=None,
        alias="PERPS_WEBHOOK_URL",
        description="as for alerts: by it, too, if it is set",
    )
    webhook_secret: str | None = Field(
        default=None,
        alias="PERPS_WEBHOOK_SECRET",
        description="what the webhook is signed with",
        repr=False,
    )
    metrics_port: int | None = Field(
        default=None,
        alias="PERPS_TRADER_METRICS_PORT",
        description="where the guard shows `/metrics` and `/healthz` to monitors; unset: nowhere",
        ge=1,
        le=65535,
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        alias="PERPS_METRICS_HOST",
        description="the address that it listens on for them",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", alias="LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR"
    )

    @property
    def host(self) -> str:
        return urlsplit(self.exchange_url).netloc

    @property
    def live(self) -> bool:
        return self.exchange_url == LIVE_URL

    @property
    def market_url(self) -> str:
        return LIVE_MARKET_URL if self.live else f"wss://{self.host}"

    @property
    def user_url(self) -> str:
        return LIVE_USER_URL if self.live else f"wss://{self.host}"


def for_profile(settings: Settings, profile: str) -> Settings:
    """Profile dev trades at the exchange on this machine unless another one is named."""
    if profile == "dev" and settings.live:
        return settings.model_copy(update={"exchange_url": DEV_URL})
    return settings


def check(settings: Settings, profile: str) -> None:
    """Refuse what does not go together. Raises SettingsContradict."""
    problem = _contradiction(settings, profile)
    if problem:
        raise SettingsContradict(f"{problem}\n\n{TOGETHER}")


def _contradiction(settings: Settings, profile: str) -> str | None:
    if settings.coinbase_sandbox:
        return (
            "COINBASE_SANDBOX=1: Coinbase's own sandbox answers with canned replies and has no "
            "market. Use `perps-bot demo` for an exchange on this machine."
        )
    if settings.paper:
        return "PERPS_PAPER=1: paper trading is not built yet. Use --dry-run, or `perps-bot demo`."
    if not settings.enable_derivatives:
        return "COINBASE_ENABLE_DERIVATIVES=0: this desk trades derivatives only."
    if not settings.exchange_url.startswith("https://"):
        return f"PERPS_EXCHANGE_URL={settings.exchange_url}: it has to begin with https://"
    if settings.exchange_ca is not None and settings.live:
        return "PERPS_EXCHANGE_CA is set for the live exchange, whose certificate is public."
    if profile == "dev" and "coinbase.com" in settings.host:
        return "profile dev never trades at the live exchange; use canary or prod."
    return None
