"""Settings that are empty, half set or malformed."""

import pytest

from alerts.adapters.environment import PUBLIC_URL, SetUpWrong, read_environment


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://desk.example", "https://desk.example"),
        ("https://desk.example/", "https://desk.example"),
        ("https://desk.example/alerts//", "https://desk.example/alerts"),
        ("http://127.0.0.1:8803", "http://127.0.0.1:8803"),
        ("", None),
        ("  ", None),
    ],
)
def test_where_providers_reach_us(given: str, found: str | None) -> None:
    assert read_environment({PUBLIC_URL: given}).get(PUBLIC_URL) == found


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({PUBLIC_URL: "desk.example"}, "https://desk.example is expected"),
        ({PUBLIC_URL: "ftp://desk.example"}, "https://desk.example is expected"),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_AUTH_TOKEN and TWILIO_FROM is not"),
        ({"SMTP_HOST": "mail.example", "SMTP_FROM": ""}, "SMTP_FROM is not"),
        ({"PERPS_WEBHOOK_SECRET": "s"}, "PERPS_WEBHOOK_URL is not"),
        ({"PERPS_WEBHOOK_URL": "https://x.example"}, "PERPS_WEBHOOK_SECRET is not"),
        ({"PERPS_ALERTS_PORT": "high"}, "PERPS_ALERTS_PORT=high: a port"),
        ({"PERPS_ALERTS_PORT": "70000"}, "PERPS_ALERTS_PORT=70000: a port"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_named(given: dict[str, str], says: str) -> None:
    with pytest.raises(SetUpWrong, match=says):
        read_environment(given)


def test_what_is_empty_is_not_set() -> None:
    assert read_environment({"TWILIO_ACCOUNT_SID": "", "PERPS_ALERTS_TOKEN": ""}) == {}
