"""ntfy as its documentation has it: publishing, polling, and buttons on a phone."""

import json
from typing import Any

import pytest

from tests.sandbox.pager.paged_app import PagedApp
from tests.sandbox.pager.pager_process import Json, PagerProcess


def polled(pager: PagerProcess, topic: str, **query: str) -> list[Json]:
    reply = pager.raw("GET", f"/{topic}/json", params={"poll": "1", **query})
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in reply.text.splitlines()]


def topic_of(number: str) -> str:
    return f"topic{number[1:]}"


def test_published_as_json(pager: PagerProcess, number: str) -> None:
    topic = topic_of(number)
    body = {
        "topic": topic,
        "title": "paper CRITICAL",
        "message": "drawdown",
        "priority": 5,
        "tags": ["x"],
    }
    made = pager.raw("POST", "/", json=body).json()
    assert (made["event"], made["topic"], made["priority"]) == ("message", topic, 5)
    assert len(made["id"]) == 12 and made["expires"] > made["time"]
    assert polled(pager, topic) == [made]
    [page] = pager.pages(topic)
    assert (page["provider"], page["text"], page["state"]) == (
        "ntfy",
        "paper CRITICAL\ndrawdown",
        "delivered",
    )


def test_published_by_path_and_headers(pager: PagerProcess, number: str) -> None:
    topic = topic_of(number)
    headers = {
        "Title": "paper",
        "X-Priority": "urgent",
        "Tags": "warning, skull",
        "Actions": "http, Acknowledge, http://127.0.0.1:1/ack, method=PUT, body='a, b'; view, Open, http://127.0.0.1:1/",
    }
    made = pager.raw("POST", f"/{topic}", data="drawdown", headers=headers).json()
    assert (made["title"], made["priority"], made["tags"]) == ("paper", 5, ["warning", "skull"])
    first, second = made["actions"]
    assert (first["action"], first["label"], first["method"], first["body"]) == (
        "http",
        "Acknowledge",
        "PUT",
        "a, b",
    )
    assert (second["action"], second["url"]) == ("view", "http://127.0.0.1:1/")
    again = pager.raw("GET", f"/{topic}/publish", params={"message": "by GET"}).json()
    assert [one["id"] for one in polled(pager, topic, since=made["id"])] == [again["id"]]
    assert polled(pager, topic, since="none") == []
    assert len(polled(pager, topic, since="10m")) == 2
    assert len(polled(pager, topic, since=str(made["time"] + 1))) == 0


def test_a_button_asks_the_app(pager: PagerProcess, app: PagedApp, number: str) -> None:
    action = {
        "action": "http",
        "label": "Acknowledge",
        "url": f"{app.url}/ack",
        "headers": {"Authorization": "Bearer t"},
        "body": '{"alert":"a1"}',
    }
    body = {"topic": topic_of(number), "message": "look", "actions": [action]}
    made = pager.raw("POST", "/", json=body).json()
    assert "are 'Acknowledge'" in pager.refused("/_sim/answer", id=made["id"], action="Ignore")
    told = pager.answer(made["id"], action="Acknowledge")
    assert told["page"]["state"] == "answered" and told["app"][0]["status"] == 200
    [asked] = app.at("/ack")
    assert asked.method == "POST" and asked.json == {"alert": "a1"}
    assert asked.headers["Authorization"] == "Bearer t"


def test_a_button_that_fails_may_be_pressed_again(
    pager: PagerProcess, app: PagedApp, number: str
) -> None:
    app.says["/ack"] = (503, "not now")
    action = {"action": "http", "label": "Ack", "url": f"{app.url}/ack"}
    body = {"topic": topic_of(number), "message": "look", "actions": [action]}
    made = pager.raw("POST", "/", json=body).json()
    assert pager.answer(made["id"], press="Ack")["page"]["state"] == "delivered"


def test_nothing_but_this_machine_is_asked(pager: PagerProcess, number: str) -> None:
    action = {"action": "http", "label": "Ack", "url": "https://example.com/ack"}
    body = {"topic": topic_of(number), "message": "look", "actions": [action]}
    made = pager.raw("POST", "/", json=body).json()
    assert (
        "not an address of this machine"
        in pager.answer(made["id"], action="Ack")["app"][0]["error"]
    )


def test_a_sequence_replaces(pager: PagerProcess, number: str) -> None:
    topic = topic_of(number)
    for message in ("one", "two"):
        pager.raw("POST", "/", json={"topic": topic, "message": message, "sequence_id": "a1-3"})
    assert [page["state"] for page in pager.pages(topic)] == ["replaced", "delivered"]
    assert [one["message"] for one in polled(pager, topic)] == ["one", "two"]


def test_a_delayed_message_comes_later(pager: PagerProcess, number: str) -> None:
    topic = topic_of(number)
    pager.raw("POST", f"/{topic}", data="later", headers={"Delay": "10m"})
    assert polled(pager, topic) == []
    pager.advance(601)
    assert len(polled(pager, topic)) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not json", 40024),
        ({"message": "no topic"}, 40009),
        ({"topic": "with space"}, 40009),
        ({"topic": "t", "priority": 6}, 40007),
        ({"topic": "t", "actions": [{"action": "http", "label": "x"}]}, 40018),
        ({"topic": "t", "actions": [{"action": "view", "label": "x", "url": "y"}] * 4}, 40018),
        ({"topic": "t", "sequence_id": "a/b"}, 40049),
        ({"topic": "t", "delay": "soon"}, 40004),
        ({"topic": "t", "message": "x" * 4097}, 41301),
    ],
)
def test_what_ntfy_refuses(pager: PagerProcess, body: Any, code: int) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    reply = pager.raw("POST", "/", data=raw)
    told = reply.json()
    assert (told["code"], told["http"]) == (code, reply.status_code)
    assert reply.status_code == code // 100 and told["error"]


def test_a_token_has_to_be_right(pager: PagerProcess, number: str) -> None:
    topic = topic_of(number)
    right = {"Authorization": f"Bearer {pager.known['ntfy']['token']}"}
    assert pager.raw("POST", f"/{topic}", data="x", headers=right).status_code == 200
    wrong = pager.raw("POST", f"/{topic}", data="x", headers={"Authorization": "Bearer tk_no"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, 40101)
    assert pager.ask("/v1/health") == {"healthy": True}
