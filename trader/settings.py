"""Settings of one machine: environment and .env, typed, read once. Contradictions refuse to start."""

from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

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


class Settings(BaseSettings):
    """What the environment says. Names are those of the runbook; secrets are files, never values."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    exchange_url: str = Field(default=LIVE_URL, alias="PERPS_EXCHANGE_URL")
    exchange_ca: Path | None = Field(default=None, alias="PERPS_EXCHANGE_CA")
    trader_key_file: Path | None = Field(default=None, alias="PERPS_TRADER_KEY_FILE")
    guard_key_file: Path | None = Field(default=None, alias="PERPS_GUARD_KEY_FILE")
    desk: str = Field(default="main", alias="PERPS_DESK", pattern=r"^[a-z][a-z0-9-]{0,30}$")

    kill_switch: bool = Field(default=False, alias="RISK_KILL_SWITCH_ENABLED")
    reduce_only: bool = Field(default=False, alias="RISK_REDUCE_ONLY_MODE")
    daily_loss_usd: Decimal | None = Field(default=None, alias="RISK_DAILY_LOSS_LIMIT", gt=0)
    max_leverage: Decimal | None = Field(default=None, alias="RISK_MAX_LEVERAGE", gt=0)

    paper: bool = Field(default=False, alias="PERPS_PAPER")
    broker: Literal["coinbase"] = Field(default="coinbase", alias="BROKER")
    api_mode: Literal["advanced"] = Field(default="advanced", alias="COINBASE_API_MODE")
    coinbase_sandbox: bool = Field(default=False, alias="COINBASE_SANDBOX")
    enable_derivatives: bool = Field(default=True, alias="COINBASE_ENABLE_DERIVATIVES")
    enable_streaming: bool = Field(default=True, alias="PERPS_ENABLE_STREAMING")
    use_rest_fallback: bool = Field(default=True, alias="COINBASE_USE_REST_FALLBACK")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", alias="LOG_LEVEL"
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
