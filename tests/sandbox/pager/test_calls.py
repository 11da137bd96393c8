"""Calls as Twilio's documentation has them, from the first ring to the key that is pressed."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.pager.paged_app import PagedApp
from tests.sandbox.pager.pager_process import Json, PagerProcess

ASK = '<Response><Gather numDigits="1" timeout="10" action="{0}"><Say>The desk is on fire</Say></Gather>'
ASK += "<Say>Nothing was pressed</Say></Response>"
EVENTS = "initiated ringing answered completed"


def ringing(pager: PagerProcess, number: str, twiml: str, **form: str) -> Json:
    made = pager.call(number, twiml, **form)
    return pager.reaches(made["sid"], "ringing")


def test_a_key_is_pressed(pager: PagerProcess, app: PagedApp, number: str) -> None:
    app.says["/key"] = (200, "<Response><Say>alice has it</Say><Hangup/></Response>")
    page = ringing(
        pager,
        number,
        ASK.format(f"{app.url}/key?alert=a1"),
        StatusCallback=f"{app.url}/status",
        StatusCallbackEvent=EVENTS,
    )
    assert (page["provider"], page["text"]) == (
        "twilio-voice",
        "The desk is on fire\nNothing was pressed",
    )
    told = pager.answer(page["id"], press="4")
    assert told["page"]["state"] == "completed"
    assert told["page"]["text"] == "The desk is on fire\nalice has it"
    [asked] = app.at("/key")
    assert asked.is_twilios(pager.known["twilio"]["auth_token"])
    assert parse_qs(urlsplit(asked.url).query) == {"alert": ["a1"]}
    assert (asked.form["Digits"], asked.form["CallStatus"]) == ("4", "in-progress")
    events = [one.form["CallStatus"] for one in app.waits_for("/status", 4)]
    assert events == ["initiated", "ringing", "in-progress", "completed"]
    assert [one.form["SequenceNumber"] for one in app.at("/status")] == ["0", "1", "2", "3"]


def test_a_call_that_is_only_listened_to_acknowledges_nothing(
    pager: PagerProcess, app: PagedApp, number: str
) -> None:
    page = ringing(pager, number, ASK.format(f"{app.url}/key"))
    heard = pager.answer(page["id"], answer=True)["page"]
    assert heard["state"] == "in-progress" and heard["detail"]["asks"] is not None
    pager.advance(30)
    over = pager.reaches(page["id"], "completed")
    assert over["text"].endswith("Nothing was pressed")
    assert app.at("/key") == []
    assert "nothing asks for a key" in pager.refused("/_sim/answer", id=page["id"], press="4")


def test_the_document_is_fetched_from_the_app(
    pager: PagerProcess, app: PagedApp, number: str
) -> None:
    app.says["/voice"] = (200, ASK.format("key"))
    app.says["/key"] = (200, "<Response><Redirect>/voice</Redirect></Response>")
    made = pager.call(number, Url=f"{app.url}/voice", MachineDetection="Enable")
    page = pager.reaches(made["sid"], "ringing")
    assert page["text"] == ""
    pager.answer(page["id"], answer=True)
    pager.answer(page["id"], press="*")
    again = pager.answer(page["id"], press="4")["page"]
    assert [one.form.get("Digits") for one in app.told] == [None, "*", None, "4", None]
    assert {one.form["AnsweredBy"] for one in app.told} == {"human"}
    assert again["state"] == "in-progress"
    assert pager.answer(page["id"], hang_up=True)["page"]["state"] == "completed"


def test_nobody_answers(pager: PagerProcess, app: PagedApp, number: str) -> None:
    page = ringing(pager, number, ASK.format("/"), Timeout="20", StatusCallback=f"{app.url}/status")
    pager.advance(19)
    assert pager.page(page["id"])["state"] == "ringing"
    pager.advance(2)
    assert pager.reaches(page["id"], "no-answer")
    [told] = app.waits_for("/status")
    assert (told.form["CallStatus"], told.form["CallDuration"]) == ("no-answer", "0")


def test_voicemail_answers(pager: PagerProcess, app: PagedApp, number: str) -> None:
    page = ringing(pager, number, ASK.format(f"{app.url}/key"), MachineDetection="Enable")
    pager.answer(page["id"], voicemail=True)
    assert pager.twilio("GET", f"Calls/{page['id']}").json()["answered_by"] == "machine_start"
    pager.advance(60)
    pager.reaches(page["id"], "completed")
    assert app.at("/key") == []


def test_declined_busy_and_off(pager: PagerProcess, number: str) -> None:
    page = ringing(pager, number, ASK.format("/"))
    assert pager.answer(page["id"], decline=True)["page"]["state"] == "busy"
    for line, status in (("busy", "busy"), ("off", "no-answer")):
        pager.tell("/_sim/phone", to=number, line=line)
        pager.reaches(pager.call(number, ASK.format("/"))["sid"], status)


def test_the_app_calls_a_call_off(pager: PagerProcess, number: str) -> None:
    page = ringing(pager, number, ASK.format("/"))
    resource = f"Calls/{page['id']}"
    assert (
        pager.twilio("POST", resource, data={"Status": "canceled"}).json()["status"] == "canceled"
    )
    again = pager.twilio("POST", resource, data={"Status": "canceled"})
    assert (again.status_code, again.json()["code"]) == (400, 21220)
    assert "does not ring" in pager.refused("/_sim/answer", id=page["id"], answer=True)


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        (500, "", "answered 500"),
        (200, "no document", "not XML"),
        (200, "<Response><Dance/></Response>", "do not know <Dance>"),
        (200, '<!DOCTYPE x [<!ENTITY a "b">]><Response/>', "document type"),
    ],
)
def test_an_answer_that_cannot_be_followed_ends_the_call(
    pager: PagerProcess, app: PagedApp, number: str, status: int, text: str, told: str
) -> None:
    app.says["/key"] = (status, text)
    page = ringing(pager, number, ASK.format(f"{app.url}/key"))
    over = pager.answer(page["id"], press="4")["page"]
    assert over["state"] == "completed" and "application error" in over["text"]
    assert told in over["history"][-1]["note"]


def test_more_digits_than_one(pager: PagerProcess, app: PagedApp, number: str) -> None:
    app.says["/code"] = (200, "<Response/>")
    page = ringing(
        pager,
        number,
        f'<Response><Gather numDigits="4" action="{app.url}/code"><Say>Code</Say></Gather></Response>',
    )
    pager.answer(page["id"], press="12")
    assert app.at("/code") == []
    pager.answer(page["id"], press="34")
    assert app.at("/code")[0].form["Digits"] == "1234"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": ""}, 21201),
        ({"To": "five"}, 21211),
        ({"From": ""}, 21213),
        ({"From": "+15559999999"}, 21210),
        ({"Twiml": ""}, 21205),
    ],
)
def test_what_twilio_refuses(
    pager: PagerProcess, number: str, changed: dict[str, str], code: int
) -> None:
    sender = pager.known["twilio"]["from"]
    form = {"To": number, "From": sender, "Twiml": "<Response/>", **changed}
    refused = pager.twilio("POST", "Calls", data=form)
    assert (refused.status_code, refused.json()["code"]) == (400, code)


def test_calls_are_listed(pager: PagerProcess, number: str) -> None:
    page = ringing(pager, number, ASK.format("/"))
    listed = pager.twilio("GET", "Calls", params={"To": number, "Status": "ringing"}).json()
    [found] = listed["calls"]
    assert (found["sid"], found["direction"], found["end_time"]) == (
        page["id"],
        "outbound-api",
        None,
    )
    assert (
        pager.twilio("GET", "Calls", params={"To": number, "Status": "busy"}).json()["calls"] == []
    )
