"""Socket Mode: tickets, hello, one envelope to one connection, refresh, and what people see without."""

import uuid
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.sandbox.workspace.plain_app import NO_ACK, PlainApp
from tests.sandbox.workspace.workspace_process import WorkspaceProcess, wait_until


def enter_and_leave(address: str) -> None:
    with connect(address) as connection:
        connection.recv(5)


def test_hello_says_how_many_are_connected(live: WorkspaceProcess) -> None:
    with PlainApp(live) as first, PlainApp(live) as second:
        assert first.hello["type"] == "hello"
        assert first.hello["num_connections"] == 1
        assert second.hello["num_connections"] == 2
        assert first.hello["connection_info"] == {"app_id": "A0PERPS01"}
        assert first.hello["debug_info"]["approximate_connection_time"] > 0


def test_a_ticket_lets_in_once(live: WorkspaceProcess) -> None:
    address = PlainApp.address(live)
    enter_and_leave(address)
    with pytest.raises(InvalidStatus, match="408"):
        connect(address)


def test_a_ticket_is_gone_after_30_seconds(manual: WorkspaceProcess) -> None:
    kept, late = PlainApp.address(manual), PlainApp.address(manual)
    manual.advance(29)
    enter_and_leave(kept)
    manual.advance(2)
    with pytest.raises(InvalidStatus, match="408"):
        connect(late)


def test_a_failed_handshake_uses_up_the_ticket(live: WorkspaceProcess) -> None:
    live.fault("handshake_503", match={"path": "/link"})
    address = PlainApp.address(live)
    with pytest.raises(InvalidStatus, match="503"):
        connect(address)
    with pytest.raises(InvalidStatus, match="408"):
        connect(address)
    PlainApp(live).close()


def test_an_eleventh_connection_is_one_too_many(live: WorkspaceProcess) -> None:
    apps = [PlainApp(live) for _ in range(10)]
    eleventh = PlainApp(live)
    assert eleventh.hello["type"] == "disconnect"
    assert eleventh.hello["reason"] == "too_many_websockets"
    assert eleventh.closed.wait(5)
    assert live.connections() == 10
    for app in apps:
        app.close()


def test_each_envelope_goes_to_exactly_one_connection(live: WorkspaceProcess) -> None:
    with PlainApp(live) as first, PlainApp(live) as second:
        sent = {live.command(f"/perps n{number}")["envelope_id"] for number in range(10)}
        got = [one["envelope_id"] for app in (first, second) for one in app.envelopes]
        assert sorted(got) == sorted(sent)
        assert first.envelopes and second.envelopes
    assert all(uuid.UUID(envelope_id) for envelope_id in sent)


def test_an_envelope_has_slacks_fields(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("/perps status now")
    live.tell("/_sim/home", user="alice")
    wait_until(lambda: len(app.envelopes) == 2)
    command, event = app.envelopes
    assert set(command) == {"envelope_id", "payload", "type", "accepts_response_payload"}
    assert command["type"] == "slash_commands" and command["accepts_response_payload"] is True
    assert event["type"] == "events_api" and event["accepts_response_payload"] is False
    assert (event["retry_attempt"], event["retry_reason"]) == (0, "")


def test_an_acknowledged_envelope_is_on_record(live: WorkspaceProcess, app: PlainApp) -> None:
    told = live.command("/perps status")
    envelope = live.envelope(told["envelope_id"])
    assert told["ok"] and envelope["outcome"] == "acked"
    assert envelope["acked_monotonic_ns"] > envelope["sent_monotonic_ns"]
    assert envelope["connection"] and envelope["payload"]["command"] == "/perps"


def test_without_a_connection_a_command_fails_at_once(live: WorkspaceProcess) -> None:
    told = live.command("/perps lonely", user="bob")
    assert (told["ok"], told["error"]) == (False, "dispatch_failed")
    assert live.said_to("bob")[-1] == '/perps failed with the error "dispatch_failed"'
    assert live.envelope(told["envelope_id"])["outcome"] == "undelivered"


def test_without_an_acknowledgement_a_person_sees_a_timeout(live: WorkspaceProcess) -> None:
    with PlainApp(live, lambda envelope: NO_ACK) as app:
        told = live.command("/perps slow", user="carol")
        assert (told["ok"], told["error"]) == (False, "operation_timeout")
        assert live.said_to("carol")[-1] == '/perps failed with the error "operation_timeout"'
        assert live.envelope(told["envelope_id"])["outcome"] == "timeout"
        app.acknowledge(app.envelopes[0], {"text": "too late"})
        wait_until(lambda: live.envelope(told["envelope_id"])["outcome"] == "late")
        assert "too late" not in live.said_to("carol")
        assert len(app.envelopes) == 1, "commands are never sent again"


def test_a_moved_clock_lets_an_acknowledgement_be_too_late(live: WorkspaceProcess) -> None:
    def advance_first(envelope: object) -> object:
        live.advance(4)
        return None

    with PlainApp(live, advance_first):
        assert live.command("/perps moved")["error"] == "operation_timeout"


def test_events_are_sent_again_when_nobody_acknowledges(tmp_path: Path) -> None:
    live = WorkspaceProcess(tmp_path)
    with PlainApp(live, lambda envelope: NO_ACK) as app:
        live.tell("/_sim/home", user="alice")

        def attempts() -> list[tuple[int, str]]:
            return [(one["retry_attempt"], one["retry_reason"]) for one in app.envelopes]

        wait_until(lambda: attempts() == [(0, "")])
        live.advance(3)
        wait_until(lambda: attempts()[1:] == [(1, "timeout")])
        live.advance(3)
        live.advance(59)
        assert len(attempts()) == 2
        live.advance(1)
        wait_until(lambda: attempts()[2:] == [(2, "timeout")])
        live.advance(3)
        live.advance(298)
        assert len(attempts()) == 3
        live.advance(2)
        wait_until(lambda: attempts()[3:] == [(3, "timeout")])
        live.advance(3)
        live.advance(3_600)
        assert len({payload["event_id"] for payload in app.payloads}) == 1
        assert len({one["envelope_id"] for one in app.envelopes}) == 4
    assert live.stop() == 0


def test_refresh_now_says_goodbye_and_sends_nothing_more_there(live: WorkspaceProcess) -> None:
    with PlainApp(live) as old:
        assert live.tell("/_sim/refresh", now=True) == {"ok": True, "connections": 1}
        wait_until(lambda: old.frames[-1].get("reason") == "refresh_requested")
        assert live.connections() == 0
        with PlainApp(live) as new:
            assert live.command("/perps after refresh")["ok"]
            assert len(new.envelopes) == 1 and not old.envelopes


def test_refresh_warns_first(live: WorkspaceProcess, app: PlainApp) -> None:
    live.tell("/_sim/refresh", now=False)
    wait_until(lambda: app.frames[-1].get("reason") == "warning")
    assert live.command("/perps still here")["ok"]


def test_a_refresh_can_be_had_soon_for_debugging(manual: WorkspaceProcess) -> None:
    with PlainApp(manual, debug_reconnects=True) as app:
        manual.advance(349)
        assert manual.connections() == 1
        manual.advance(1)
        wait_until(lambda: app.frames[-1].get("reason") == "warning")
        manual.advance(10)
        wait_until(lambda: app.frames[-1].get("reason") == "refresh_requested")
        assert manual.connections() == 0


def test_a_disabled_socket_mode_is_said(live: WorkspaceProcess, app: PlainApp) -> None:
    live.tell("/_sim/refresh", now=True, reason="link_disabled")
    wait_until(lambda: app.frames[-1].get("reason") == "link_disabled")


def test_the_server_answers_pings(app: PlainApp) -> None:
    assert app.ping().wait(2)
