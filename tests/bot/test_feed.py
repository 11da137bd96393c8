"""The streams of the exchange: what is silent, old or failing is said."""

from decimal import Decimal

from store.observations import read_failed
from store.vitals import Measure, Vital, write_vitals
from tests.bot.terminal import BTC, Terminal


def measured(trading: Terminal) -> None:
    found = [
        Measure(Vital.FEED_SILENT_S, Decimal(3), "market"),
        Measure(Vital.FEED_SILENT_S, Decimal(45), "user"),
        Measure(Vital.FEED_CONNECTIONS, Decimal(2)),
    ]
    trading.write(lambda _s, tx: write_vitals(tx, "main", "loop", found, trading.now))


def test_each_stream_and_each_mark_tells_how_it_fares(trading: Terminal) -> None:
    measured(trading)

    text, facts = trading.type("feed", "debug").text, trading.type("feed", "--json").facts

    assert "main: 2 streams, 0 of 1 mark old" in text
    assert "connected anew within 5 minutes: 2 times" in text
    assert "silent for 45 s" in text
    assert "60,995 / 61,005" in text
    assert facts["streams"] == {"market": "3", "user": "45"}


def test_what_is_old_or_fails_is_named(trading: Terminal) -> None:
    measured(trading)
    trading.later(11)
    trading.write(lambda _s, tx: read_failed(tx, "main", "products", "HTTP 503", trading.now))

    text, facts = trading.type("feed").text, trading.type("feed", "--json").facts

    assert "streams UNKNOWN: no trader measures them now" in text
    assert "connected anew within 5 minutes: UNKNOWN" in text
    assert "reading products fails, last 0.0 s ago: HTTP 503" in text
    assert facts["old_marks"] == [BTC]


def test_other_words_are_not_understood(trading: Terminal) -> None:
    assert trading.type("feed", "restart").code == 2
