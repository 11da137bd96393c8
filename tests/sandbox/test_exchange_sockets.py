"""Sockets: the real socket client on every channel, and frame faults on a bare connection."""

import json
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from coinbase import jwt_generator
from coinbase.websocket import WebsocketResponse, WSClient, WSUserClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.sandbox.exchange_process import BIP, ETP, ExchangeProcess, wait_until

Frame = dict[str, Any]

# The real client makes its TLS context in a deprecated way.
pytestmark = pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")


class Listener:
    """A bare connection with a subscription or none."""

    def __init__(self, exchange: ExchangeProcess, *channels: str) -> None:
        context = ssl.create_default_context(cafile=exchange.ca)
        # This client reads and writes one TLS session from two threads, which is not safe: with
        # TLS 1.3's tickets arriving after the handshake it hangs now and then.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        url = exchange.url.replace("https", "wss")
        self._exchange = exchange
        self.connection: ClientConnection = connect(url, ssl=context, close_timeout=0.1)
        for channel in channels:
            self.subscribe(channel)

    def subscribe(self, channel: str, **fields: Any) -> None:
        key = self._exchange.key("trader")
        token = jwt_generator.build_ws_jwt(key["name"], key["privateKey"])
        frame = {"type": "subscribe", "channel": channel, "product_ids": [], "jwt": token, **fields}
        self.connection.send(json.dumps(frame))

    def next(self, seconds: float = 2) -> Frame:
        frame: Frame = json.loads(self.connection.recv(timeout=seconds))
        return frame

    def silent(self) -> bool:
        try:
            self.next(0.15)
        except TimeoutError:
            return True
        return False

    def numbers(self, count: int) -> list[int]:
        return [self.next()["sequence_num"] for _ in range(count)]

    def close_code(self) -> int:
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                self.next()
        return caught.value.rcvd.code if caught.value.rcvd is not None else 1006


@pytest.fixture
def listen(manual: ExchangeProcess) -> Iterator[Any]:
    opened: list[Listener] = []

    def open_listener(*channels: str) -> Listener:
        opened.append(Listener(manual, *channels))
        return opened[-1]

    yield open_listener
    manual.clear_faults()
    for listener in opened:
        listener.connection.close()


def frames_of(received: list[str], channel: str) -> list[Frame]:
    frames = [json.loads(text) for text in list(received)]
    return [frame for frame in frames if frame["channel"] == channel]


def test_every_channel_speaks_to_the_real_client(live: ExchangeProcess) -> None:
    received: list[str] = []
    client = WSClient(
        key_file=live.key_file("trader"),
        base_url=live.url.replace("https", "wss"),
        on_message=received.append,
        retry=False,
    )
    client.open()
    client.heartbeats()
    for subscribe in (client.ticker, client.level2, client.market_trades, client.candles):
        subscribe([BIP])
    client.ticker_batch([BIP])
    client.status([BIP])
    client.user([])
    client.futures_balance_summary()
    channels = ["heartbeats", "ticker", "l2_data", "market_trades", "candles"]
    wait_until(lambda: all(len(frames_of(received, channel)) > 1 for channel in channels))
    client.close()
    frames = [json.loads(text) for text in received]
    assert [frame["sequence_num"] for frame in frames] == list(range(len(frames)))
    for text in received:
        WebsocketResponse(json.loads(text))
    for channel in [*channels[1:], "ticker_batch", "status", "user", "futures_balance_summary"]:
        assert frames_of(received, channel)[0]["events"][0]["type"] == "snapshot"
    listed = frames_of(received, "subscriptions")[-1]["events"][0]["subscriptions"]
    assert listed["level2"] == [BIP] and listed["heartbeats"] == ["heartbeats"]
    batch = frames_of(received, "ticker_batch")[0]["events"][0]["tickers"][0]
    assert "best_bid" not in batch


def test_the_user_client_hears_an_orders_life(live: ExchangeProcess) -> None:
    received: list[str] = []
    user = WSUserClient(
        key_file=live.key_file("trader"),
        base_url=live.url.replace("https", "wss"),
        on_message=received.append,
        retry=False,
    )
    user.open()
    user.user([])
    client = live.client()
    client.market_order_sell("ws-1", BIP, base_size="2")
    client.close_position("ws-2", BIP)

    def states(client_order_id: str) -> list[tuple[str, str]]:
        orders = [
            order for frame in frames_of(received, "user") for order in frame["events"][0]["orders"]
        ]
        return [
            (order["status"], order["cumulative_quantity"])
            for order in orders
            if order["client_order_id"] == client_order_id
        ]

    wait_until(lambda: ("FILLED", "2") in states("ws-2"))
    user.close()
    assert states("ws-1")[0] == ("PENDING", "0")
    assert states("ws-1")[-1] == ("FILLED", "2")


def test_the_snapshot_comes_before_the_confirmation(listen: Any) -> None:
    listener = listen("user", "heartbeats")
    frames = [listener.next() for _ in range(3)]
    assert [frame["channel"] for frame in frames] == ["user", "subscriptions", "subscriptions"]
    assert [frame["sequence_num"] for frame in frames] == [0, 1, 2]
    assert frames[0]["events"][0]["positions"]["expiring_futures_positions"] == []


def test_open_orders_come_in_batches_of_fifty(manual: ExchangeProcess, listen: Any) -> None:
    client = manual.client()
    for number in range(50):
        client.limit_order_gtc_buy(f"batch-{number}", BIP, "1", "50000")
    manual.settled("batch-49")
    listener = listen("user")
    sizes = [len(listener.next()["events"][0]["orders"]) for _ in range(2)]
    assert sizes == [50, 0]


def test_level_updates_rebuild_the_book(manual: ExchangeProcess, listen: Any) -> None:
    listener = listen()
    listener.subscribe("level2", product_ids=[BIP])
    book: dict[tuple[str, str], str] = {}

    def apply(frame: Frame) -> None:
        for update in frame["events"][0].get("updates", []):
            book[update["side"], update["price_level"]] = update["new_quantity"]

    apply(listener.next())
    listener.next()
    manual.advance(2)
    for _ in range(8):
        apply(listener.next())
    shown = manual.raw("GET", f"/api/v3/brokerage/market/product_book?product_id={BIP}").json()
    bids = {(level["price"], level["size"]) for level in shown["pricebook"]["bids"]}
    assert {(key[1], size) for key, size in book.items() if size != "0" and key[0] == "bid"} == bids


def test_heartbeats_follow_the_clock(manual: ExchangeProcess, listen: Any) -> None:
    listener = listen("heartbeats")
    listener.next()
    assert listener.silent()
    manual.advance(3)
    beats = [listener.next()["events"][0]["heartbeat_counter"] for _ in range(3)]
    assert beats == [1, 2, 3]


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "heartbeat"},
        {"channel": "user", "jwt": "nonsense"},
        {"channel": "user", "jwt": None},
        {"channel": "ticker", "jwt": "nonsense"},
        {"channel": "ticker", "product_ids": ["NO-SUCH"]},
    ],
)
def test_a_wrong_subscription_gets_an_error_frame(listen: Any, fields: dict[str, Any]) -> None:
    listener = listen()
    listener.subscribe(**fields)
    assert listener.next() == {"type": "error", "message": "authentication failure"}
    listener.subscribe("heartbeats")
    assert listener.next()["sequence_num"] == 0


def test_public_channels_need_no_token(listen: Any) -> None:
    listener = listen()
    listener.subscribe("ticker", product_ids=[BIP], jwt=None)
    assert listener.next()["channel"] == "ticker"
    listener.connection.send('{"type":"unsubscribe","channel":"ticker","product_ids":[]}')
    frames = [listener.next() for _ in range(2)]
    assert frames[-1]["events"] == [{"subscriptions": {}}]


def test_whoever_does_not_subscribe_in_5_seconds_is_cut(
    manual: ExchangeProcess, listen: Any
) -> None:
    idle, busy = listen(), listen("heartbeats")
    busy.next()
    manual.advance(6)
    assert idle.close_code() == 1008
    assert busy.next()["channel"] == "heartbeats"


def test_gap_duplicate_and_reorder(manual: ExchangeProcess, listen: Any) -> None:
    listener = listen("heartbeats")
    listener.next()
    beats = {"channel": "heartbeats"}
    manual.fault("gap", match=beats)
    manual.advance(2)
    assert listener.numbers(1) == [2]
    manual.fault("duplicate", match=beats)
    manual.advance(1)
    assert listener.numbers(2) == [3, 3]
    manual.fault("reorder", match=beats)
    manual.advance(2)
    assert listener.numbers(2) == [5, 4]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000, 1006])
def test_a_close_comes_at_once(manual: ExchangeProcess, listen: Any, code: int) -> None:
    listener = listen("heartbeats")
    listener.next()
    manual.fault("close", match={"socket": True}, args={"code": code})
    assert listener.close_code() == code


def test_silence_lasts_until_its_fault_is_deleted(manual: ExchangeProcess, listen: Any) -> None:
    listener = listen("heartbeats", "user")
    for _ in range(3):
        listener.next()
    fault_id = manual.fault("silence", match={"channel": "heartbeats"})
    manual.advance(2)
    assert listener.silent()
    manual.client().limit_order_gtc_buy("silence-1", ETP, "1", "1000")
    assert listener.next()["channel"] == "user"
    manual.settled("silence-1")
    listener.next()
    manual.control("DELETE", f"/_sim/faults/{fault_id}")
    manual.advance(1)
    assert listener.next()["channel"] == "heartbeats"


def test_a_half_open_socket_does_not_even_answer_pings(
    manual: ExchangeProcess, listen: Any
) -> None:
    listener = listen("heartbeats")
    listener.next()
    assert listener.connection.ping().wait(2)
    fault_id = manual.fault("half_open", match={"socket": True})
    pong = listener.connection.ping()
    manual.advance(2)
    assert not pong.wait(0.2) and listener.silent()
    manual.control("DELETE", f"/_sim/faults/{fault_id}")
    manual.advance(1)
    assert listener.next()["channel"] == "heartbeats"
    assert pong.wait(2)


def test_fields_can_be_null_and_tokens_fail_late(manual: ExchangeProcess, listen: Any) -> None:
    listener = listen("heartbeats")
    listener.next()
    everything = {"socket": True}
    manual.fault("null_fields", match=everything, args={"fields": ["events"]})
    manual.fault("null_fields", match=everything, args={"fields": ["client_id"], "remove": True})
    manual.fault("auth_error", match=everything)
    manual.advance(3)
    assert listener.next()["events"] is None
    assert "client_id" not in listener.next()
    assert listener.next()["message"] == "authentication failure"


def test_a_handshake_can_be_refused(manual: ExchangeProcess) -> None:
    manual.fault("handshake_503")
    with pytest.raises(InvalidStatus, match="503"):
        Listener(manual)
    Listener(manual).connection.close()


def test_what_a_client_says_is_in_the_log(manual: ExchangeProcess, listen: Any) -> None:
    listen("heartbeats").next()
    last = manual.ask("/_sim/requests?limit=200000")["requests"][-1]
    assert (last["method"], last["body"]["channel"]) == ("WS", "heartbeats")
    assert last["body"]["jwt"] == "…"
