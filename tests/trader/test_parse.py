"""Payloads of the exchange: what fits becomes our types, what does not is refused whole."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders import OrderState, Side
from trader.coinbase import parse
from trader.coinbase.parse import PayloadUnusable

EARLIEST = datetime(1970, 1, 1)  # noqa: DTZ001 (hypothesis adds the zone)

ORDER: dict[str, Any] = {
    "order_id": "o1",
    "client_order_id": "c1",
    "product_id": "BIP-20DEC30-CDE",
    "side": "BUY",
    "status": "OPEN",
    "filled_size": "2",
    "created_time": "2026-04-07T07:13:31.158696693Z",
}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-04-07T07:13:31Z", datetime(2026, 4, 7, 7, 13, 31, tzinfo=UTC)),
        ("2026-04-07T07:13:31.5Z", datetime(2026, 4, 7, 7, 13, 31, 500_000, tzinfo=UTC)),
        ("2026-04-07T07:13:31.158696693Z", datetime(2026, 4, 7, 7, 13, 31, 158_696, tzinfo=UTC)),
        ("2026-09-10T18:01:30.830-07:00", datetime(2026, 9, 11, 1, 1, 30, 830_000, tzinfo=UTC)),
    ],
)
def test_times_are_read_to_the_microsecond_as_utc(written: str, meant: datetime) -> None:
    assert parse.moment({"t": written}, "t") == meant


@pytest.mark.parametrize(
    "written", ["", None, "yesterday", "2026-04-07T07:13:31", "0001-01-01T00:00:00+07:00", 12]
)
def test_a_time_without_zone_or_sense_is_refused(written: object) -> None:
    with pytest.raises(PayloadUnusable):
        parse.moment({"t": written}, "t")


@given(st.datetimes(min_value=EARLIEST, timezones=st.just(timezone(timedelta(hours=-7)))))
def test_every_written_time_comes_back(moment: datetime) -> None:
    assert parse.moment({"t": moment.isoformat()}, "t") == moment


@pytest.mark.parametrize(
    ("given_as", "meant"),
    [
        ("12.5", "12.5"),
        (3, "3"),
        ({"value": "7.25", "currency": "USD"}, "7.25"),
        ("-0.000013", "-0.000013"),
    ],
)
def test_numbers_come_as_text_numbers_or_money_objects(given_as: object, meant: str) -> None:
    assert parse.decimal({"n": given_as}, "n") == Decimal(meant)


@pytest.mark.parametrize(
    "given_as",
    [None, "", "abc", "NaN", "Infinity", True, [], {}, {"value": None}, "<html>", "1,000"],
)
def test_what_is_no_number_is_refused(given_as: object) -> None:
    with pytest.raises(PayloadUnusable):
        parse.decimal({"n": given_as}, "n")


def test_a_fraction_of_a_contract_is_refused() -> None:
    with pytest.raises(PayloadUnusable):
        parse.contracts({"n": "1.5"}, "n")


def test_an_order_is_read() -> None:
    order = parse.order(ORDER)
    assert (order.state, order.side, order.filled) == (OrderState.WORKING, Side.BUY, 2)


@pytest.mark.parametrize("field", ["order_id", "product_id", "side", "status", "created_time"])
@pytest.mark.parametrize("value", [None, "", 5, []])
def test_an_order_with_a_spoilt_field_is_refused(field: str, value: object) -> None:
    with pytest.raises(PayloadUnusable):
        parse.order({**ORDER, field: value})


@pytest.mark.parametrize(
    ("payload", "contracts"),
    [
        ({"side": "LONG", "number_of_contracts": "2", "avg_entry_price": "5"}, 2),
        ({"side": "SHORT", "number_of_contracts": "3", "avg_entry_price": {"value": "5"}}, -3),
        (
            {"side": "FUTURES_POSITION_SIDE_SHORT", "number_of_contracts": 1, "avg_entry_price": 5},
            -1,
        ),
        ({"side": "UNKNOWN", "number_of_contracts": "0", "avg_entry_price": ""}, 0),
    ],
)
def test_positions_are_signed(payload: dict[str, Any], contracts: int) -> None:
    assert parse.position({"product_id": "X", **payload}).contracts == contracts


def test_contracts_without_a_side_are_unknown_and_not_flat() -> None:
    payload = {"product_id": "X", "side": "UNKNOWN", "number_of_contracts": "2"}
    with pytest.raises(PayloadUnusable):
        parse.position({**payload, "avg_entry_price": "5"})


@pytest.mark.parametrize("value", [None, "none", {}, [1], ["x"]])
def test_a_list_that_is_null_is_not_an_empty_list(value: object) -> None:
    with pytest.raises(PayloadUnusable):
        parse.items({"positions": value}, "positions")


def test_a_key_counts_as_able_to_transfer_until_it_says_no() -> None:
    assert parse.permissions({"can_view": True, "can_trade": True}).can_transfer
    assert not parse.permissions({"can_transfer": False}).can_transfer


@pytest.mark.parametrize(("bid", "ask"), [("2", "1"), ("0", "1"), ("-1", "1")])
def test_a_crossed_or_empty_quote_is_refused(bid: str, ask: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(PayloadUnusable):
        parse.mark_of_ticker({"product_id": "X", "best_bid": bid, "best_ask": ask}, now)


def test_a_status_that_is_not_known_leaves_the_order_alone_and_is_told() -> None:
    order = parse.order({**ORDER, "status": "HIBERNATING"})
    assert (order.state, order.status) == (OrderState.UNKNOWN, "HIBERNATING")


@pytest.mark.parametrize("field", ["side", "created_time", "filled_size"])
def test_an_order_with_a_word_that_is_not_known_is_refused(field: str) -> None:
    with pytest.raises(PayloadUnusable):
        parse.order({**ORDER, field: "SIDEWAYS"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [*ORDER, "orders", "number_of_contracts", "size", "price", "commission", "trade_time"]
        ),
        json_values,
    )
)
def test_no_payload_breaks_a_parser_otherwise_than_by_being_refused(
    payload: dict[str, Any],
) -> None:
    for parser in (parse.order, parse.fill, parse.position, parse.product):
        try:
            parser(payload)
        except PayloadUnusable:
            continue
