"""The pager's control: faults in each provider's words, waiting for news, and a second run on one home."""

import stat
import threading
from pathlib import Path

import pytest

from tests.sandbox.pager.pager_process import PagerProcess


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/v2/enqueue", '"throttle exceeded"'),
        ("GET", "/2010-04-01/Accounts/x/Messages.json", '"code":20429'),
        ("POST", "/some-topic", '"code":42901'),
        ("POST", "/webhook/x", "429"),
    ],
)
def test_limits_are_told_in_the_providers_words(
    pager: PagerProcess, method: str, path: str, words: str
) -> None:
    pager.fault("status", path, args={"code": 429, "retry_after": 7})
    reply = pager.raw(method, path, data="x")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
    assert words in reply.text


def test_every_kind_of_fault(pager: PagerProcess) -> None:
    before = len(pager.pages("struck"))
    pager.fault("html", "/struck", args={"code": 502})
    assert "<html>" in pager.raw("POST", "/struck", data="x").text
    pager.fault("auth_error", "/struck")
    assert pager.raw("POST", "/struck", data="x").json()["code"] == 40101
    pager.fault("drop_before", "/struck")
    with pytest.raises(OSError):
        pager.raw("POST", "/struck", data="x")
    assert len(pager.pages("struck")) == before
    pager.fault("null_fields", "/struck", args={"fields": ["id"]})
    assert pager.raw("POST", "/struck", data="x").json()["id"] is None
    pager.fault("drop_after", "/struck")
    with pytest.raises(OSError):
        pager.raw("POST", "/struck", data="x")
    assert len(pager.pages("struck")) == before + 2
    assert "no sockets" in pager.refused("/_sim/fault", kind="silence", match={"socket": True})


def test_requests_are_remembered_without_secrets(pager: PagerProcess) -> None:
    since_ns = max(
        (one["monotonic_ns"] for one in pager.ask("/_sim/requests")["requests"]), default=0
    )
    pager.trigger("remembered")
    [read] = pager.ask(f"/_sim/requests?since_ns={since_ns}")["requests"]
    assert (read["method"], read["path"], read["status"]) == ("POST", "/v2/enqueue", 202)
    assert read["body"]["dedup_key"] == "remembered" and read["body"]["routing_key"] == "…"


def test_whoever_waits_hears_of_a_change(pager: PagerProcess, number: str) -> None:
    version = pager.ask("/_sim/pages")["version"]
    later = threading.Timer(0.05, lambda: pager.trigger(number))
    later.start()
    told = pager.ask(f"/_sim/pages?after={version}&wait_s=5")
    later.join()
    assert told["version"] > version
    assert number in [page["dedup_key"] for page in told["pages"]]


def test_what_control_does_not_understand(pager: PagerProcess, number: str) -> None:
    assert "no page" in pager.refused("/_sim/answer", id="none", press="4")
    assert "line 'lost'" in pager.refused("/_sim/phone", to=number, line="lost")
    assert "unknown field" in pager.refused("/_sim/phone", to=number, colour="red")
    assert "name a phone" in pager.refused("/_sim/phone", line="off")
    assert "must begin with http" in pager.refused("/_sim/hooks", sms_url="nowhere")
    made = pager.text(number, "x")
    assert "answered with one of: reply" in pager.refused("/_sim/answer", id=made["sid"], press="4")
    assert pager.raw("GET", "/_sim/pages", headers={"Host": "evil.example"}).status_code == 403
    assert pager.raw("GET", "/_sim/nothing").status_code == 404


def test_a_second_run_remembers(tmp_path: Path) -> None:
    person = "--person=alice=+15550000002,alice@example.com"
    first = PagerProcess(tmp_path, "--manual-clock", person)
    assert stat.S_IMODE(first.credentials.stat().st_mode) == 0o600
    first.tell("/_sim/hooks", sms_url="http://127.0.0.1:1/sms")
    call = first.call("+15550000002", "<Response><Say>hello</Say></Response>", Timeout="30")
    first.reaches(call["sid"], "ringing")
    talking = first.call("+15550000003", "<Response><Gather><Say>hello</Say></Gather></Response>")
    first.advance(1)
    first.reaches(talking["sid"], "ringing")
    first.answer(talking["sid"], answer=True)
    first.trigger("k1")
    known, phones = first.known, first.ask("/_sim/phones")
    first.kill()
    second = PagerProcess(tmp_path, "--manual-clock")
    assert second.known["twilio"] == known["twilio"] and second.known["ntfy"] == known["ntfy"]
    assert second.ask("/_sim/phones") == phones
    assert [phone["owner"] for phone in phones["phones"]] == ["alice", "alice"]
    assert second.ask("/_sim/hooks")["sms_url"] == "http://127.0.0.1:1/sms"
    assert second.page(call["sid"])["state"] == "ringing"
    assert second.page(talking["sid"])["state"] == "completed"
    second.event(event_action="resolve", dedup_key="k1")
    assert [page["state"] for page in second.pages("on-call")] == ["resolved"]
    assert second.answer(call["sid"], answer=True)["page"]["text"] == "hello"
    assert second.stop() == 0
