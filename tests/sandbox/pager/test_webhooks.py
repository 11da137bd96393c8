"""Webhooks of one's own: kept, checked, told from twins."""

import hashlib
import hmac
import json
from email.utils import parsedate_to_datetime

from tests.sandbox.pager.pager_process import PagerProcess


def signed(pager: PagerProcess, body: bytes, at: int) -> dict[str, str]:
    secret = pager.known["webhook"]["secret"].encode()
    mac = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Signature": f"t={at},v1={mac}"}


def test_what_is_posted_is_kept(pager: PagerProcess) -> None:
    body = {"title": "paper CRITICAL", "text": "drawdown", "level": 3}
    assert pager.raw("POST", "/webhook/plain", json=body).json()["ok"] is True
    [page] = pager.pages("plain")
    assert (page["provider"], page["text"]) == ("webhook", "paper CRITICAL\ndrawdown")
    assert page["detail"] == {"body": body, "signature": "absent", "repeats": 0}
    pager.raw("POST", "/webhook/plain", data="no JSON at all")
    assert pager.pages("plain")[-1]["text"] == "no JSON at all"
    assert pager.raw("GET", "/webhook/plain").status_code == 405
    assert pager.raw("POST", "/webhook/", data="x").status_code == 404


def test_a_signature_has_to_be_right_and_fresh(pager: PagerProcess) -> None:
    said = pager.raw("GET", "/v1/health").headers["Date"]
    body, now = json.dumps({"text": "x"}).encode(), int(parsedate_to_datetime(said).timestamp())
    right = pager.raw("POST", "/webhook/signed", data=body, headers=signed(pager, body, now))
    assert right.status_code == 200
    assert pager.pages("signed")[0]["detail"]["signature"] == "right"
    for headers in (signed(pager, b"other", now), signed(pager, body, now - 3600)):
        assert pager.raw("POST", "/webhook/signed", data=body, headers=headers).status_code == 401
    assert len(pager.pages("signed")) == 1


def test_a_twin_is_counted(pager: PagerProcess) -> None:
    headers = {"Idempotency-Key": "a1:3"}
    first, second = (
        pager.raw("POST", "/webhook/twins", json={"text": "x"}, headers=headers).json()
        for _ in range(2)
    )
    assert first["id"] == second["id"] and second["repeated"] is True
    [page] = pager.pages("twins")
    assert (page["dedup_key"], page["detail"]["repeats"]) == ("a1:3", 1)
