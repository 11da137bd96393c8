"""Buttons, menus, modals, the Home tab and shortcuts, as people use them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.workspace.plain_app import PlainApp, too_slow
from tests.sandbox.workspace.workspace_process import (
    Json,
    WorkspaceProcess,
    actions,
    asking,
    button,
    modal,
    section,
    wait_until,
)

DESK = "C0DESK001"


def card(live: WorkspaceProcess, *elements: Json) -> str:
    blocks = [section("a card"), {**actions(*elements), "block_id": "acts"}]
    told = live.call("chat.postMessage", channel=DESK, text="a card", blocks=blocks)
    assert told["ok"], told
    ts: str = told["ts"]
    return ts


def trigger(live: WorkspaceProcess, app: PlainApp, user: str = "alice") -> str:
    live.command("/perps form", user=user)
    found: str = app.payloads[-1]["trigger_id"]
    return found


def opened(live: WorkspaceProcess, app: PlainApp, view: Json) -> Json:
    told = live.call("views.open", trigger_id=trigger(live, app), view=view)
    assert told["ok"], told
    shown: Json = told["view"]
    return shown


def stack(live: WorkspaceProcess, user: str = "alice") -> list[Json]:
    found: list[Json] = live.ask(f"/_ui/views?as={user}")["stack"]
    return found


def test_a_press_has_slacks_payload(live: WorkspaceProcess, app: PlainApp) -> None:
    ts = card(live, {**button("confirm", "req-7"), "style": "danger"})
    assert live.click(ts, "confirm", user="bob")["ok"]
    payload = app.payloads[-1]
    assert payload["type"] == "block_actions"
    assert payload["user"] == {
        "id": "U0BOB0001",
        "username": "bob",
        "name": "bob",
        "team_id": "T0PERPS01",
    }
    assert payload["team"]["id"] == "T0PERPS01" and payload["api_app_id"] == "A0PERPS01"
    assert payload["channel"] == {"id": DESK, "name": "perps-desk"}
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": DESK,
        "is_ephemeral": False,
    }
    assert payload["message"]["ts"] == ts and payload["state"] == {"values": {}}
    assert payload["trigger_id"] and payload["response_url"].startswith(live.url)
    (action,) = payload["actions"]
    assert (action["action_id"], action["block_id"]) == ("confirm", "acts")
    assert (action["value"], action["style"], action["type"]) == ("req-7", "danger", "button")


def test_a_foreign_guest_brings_their_own_team(live: WorkspaceProcess, app: PlainApp) -> None:
    live.click(card(live, button("go")), "go", user="eve")
    payload = app.payloads[-1]
    assert payload["user"]["team_id"] == "T0OTHER01" and payload["team"]["id"] == "T0PERPS01"


def test_a_forged_value_can_be_sent(live: WorkspaceProcess, app: PlainApp) -> None:
    live.click(card(live, button("go", "1")), "go", value="2")
    assert app.payloads[-1]["actions"][0]["value"] == "2"


def test_a_press_on_an_ephemeral_message_has_no_message(
    live: WorkspaceProcess, app: PlainApp
) -> None:
    blocks = [actions(button("go"))]
    told = live.call("chat.postEphemeral", channel=DESK, user="U0BOB0001", text="x", blocks=blocks)
    ts = told["message_ts"]
    live.click(ts, "go", user="bob")
    payload = app.payloads[-1]
    assert payload["container"]["is_ephemeral"] and "message" not in payload
    url = payload["response_url"].removeprefix(live.url)
    assert live.raw("POST", url, json={"replace_original": "true", "text": "done"}).ok
    assert live.message(ts)["text"] == "done" and live.message(ts)["blocks"] == []
    assert live.raw("POST", url, json={"delete_original": True}).ok
    assert live.message(ts)["deleted"]
    body = {"user": "alice", "channel": "perps-desk", "ts": ts, "action_id": "go"}
    assert "alice sees no message" in live.refused("/_sim/click", **body)


def test_the_original_can_be_replaced(live: WorkspaceProcess, app: PlainApp) -> None:
    ts = card(live, button("go"))
    live.click(ts, "go")
    url = app.payloads[-1]["response_url"].removeprefix(live.url)
    live.raw("POST", url, json={"text": "a note"})
    assert live.message(ts)["text"] == "a card" and live.said_to("alice")[-1] == "a note"
    live.raw("POST", url, json={"text": "new", "replace_original": True})
    assert live.message(ts)["text"] == "new"


def option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value.upper()}, "value": value}


OPTIONS = [option("a"), option("b"), option("c")]


@pytest.mark.parametrize(
    ("element", "value", "held"),
    [
        ({"type": "static_select", "options": OPTIONS}, "b", {"selected_option": option("b")}),
        ({"type": "overflow", "options": OPTIONS}, "b", {"selected_option": option("b")}),
        ({"type": "radio_buttons", "options": OPTIONS}, "c", {"selected_option": option("c")}),
        (
            {"type": "checkboxes", "options": OPTIONS},
            ["a", "c"],
            {"selected_options": [option("a"), option("c")]},
        ),
        (
            {"type": "multi_static_select", "options": OPTIONS},
            ["a"],
            {"selected_options": [option("a")]},
        ),
        ({"type": "users_select"}, "bob", {"selected_user": "U0BOB0001"}),
        ({"type": "multi_users_select"}, ["bob"], {"selected_users": ["U0BOB0001"]}),
        ({"type": "channels_select"}, "pnl", {"selected_channel": "C0PNL0001"}),
        ({"type": "conversations_select"}, "pnl", {"selected_conversation": "C0PNL0001"}),
        ({"type": "datepicker"}, "2026-01-05", {"selected_date": "2026-01-05"}),
        ({"type": "timepicker"}, "14:30", {"selected_time": "14:30"}),
    ],
)
def test_what_was_chosen_is_sent(
    live: WorkspaceProcess, app: PlainApp, element: Json, value: Any, held: Json
) -> None:
    ts = card(live, {**element, "action_id": "pick"})
    assert live.click(ts, "pick", value=value)["ok"]
    payload = app.payloads[-1]
    (action,) = payload["actions"]
    assert held.items() <= action.items()
    if element["type"] != "overflow":
        assert payload["state"]["values"]["acts"]["pick"] == {"type": element["type"], **held}


def test_choices_in_a_message_are_kept_for_the_button(
    live: WorkspaceProcess, app: PlainApp
) -> None:
    pick = {"type": "static_select", "action_id": "pick", "options": OPTIONS}
    ts = card(live, pick, button("go"))
    live.click(ts, "pick", value="c")
    live.click(ts, "go")
    assert app.payloads[-1]["state"]["values"]["acts"]["pick"]["selected_option"]["value"] == "c"
    live.click(ts, "go", user="bob")
    assert app.payloads[-1]["state"]["values"]["acts"]["pick"]["selected_option"] is None
    blocks = [{**actions(button("go")), "block_id": "acts"}]
    live.call("chat.update", channel=DESK, ts=ts, text="without the menu", blocks=blocks)
    live.click(ts, "go")
    assert app.payloads[-1]["state"]["values"] == {}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"action_id": "stop"}, "no element 'stop' there; there are acts/go"),
        ({"action_id": "go", "block_id": "other"}, "no element"),
        ({"action_id": "go", "ts": "1.000001"}, "sees no message"),
    ],
)
def test_what_is_not_there_cannot_be_pressed(live: WorkspaceProcess, body: Json, told: str) -> None:
    ts = card(live, button("go"))
    whole = {"user": "alice", "channel": "perps-desk", "ts": ts, **body}
    assert told in live.refused("/_sim/click", **whole)


def test_a_press_without_acknowledgement_is_trouble(live: WorkspaceProcess) -> None:
    ts = card(live, button("go"))
    with PlainApp(live, too_slow(live)) as app:
        told = live.click(ts, "go")
        assert (told["ok"], told["error"]) == (False, "operation_timeout")
        assert len(app.envelopes) == 1, "interactions are never sent again"
    assert live.click(ts, "go")["error"] == "dispatch_failed"


def test_a_trigger_works_once(live: WorkspaceProcess, app: PlainApp) -> None:
    id = trigger(live, app)
    assert live.call("views.open", trigger_id=id, view=modal(section("x")))["ok"]
    again = live.call("views.open", trigger_id=id, view=modal(section("x")))
    assert again["error"] == "exchanged_trigger_id"
    unknown = live.call("views.open", trigger_id="1.2.3", view=modal(section("x")))
    assert unknown["error"] == "invalid_trigger_id"


def test_a_trigger_lives_three_seconds(manual: WorkspaceProcess) -> None:
    with PlainApp(manual) as app:
        in_time, late = trigger(manual, app), trigger(manual, app)
        manual.advance(2.9)
        assert manual.call("views.open", trigger_id=in_time, view=modal(section("x")))["ok"]
        manual.advance(0.2)
        told = manual.call("views.open", trigger_id=late, view=modal(section("x")))
    assert told["error"] == "expired_trigger_id"


def test_a_trigger_belongs_to_who_acted(live: WorkspaceProcess, app: PlainApp) -> None:
    live.call("views.open", trigger_id=trigger(live, app, "carol"), view=modal(section("x")))
    assert len(stack(live, "carol")) == 1


def test_an_opened_view_has_slacks_shape(live: WorkspaceProcess, app: PlainApp) -> None:
    view = opened(live, app, modal(asking("why", "text"), callback_id="form"))
    assert view["type"] == "modal" and view["callback_id"] == "form"
    assert view["root_view_id"] == view["id"] and view["previous_view_id"] is None
    assert view["state"]["values"]["why"]["text"] == {"type": "plain_text_input", "value": None}
    assert view["hash"] and view["app_id"] == "A0PERPS01" and view["bot_id"] == "B0PERPS01"


def test_submitting_closes_the_view(live: WorkspaceProcess, app: PlainApp) -> None:
    view = opened(live, app, modal(asking("why", "text"), private_metadata="req-7"))
    empty = live.tell("/_sim/submit", user="alice", view_id=view["id"], values={})
    assert empty["errors"] == {"why": "Please complete this required field."}
    values = {"why": {"text": "because"}}
    assert live.tell("/_sim/submit", user="alice", view_id=view["id"], values=values)["ok"]
    payload = app.payloads[-1]
    assert payload["type"] == "view_submission" and payload["response_urls"] == []
    sent = payload["view"]
    assert sent["private_metadata"] == "req-7"
    assert sent["state"]["values"]["why"]["text"]["value"] == "because"
    assert stack(live) == []


def submitting(answer: Json) -> Callable[[Json], Any]:
    def answered(envelope: Json) -> Any:
        return answer if envelope["payload"].get("type") == "view_submission" else None

    return answered


def submit(live: WorkspaceProcess, answer: Json) -> Json:
    with PlainApp(live, submitting(answer)) as app:
        view = opened(live, app, modal(asking("why", "text")))
        values = {"why": {"text": "x"}}
        return live.tell("/_sim/submit", user="alice", view_id=view["id"], values=values)


def test_an_answer_may_name_errors(live: WorkspaceProcess) -> None:
    told = submit(live, {"response_action": "errors", "errors": {"why": "too short"}})
    assert told["errors"] == {"why": "too short"} and len(stack(live)) == 1


def test_an_answer_may_change_the_view(live: WorkspaceProcess) -> None:
    assert submit(live, {"response_action": "update", "view": modal(section("thanks"))})["ok"]
    assert stack(live)[0]["blocks"][0]["text"]["text"] == "thanks"


def test_an_answer_may_push_another(live: WorkspaceProcess) -> None:
    assert submit(live, {"response_action": "push", "view": modal(section("more"))})["ok"]
    first, second = stack(live)
    assert second["previous_view_id"] == first["id"] == second["root_view_id"]


def test_an_answer_may_clear_everything(live: WorkspaceProcess) -> None:
    assert submit(live, {"response_action": "clear"})["ok"]
    assert stack(live) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "explode"},
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "update", "view": {"type": "modal"}},
    ],
)
def test_an_answer_that_makes_no_sense_is_trouble(live: WorkspaceProcess, answer: Json) -> None:
    told = submit(live, answer)
    assert not told["ok"] and told["error"]
    assert len(stack(live)) == 1


def test_a_submission_without_acknowledgement_keeps_the_view(live: WorkspaceProcess) -> None:
    with PlainApp(live) as app:
        view = opened(live, app, modal(asking("why", "text")))
        app.answer = too_slow(live)
        values = {"why": {"text": "x"}}
        told = live.tell("/_sim/submit", user="alice", view_id=view["id"], values=values)
        assert told["error"] == "operation_timeout"
    assert stack(live)[0]["state"]["values"]["why"]["text"]["value"] == "x"


def test_a_chosen_channel_can_be_answered_to(live: WorkspaceProcess, app: PlainApp) -> None:
    menu = {
        "type": "conversations_select",
        "action_id": "where",
        "response_url_enabled": True,
        "default_to_current_conversation": True,
    }
    view = opened(live, app, modal({**asking("place", "x"), "element": menu}))
    values = {"place": {"where": "pnl"}}
    assert live.tell("/_sim/submit", user="alice", view_id=view["id"], values=values)["ok"]
    (told,) = app.payloads[-1]["response_urls"]
    assert (told["block_id"], told["channel_id"]) == ("place", "C0PNL0001")
    path = told["response_url"].removeprefix(live.url)
    live.raw("POST", path, json={"text": "from the form", "response_type": "in_channel"})
    assert live.messages("pnl")[-1]["text"] == "from the form"


def test_closing_is_told_when_asked_for(live: WorkspaceProcess, app: PlainApp) -> None:
    view = opened(live, app, modal(section("x"), notify_on_close=True))
    live.tell("/_sim/close", user="alice", view_id=view["id"])
    wait_until(lambda: app.payloads[-1].get("type") == "view_closed")
    assert app.payloads[-1]["is_cleared"] is False and stack(live) == []
    quiet = opened(live, app, modal(section("x")))
    live.tell("/_sim/close", user="alice", view_id=quiet["id"])
    assert app.payloads[-1].get("type") != "view_closed"


def test_views_can_be_pushed_three_deep(live: WorkspaceProcess, app: PlainApp) -> None:
    block = {**actions(button("more")), "block_id": "b"}
    view = opened(live, app, modal(block))
    outcomes = []
    for _ in range(3):
        top = stack(live)[-1]["id"]
        live.tell("/_sim/click", user="alice", view_id=top, action_id="more")
        pressed = app.payloads[-1]
        assert pressed["view"]["id"] == top and "response_url" not in pressed
        told = live.call("views.push", trigger_id=pressed["trigger_id"], view=modal(block))
        outcomes.append(told.get("error"))
    assert outcomes == [None, None, "push_limit_reached"]
    assert [one["root_view_id"] for one in stack(live)] == [view["id"]] * 3
    flat = live.call("views.push", trigger_id=trigger(live, app), view=modal(block))
    assert flat["error"] == "invalid_trigger_id"


def test_an_update_minds_the_hash_and_keeps_what_was_typed(
    live: WorkspaceProcess, app: PlainApp
) -> None:
    view = opened(live, app, modal(asking("why", "text"), asking("who", "text")))
    live.tell("/_sim/submit", user="alice", view_id=view["id"], values={"why": {"text": "typed"}})
    new = modal(asking("why", "text"), asking("how", "text"), external_id="the-form")
    told = live.call("views.update", view_id=view["id"], hash=view["hash"], view=new)
    assert told["view"]["hash"] != view["hash"]
    values = told["view"]["state"]["values"]
    assert values["why"]["text"]["value"] == "typed" and values["how"]["text"]["value"] is None
    stale = live.call("views.update", view_id=view["id"], hash=view["hash"], view=new)
    assert stale["error"] == "hash_conflict"
    assert live.call("views.update", external_id="the-form", view=new)["ok"]
    assert live.call("views.update", view_id="V0NOSUCH1", view=new)["error"] == "not_found"
    double = live.call("views.open", trigger_id=trigger(live, app, "bob"), view=new)
    assert double["error"] == "duplicate_external_id"
    live.tell("/_sim/close", user="alice", view_id=view["id"])


def test_the_home_tab(live: WorkspaceProcess, app: PlainApp) -> None:
    live.tell("/_sim/home", user="dave")
    wait_until(lambda: bool(app.events("app_home_opened")))
    event = app.events("app_home_opened")[0]
    assert (event["user"], event["tab"], event["channel"]) == ("U0DAVE001", "home", "D0DAVE001")
    assert "view" not in event
    home = {"type": "home", "blocks": [{**actions(button("status")), "block_id": "b"}]}
    view = live.call("views.publish", user_id="U0DAVE001", view=home)["view"]
    assert live.ask("/_ui/home?as=dave")["view"]["id"] == view["id"]
    live.tell("/_sim/click", user="dave", view_id=view["id"], action_id="status")
    assert app.payloads[-1]["view"]["type"] == "home"
    again = live.call("views.publish", user_id="U0DAVE001", view=home, hash=view["hash"])
    assert again["view"]["id"] == view["id"]
    stale = live.call("views.publish", user_id="U0DAVE001", view=home, hash=view["hash"])
    assert stale["error"] == "hash_conflict"
    live.tell("/_sim/home", user="dave")
    wait_until(lambda: len(app.events("app_home_opened")) == 2)
    assert app.events("app_home_opened")[1]["view"]["id"] == view["id"]


def test_shortcuts(live: WorkspaceProcess, app: PlainApp) -> None:
    assert live.tell("/_sim/shortcut", user="bob", callback_id="declare_incident")["ok"]
    payload = app.payloads[-1]
    assert payload["type"] == "shortcut" and "channel" not in payload
    assert live.call("views.open", trigger_id=payload["trigger_id"], view=modal(section("x")))["ok"]
    ts = card(live, button("go"))
    where = {"channel": "perps-desk", "ts": ts}
    assert live.tell("/_sim/shortcut", user="bob", callback_id="add_to_timeline", **where)["ok"]
    payload = app.payloads[-1]
    assert payload["type"] == "message_action" and payload["message"]["ts"] == ts
    assert "there are declare_incident" in live.refused(
        "/_sim/shortcut", user="bob", callback_id="nope"
    )


def test_options_can_come_from_the_app(live: WorkspaceProcess) -> None:
    def suggest(envelope: Json) -> Any:
        payload = envelope["payload"]
        if payload.get("type") != "block_suggestion":
            return None
        return {"options": [option(payload["value"])]}

    ts = card(live, {"type": "external_select", "action_id": "find"})
    where = {"channel": "perps-desk", "ts": ts, "action_id": "find"}
    with PlainApp(live, suggest):
        told = live.tell("/_sim/suggest", user="alice", value="btc", **where)
        assert told["options"] == [option("btc")]
        assert live.click(ts, "find", value="btc")["ok"]
