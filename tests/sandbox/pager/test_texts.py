"""Text messages as Twilio's documentation has them."""

from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from tests.sandbox.pager.paged_app import PagedApp
from tests.sandbox.pager.pager_process import PagerProcess


def test_a_text_message_is_taken_sent_and_delivered(
    pager: PagerProcess, app: PagedApp, number: str
) -> None:
    made = pager.text(number, "kill asked: ACK 7K2", StatusCallback=f"{app.url}/status?a=1&b=2")
    assert made["sid"].startswith("SM") and len(made["sid"]) == 34
    assert (made["status"], made["direction"], made["num_segments"]) == (
        "queued",
        "outbound-api",
        "1",
    )
    assert parsedate_to_datetime(made["date_created"]) and made["date_sent"] is None
    page = pager.reaches(made["sid"], "delivered")
    assert (page["provider"], page["to"], page["text"]) == (
        "twilio-sms",
        number,
        "kill asked: ACK 7K2",
    )
    told = app.waits_for("/status", 2)
    assert [one.form["MessageStatus"] for one in told] == ["sent", "delivered"]
    assert all(one.is_twilios(pager.known["twilio"]["auth_token"]) for one in told)
    fetched = pager.twilio("GET", f"Messages/{made['sid']}").json()
    assert fetched["status"] == "delivered" and fetched["date_sent"]


def test_a_reply_reaches_the_app_and_its_answer_the_person(
    pager: PagerProcess, app: PagedApp, number: str
) -> None:
    pager.tell("/_sim/hooks", sms_url=f"{app.url}/sms")
    app.says["/sms"] = (200, "<Response><Message>alice has it</Message></Response>")
    made = pager.text(number, "somebody look: ACK 7K2")
    pager.reaches(made["sid"], "delivered")
    told = pager.answer(made["sid"], reply="ACK 7K2")
    assert told["app"][0]["status"] == 200 and told["page"]["state"] == "answered"
    [asked] = app.at("/sms")
    assert asked.is_twilios(pager.known["twilio"]["auth_token"])
    assert (asked.form["From"], asked.form["Body"]) == (number, "ACK 7K2")
    assert asked.form["To"] == pager.known["twilio"]["from"]
    back = [page for page in pager.pages(number) if page["text"] == "alice has it"]
    pager.reaches(back[0]["id"], "delivered")


def test_a_reply_without_anybody_who_listens_says_so(pager: PagerProcess, number: str) -> None:
    made = pager.text(number, "hello")
    pager.reaches(made["sid"], "delivered")
    assert "no address is set" in pager.answer(made["sid"], reply="ACK")["app"][0]["error"]


def test_the_number_says_where_replies_go(pager: PagerProcess, app: PagedApp) -> None:
    [number] = pager.twilio("GET", "IncomingPhoneNumbers").json()["incoming_phone_numbers"]
    resource = f"IncomingPhoneNumbers/{number['sid']}"
    changed = pager.twilio("POST", resource, data={"SmsUrl": f"{app.url}/sms"}).json()
    assert changed["sms_url"] == f"{app.url}/sms"
    assert pager.ask("/_sim/hooks")["sms_url"] == f"{app.url}/sms"


def test_a_phone_that_is_off_is_not_reached(
    pager: PagerProcess, app: PagedApp, number: str
) -> None:
    pager.tell("/_sim/phone", to=number, line="off")
    made = pager.text(number, "hello", StatusCallback=f"{app.url}/status")
    pager.reaches(made["sid"], "undelivered")
    last = app.waits_for("/status", 2)[-1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")
    assert pager.twilio("GET", f"Messages/{made['sid']}").json()["error_code"] == 30003


def test_who_replied_stop_is_written_to_no_more(pager: PagerProcess, number: str) -> None:
    made = pager.text(number, "hello")
    pager.reaches(made["sid"], "delivered")
    pager.answer(made["sid"], reply="Stop")
    form = {"To": number, "From": pager.known["twilio"]["from"], "Body": "hello again"}
    refused = pager.twilio("POST", "Messages", data=form)
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    pager.answer(made["sid"], reply="start")
    assert pager.twilio("POST", "Messages", data=form).status_code == 201


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "0171 5550100"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "+15559999999"}, 21660),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "not an address"}, 21609),
    ],
)
def test_what_twilio_refuses(
    pager: PagerProcess, number: str, changed: dict[str, str], code: int
) -> None:
    form = {"To": number, "From": pager.known["twilio"]["from"], "Body": "hello", **changed}
    refused = pager.twilio("POST", "Messages", data=form)
    told = refused.json()
    assert (refused.status_code, told["code"], told["status"]) == (400, code, 400)
    assert told["message"] and told["more_info"].endswith(str(code))


def test_without_credentials_nothing_is_done(pager: PagerProcess, number: str) -> None:
    for auth in (None, ("AC0", "wrong")):
        refused = pager.twilio("POST", "Messages", data={"To": number}, auth=auth)
        assert (refused.status_code, refused.json()["code"]) == (401, 20003)
    assert pager.twilio("GET", "Messages/SMnone").status_code == 404
    assert pager.twilio("DELETE", "Messages").status_code == 405


def test_a_lost_reply_is_looked_up(pager: PagerProcess, number: str) -> None:
    resource = f"/2010-04-01/Accounts/{pager.known['twilio']['account_sid']}/Messages.json"
    pager.fault("drop_after", resource)
    form = {"To": number, "From": pager.known["twilio"]["from"], "Body": "lost"}
    with pytest.raises(OSError):
        pager.twilio("POST", "Messages", data=form)
    today = pager.ask("/_sim/clock")["now"][:10]
    asked = urlencode({"To": number, "DateSent>": today})
    [found] = pager.twilio("GET", "Messages", params=asked).json()["messages"]
    assert found["body"] == "lost"
    none = urlencode({"To": number, "DateSent<": "2020-01-01"})
    assert pager.twilio("GET", "Messages", params=none).json()["messages"] == []


def test_lists_come_page_by_page(pager: PagerProcess, number: str) -> None:
    sids = [pager.text(number, f"number {at}")["sid"] for at in range(5)]
    seen: list[str] = []
    listed = pager.twilio("GET", "Messages", params={"To": number, "PageSize": "2"}).json()
    while True:
        seen += [message["sid"] for message in listed["messages"]]
        if listed["next_page_uri"] is None:
            break
        known = pager.known["twilio"]
        auth = (known["account_sid"], known["auth_token"])
        listed = pager.raw("GET", listed["next_page_uri"], auth=auth).json()
    assert seen == sids[::-1]
