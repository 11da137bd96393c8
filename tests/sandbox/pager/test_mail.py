"""Mail as Python's own client hands it in."""

import smtplib
import socket
from email.message import EmailMessage

import pytest

from tests.sandbox.pager.pager_process import PagerProcess


@pytest.fixture
def smtp(pager: PagerProcess) -> smtplib.SMTP:
    client = smtplib.SMTP(pager.known["smtp"]["host"], pager.known["smtp"]["port"], timeout=5)
    return client


def message(to: str, body: str = "drawdown 12 %") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "desk@perps.example", to, "paper CRITICAL – look"
    made["Message-ID"] = "<a1@perps-bot>"
    made.set_content(body)
    return made


def test_mail_comes_into_each_mailbox(pager: PagerProcess, smtp: smtplib.SMTP, number: str) -> None:
    to = f"alice{number[1:]}@example.com"
    with smtp:
        smtp.send_message(message(f"{to}, bob@example.com", "drawdown\n.a line with a dot"))
    [page] = pager.pages(to)
    assert page["text"] == "paper CRITICAL – look\ndrawdown\n.a line with a dot"
    assert (page["state"], page["dedup_key"]) == ("delivered", "<a1@perps-bot>")
    assert page["detail"]["headers"]["From"] == "desk@perps.example"
    assert "nobody reads" in pager.refused("/_sim/answer", id=page["id"], reply="ACK")
    [read] = [one for one in pager.ask("/_sim/requests")["requests"] if to in str(one["body"])]
    assert (read["method"], read["path"], read["status"]) == ("SMTP", "/smtp", 250)


def test_over_tls_and_logged_in(pager: PagerProcess, smtp: smtplib.SMTP, number: str) -> None:
    to = f"alice{number[1:]}@example.com"
    with smtp:
        smtp.starttls()
        smtp.login(pager.known["smtp"]["user"], pager.known["smtp"]["password"])
        smtp.send_message(message(to))
    assert len(pager.pages(to)) == 1


def test_a_wrong_password_is_refused(smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    for mechanism in ("PLAIN", "LOGIN"):
        smtp.user, smtp.password = "perps", "wrong"
        authenticate = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login}[mechanism]
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            smtp.auth(mechanism, authenticate)
        assert refused.value.smtp_code == 535
    smtp.quit()


def test_too_much_is_refused(smtp: smtplib.SMTP) -> None:
    with smtp, pytest.raises(smtplib.SMTPSenderRefused) as refused:
        smtp.send_message(message("alice@example.com", ("x" * 70 + "\n") * 160_000))
    assert refused.value.smtp_code == 552


def test_the_order_of_commands_is_kept(smtp: smtplib.SMTP) -> None:
    with smtp:
        assert smtp.docmd("MAIL", "FROM:<a@b.example>")[0] == 503
        smtp.ehlo()
        assert smtp.docmd("RCPT", "TO:<a@b.example>")[0] == 503
        assert smtp.docmd("MAIL", "FROM nobody")[0] == 501
        assert smtp.docmd("MAIL", "FROM:<a@b.example>")[0] == 250
        assert smtp.docmd("DATA")[0] == 503
        assert smtp.docmd("RCPT", "TO:<nowhere>")[0] == 501
        assert smtp.docmd("DANCE")[0] == 500
        assert smtp.docmd("RSET")[0] == 250


def test_faults_meet_the_data(pager: PagerProcess, smtp: smtplib.SMTP, number: str) -> None:
    to = f"alice{number[1:]}@example.com"
    pager.fault("status", "/smtp", args={"code": 451})
    with smtp:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.send_message(message(to))
        assert refused.value.smtp_code == 451 and pager.pages(to) == []
        pager.fault("drop_after", "/smtp")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.send_message(message(to))
    assert len(pager.pages(to)) == 1


def test_a_client_that_goes_away_leaves_nothing(pager: PagerProcess) -> None:
    where = (pager.known["smtp"]["host"], pager.known["smtp"]["port"])
    with socket.create_connection(where, 5) as raw:
        raw.recv(100)
        raw.sendall(
            b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<gone@b.example>\r\nDATA\r\nhalf"
        )
    assert pager.pages("gone@b.example") == []
