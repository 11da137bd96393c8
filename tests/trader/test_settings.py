"""Settings: strictest wins, and what contradicts itself refuses to start."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from trader.profiles import CANARY, DEV, PROD, PROFILES, tightened
from trader.settings import LIVE_URL, Settings, SettingsContradict, check, for_profile


@pytest.fixture(autouse=True)
def _no_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


def test_the_defaults_go_together_for_every_profile() -> None:
    for name in PROFILES:
        check(for_profile(Settings(), name), name)


def test_profile_dev_is_never_the_live_exchange() -> None:
    assert for_profile(Settings(), "dev").exchange_url != LIVE_URL
    assert for_profile(Settings(), "canary").exchange_url == LIVE_URL


@pytest.mark.parametrize(
    ("variable", "value", "profile"),
    [
        ("COINBASE_SANDBOX", "1", "canary"),
        ("PERPS_PAPER", "1", "canary"),
        ("COINBASE_ENABLE_DERIVATIVES", "0", "prod"),
        ("PERPS_EXCHANGE_URL", "http://127.0.0.1:1", "dev"),
        ("PERPS_EXCHANGE_URL", "https://api.coinbase.com:443", "dev"),
        ("PERPS_EXCHANGE_CA", "/some/ca.pem", "prod"),
    ],
)
def test_contradictions_are_refused_with_the_table(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, profile: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsContradict, match="what you want"):
        check(for_profile(Settings(), profile), profile)


@pytest.mark.parametrize(
    ("loss", "leverage", "then_loss", "then_leverage"),
    [
        (None, None, "10", "2"),
        ("5", "1", "5", "1"),
        ("1000", "50", "10", "2"),
    ],
)
def test_the_environment_can_only_tighten_a_limit(
    loss: str | None, leverage: str | None, then_loss: str, then_leverage: str
) -> None:
    def number(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    limits = tightened(CANARY, number(loss), number(leverage)).limits
    assert limits.daily_loss_usd == Decimal(then_loss)
    assert limits.max_leverage == Decimal(then_leverage)


def test_the_environment_can_only_tighten_a_symbols_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_MAX_NOTIONAL_PER_SYMBOL", "ETH:15000, btc:90000,SOL:100")
    monkeypatch.setenv("RISK_LEVERAGE_MAX_PER_SYMBOL", "BTC:1")
    found = Settings()
    limits = tightened(
        PROD,
        None,
        None,
        symbol_notional_usd=found.symbol_notional_usd,
        symbol_leverage=found.symbol_leverage,
    ).limits
    assert limits.symbol_notional_usd == {"BTC": 60_000, "ETH": 15_000, "SOL": 100}
    assert limits.symbol_leverage == {"BTC": 1, "ETH": 2}


@pytest.mark.parametrize("text", ["BTC", "BTC:lots", "BTC:-1", "BTC:0", "BTC:1:2"])
def test_what_is_no_list_of_symbols_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("RISK_MAX_NOTIONAL_PER_SYMBOL", text)
    with pytest.raises(ValidationError, match="RISK_MAX_NOTIONAL_PER_SYMBOL"):
        Settings()


def test_canary_keeps_to_the_runbook() -> None:
    assert CANARY.limits.max_position_base == {"BTC": Decimal("0.01")}
    assert CANARY.limits.daily_loss_usd == 10


@pytest.mark.parametrize("profile", [DEV, CANARY, PROD])
def test_the_emergency_collar_is_wider_than_the_usual_one(profile: object) -> None:
    limits = PROFILES[profile.name].limits  # type: ignore[attr-defined]
    assert limits.emergency_collar_pct > limits.price_collar_pct
