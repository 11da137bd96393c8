"""A request's card: what it says in every state, to whom, and which buttons it carries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.picture import Picture
from bot.slack.card import CONFIRM, OBJECT, card
from bot.slack.card_words import Seen
from core.flatten import Job, LegState
from core.modes import Constraint, Mode, Rule
from core.requests import Action, RequestState
from tests.bot.terminal import BTC, START
from tests.slack.reading import beyond_slack, buttons, notifies, readable, words
from tests.slack.seen import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    ETH,
    REACHABLE,
    job,
    leg,
    request,
    seen,
    silent_since,
    sold,
)

Desks = Mapping[str, Picture]
KILL, REDUCE_ONLY, RESUME = Action.KILL, Action.REDUCE_ONLY, Action.RESUME
ASKED, CONFIRMED = RequestState.ASKED, RequestState.CONFIRMED
EXECUTED, FAILED = RequestState.EXECUTED, RequestState.FAILED
EXPIRED, OBJECTED = RequestState.EXPIRED, RequestState.OBJECTED
HOSTILE = "<!channel> <@U0BOB0001> <http://x.example|y> &amp; *b* `c`"


def under(picture: Picture, mode: Mode) -> Picture:
    """The same desk in another mode."""
    return replace(picture, row=replace(picture.row, mode=mode))


def said(seen_: Seen) -> str:
    return words(card(seen_))


# The title


@pytest.mark.parametrize(
    ("action", "state", "mode", "title"),
    [
        (KILL, ASKED, Mode.HELD, "🔴 main: HELD, kill asked by alice"),
        (KILL, CONFIRMED, Mode.KILLED, "🔴 main: KILLED, closing everything"),
        (KILL, EXECUTED, Mode.KILLED, "✅ main: KILLED, flat and verified"),
        (KILL, FAILED, Mode.KILLED, "🔴 main: KILLED, but NOT FLAT"),
        (KILL, EXPIRED, Mode.HELD, "⚪ main: HELD, nobody confirmed the kill"),
        (KILL, OBJECTED, Mode.HELD, "⚪ main: HELD, kill objected to by bob"),
        (REDUCE_ONLY, ASKED, Mode.REDUCE_ONLY, "🟡 main: REDUCE_ONLY, set by alice"),
        (REDUCE_ONLY, EXECUTED, Mode.REDUCE_ONLY, "✅ main: REDUCE_ONLY, confirmed"),
        (
            REDUCE_ONLY,
            EXPIRED,
            Mode.REDUCE_ONLY,
            "⚪ main: REDUCE_ONLY, nobody confirmed the reduce-only",
        ),
        (
            REDUCE_ONLY,
            OBJECTED,
            Mode.REDUCE_ONLY,
            "⚪ main: REDUCE_ONLY, reduce-only objected to by bob",
        ),
        (RESUME, ASKED, Mode.HELD, "🟡 main: HELD, alice asks to resume"),
        (RESUME, CONFIRMED, Mode.HELD, "🟡 main: resume agreed, checking first"),
        (RESUME, EXECUTED, Mode.ACTIVE, "✅ main: resumed, ACTIVE now"),
        (RESUME, FAILED, Mode.HELD, "🔴 main: HELD, NOT RESUMED"),
        (RESUME, EXPIRED, Mode.HELD, "⚪ main: HELD, nobody confirmed the resume"),
        (RESUME, OBJECTED, Mode.HELD, "⚪ main: HELD, resume objected to by bob"),
    ],
)
def test_the_title_is_the_state_in_words(
    desks: Desks, action: Action, state: RequestState, mode: Mode, title: str
) -> None:
    shown = card(seen(request(action, state), under(desks["long"], mode)))

    assert shown.blocks[0]["text"]["text"] == title
    assert shown.text.splitlines()[0] == title
    assert (action, state) in REACHABLE


# What a person who has just held the desk must know


def test_a_kill_says_that_positions_are_still_open_with_worth_and_stops(desks: Desks) -> None:
    text = said(seen(request(KILL), desks["long"]))

    assert "Nothing new leaves. Entries are being cancelled, protective stops stay." in text
    assert "1 position STILL OPEN, worth $2,440.00:" in text
    assert (
        f"• {BTC} long 4 (0.04 BTC), mark 61,000 (0.0 s ago), worth $2,440.00, "
        "unrealised +$40.00, stops: ONLY 3 of 4, at 58,500" in text
    )
    assert (
        "If a second person confirms: everything is cancelled and every position is closed." in text
    )
    assert "> it looks wrong" in text
    assert "request kill-1a2b3c" in text


def test_what_has_no_whole_stop_stands_out(desks: Desks) -> None:
    naked = replace(
        desks["long"], positions=[replace(desks["long"].positions[0], stops=())], live=[]
    )

    shown = "\n".join(b["text"]["text"] for b in card(seen(request(KILL), naked)).blocks[1:2])

    assert "stops: *NONE (0 of 4)*" in shown


def test_too_small_a_stop_stands_out_as_well(desks: Desks) -> None:
    shown = "\n".join(
        b["text"]["text"] for b in card(seen(request(KILL), desks["long"])).blocks[1:2]
    )

    assert "stops: *ONLY 3 of 4, at 58,500*" in shown


def test_a_flat_desk_has_no_positions_and_says_so(desks: Desks) -> None:
    text = said(seen(request(KILL), under(desks["flat"], Mode.HELD)))

    assert "No positions are open." in text
    assert "STILL OPEN" not in text
    assert "the desk is KILLED and whatever is left is cancelled" in text


@pytest.mark.parametrize("state", [ASKED, CONFIRMED, FAILED, EXPIRED, OBJECTED])
@pytest.mark.parametrize("desk", ["long", "flat", "never read"])
def test_unknown_is_never_shown_as_flat(desks: Desks, desk: str, state: RequestState) -> None:
    unread = silent_since(desks[desk], 60)

    text = said(seen(request(KILL, state), unread))

    assert "POSITIONS ARE UNKNOWN" in text
    assert "No positions are open" not in text
    assert "whatever is left is cancelled" not in text
    if not unread.positions:
        assert "none, which does not say that there are none now" in text


def test_worth_that_is_not_known_is_not_named(desks: Desks) -> None:
    held = [replace(desks["long"].positions[0], mark=None, mark_fresh=False)]

    text = said(seen(request(KILL), replace(desks["long"], positions=held)))

    assert "1 position STILL OPEN:" in text
    assert "worth UNKNOWN" in text
    assert "$2,440" not in text


def test_worth_by_an_old_mark_is_unknown_in_the_sum_as_well(desks: Desks) -> None:
    old = [replace(desks["long"].positions[0], mark_fresh=False)]

    text = said(seen(request(KILL), replace(desks["long"], positions=old)))

    assert "worth UNKNOWN (was $2,440.00)" in text
    assert "STILL OPEN, worth $2,440.00:" not in text


def test_more_positions_than_fit_are_counted(desks: Desks) -> None:
    many = replace(desks["long"], positions=desks["long"].positions * 20)

    text = said(seen(request(KILL), many))

    assert "20 positions STILL OPEN, worth $48,800.00:" in text
    assert "… and 8 more" in text


@pytest.mark.parametrize("action", [KILL, REDUCE_ONLY, RESUME])
def test_without_a_trader_nothing_is_promised(desks: Desks, action: Action) -> None:
    state = CONFIRMED if action is RESUME else ASKED

    text = said(seen(request(action, state), desks["long"], trader_runs=False))

    assert "NO TRADER RUNS: nobody cancels or closes anything." in text
    assert "are being cancelled" not in text


# How it goes on


def test_a_confirmed_kill_follows_each_leg(desks: Desks) -> None:
    running = job(
        leg(LegState.CLOSING), leg(LegState.FLAT, ETH), leg(LegState.RESIDUAL, "SOL", "no")
    )

    text = said(seen(request(KILL, CONFIRMED), desks["long"], job=running, cancelled=3))

    assert "Asked by alice, confirmed by bob at 03:00:40 UTC" in text
    assert f"⏳ {BTC} closing" in text
    assert f"✅ {ETH} flat" in text
    assert "🔴 SOL LEFT OPEN: no" in text
    assert "3 orders cancelled." in text
    assert "1 position STILL OPEN" in text


def test_a_finished_kill_says_at_which_price(desks: Desks) -> None:
    done = job(leg(LegState.FLAT))

    text = said(seen(request(KILL, EXECUTED), desks["flat"], job=done, closed=[sold()]))

    assert f"✅ {BTC} flat: sold 4 at 60,990.125, fees $1.50" in text
    assert "Nothing is left open." in text
    assert "STILL OPEN" not in text


def test_a_kill_that_is_not_flat_says_what_is_left(desks: Desks) -> None:
    left = job(leg(LegState.RESIDUAL, detail="the session is closed"))

    text = said(seen(request(KILL, FAILED), under(desks["long"], Mode.KILLED), job=left))

    assert "KILLED, but NOT FLAT" in text
    assert f"🔴 {BTC} LEFT OPEN: the session is closed" in text
    assert f"NOT FLAT: {BTC}: the session is closed" in text
    assert "1 position STILL OPEN" in text


@pytest.mark.parametrize("state", [EXPIRED, OBJECTED])
def test_a_kill_that_ended_leaves_the_desk_held_and_says_how_to_go_on(
    desks: Desks, state: RequestState
) -> None:
    text = said(seen(request(KILL, state), desks["long"]))

    assert "The desk stays HELD. /perps kill asks again; /perps resume asks to trade on." in text
    assert "1 position STILL OPEN" in text


def test_reduce_only_says_that_it_does_not_lapse(desks: Desks) -> None:
    text = said(seen(request(REDUCE_ONLY), under(desks["long"], Mode.REDUCE_ONLY)))

    assert "No entries from now on." in text
    assert "It does not lapse" in text
    assert "STILL OPEN" not in text


def test_a_resume_changes_nothing_yet_and_names_what_it_would_release(desks: Desks) -> None:
    latched = [
        Constraint("main", Rule.DAILY_LOSS, "lost $1,000", START),
        Constraint("main", Rule.STALE_MARK, "old", START),
    ]

    text = said(seen(request(RESUME), replace(desks["long"], constraints=latched)))

    assert "Nothing changes until another person agrees. The desk stays HELD" in text
    assert "then preflight and a clean look at the exchange must pass" in text
    assert "It would also release daily_loss: lost $1,000" in text
    assert "stale_mark" not in text, "it clears by itself"


# Who


def test_those_who_may_confirm_are_told_and_nobody_else(desks: Desks) -> None:
    shown = card(seen(request(KILL), desks["long"]))

    assert notifies(shown) == {f"@{BOB.slack}", f"@{CAROL.slack}"}
    assert "until 03:02:00 UTC" in words(shown)


def test_the_asker_is_not_named_as_their_own_approver(desks: Desks) -> None:
    by_bob = replace(request(KILL), requester="bob")

    assert notifies(card(seen(by_bob, desks["long"]))) == {f"@{ALICE.slack}", f"@{CAROL.slack}"}


def test_with_nobody_to_confirm_in_slack_that_is_said(desks: Desks) -> None:
    text = said(seen(request(KILL), desks["long"], people=[ALICE, DAVE, ERIN]))

    assert "Nobody in Slack is named who may confirm" in text
    assert "the terminal can" in text


def test_a_group_whose_members_may_confirm_is_told_by_its_id_and_named_by_its_handle(
    desks: Desks,
) -> None:
    """Only an id can be mentioned; a handle is shown, and no handle can be more than that."""
    groups = ("S0APPROVE", "perps-approvers", "!channel>")
    by_group = replace(seen(request(KILL), desks["long"], people=[ALICE]), groups=groups)

    shown = card(by_group)

    assert notifies(shown) == {"!subteam^S0APPROVE"}
    assert "@perps-approvers" in words(shown)
    assert "Nobody in Slack" not in words(shown)


@pytest.mark.parametrize(("action", "state"), [p for p in REACHABLE if p[1] is not ASKED])
def test_once_it_is_answered_nobody_is_called_any_more(
    desks: Desks, action: Action, state: RequestState
) -> None:
    assert notifies(card(seen(request(action, state), desks["long"]))) == set()


# Buttons


@pytest.mark.parametrize(("action", "state"), REACHABLE)
def test_buttons_are_there_only_where_they_are_valid(
    desks: Desks, action: Action, state: RequestState
) -> None:
    found = buttons(card(seen(request(action, state), desks["long"])).blocks)

    if action is Action.REVIEW:
        assert list(found) == ([CONFIRM] if state is ASKED else []), "nobody objects it away"
    elif state is ASKED:
        assert list(found) == [CONFIRM, OBJECT]
    elif action in (RESUME, Action.ACCEPT, Action.LIMITS) and state is CONFIRMED:
        assert list(found) == [OBJECT], "what loosens can still be stopped"
    else:
        assert found == {}
    assert {button["value"] for button in found.values()} <= {f"{action}-1a2b3c"}


def test_what_cannot_be_undone_asks_once_more_and_says_what_it_does(desks: Desks) -> None:
    kill = buttons(card(seen(request(KILL), desks["long"])).blocks)[CONFIRM]
    resume = buttons(card(seen(request(RESUME), desks["long"])).blocks)[CONFIRM]
    reduce = buttons(card(seen(request(REDUCE_ONLY), desks["long"])).blocks)[CONFIRM]

    assert kill["style"] == "danger"
    assert kill["confirm"]["title"]["text"] == "Kill main?"
    assert (
        kill["confirm"]["text"]["text"]
        == "Everything is cancelled, and 1 position worth $2,440.00 closed."
    )
    assert resume["confirm"]["title"]["text"] == "Resume main?"
    assert "confirm" not in reduce


def test_slacks_question_does_not_call_unknown_flat(desks: Desks) -> None:
    unread = seen(request(KILL), silent_since(desks["flat"], 60))

    sure = buttons(card(unread).blocks)[CONFIRM]["confirm"]["text"]["text"]

    assert "UNKNOWN" in sure
    assert "0 positions" not in sure


# Always


@pytest.mark.parametrize(("action", "state"), REACHABLE)
@pytest.mark.parametrize("desk", ["long", "flat", "never read"])
def test_every_card_can_be_posted_and_edited(
    desks: Desks, desk: str, action: Action, state: RequestState
) -> None:
    for trader_runs, at_work in product([True, False], [None, job(leg(LegState.CLOSING))]):
        shown = card(
            seen(request(action, state), desks[desk], job=at_work, trader_runs=trader_runs)
        )
        assert beyond_slack(shown) == []


@pytest.mark.parametrize(("action", "state"), REACHABLE)
def test_the_text_alone_says_what_the_lines_say(
    desks: Desks, action: Action, state: RequestState
) -> None:
    shown = card(seen(request(action, state), desks["long"], job=job(leg(LegState.CLOSING))))
    sections = [block for block in shown.blocks if block["type"] == "section"]

    assert sections
    for block in sections:
        assert readable(block["text"]["text"]) in readable(shown.text)


def test_the_text_alone_names_the_request(desks: Desks) -> None:
    shown = card(seen(request(KILL), desks["long"]))

    assert "kill-1a2b3c" in words(shown)
    assert "kill-1a2b3c" in readable(shown.text)


@pytest.mark.parametrize(("action", "state"), REACHABLE)
def test_foreign_text_calls_nobody_and_breaks_nothing(
    desks: Desks, action: Action, state: RequestState
) -> None:
    hostile = hostile_seen(desks, action, state, HOSTILE)

    shown = card(hostile)

    assert notifies(shown) <= {f"@{BOB.slack}", f"@{CAROL.slack}"}
    assert beyond_slack(shown) == []
    assert "<!channel>" in words(shown), "as text it is shown whole"


@given(st.text(max_size=300), st.sampled_from(REACHABLE))
def test_no_text_breaks_a_card(desks: Desks, text: str, which: tuple[Action, RequestState]) -> None:
    shown = card(hostile_seen(desks, *which, text.replace("```", "")))

    assert notifies(shown) <= {f"@{BOB.slack}", f"@{CAROL.slack}"}
    assert beyond_slack(shown) == []


@given(st.integers(1, 60), st.text(min_size=1, max_size=300), st.sampled_from(REACHABLE))
def test_no_size_breaks_a_card(
    desks: Desks, positions: int, text: str, which: tuple[Action, RequestState]
) -> None:
    large = hostile_seen(desks, *which, text.replace("`", "&"))
    held = large.picture.positions * positions
    legs = job(
        *[leg(LegState.RESIDUAL, f"P-{n}", text.replace("`", "&")) for n in range(positions)]
    )

    shown = card(replace(large, picture=replace(large.picture, positions=held), job=legs))

    assert beyond_slack(shown) == []


def test_the_buttons_of_a_card_are_there_however_much_is_open(desks: Desks) -> None:
    """Twelve positions with long names, a reason of nothing but signs that are escaped."""
    large = hostile_seen(desks, KILL, ASKED, "&" * 300)
    full = replace(large, picture=replace(large.picture, positions=large.picture.positions * 60))

    found = buttons(card(full).blocks)

    assert list(found) == [CONFIRM, OBJECT]


@pytest.mark.parametrize("length", [0, 100, 200, 300])
def test_however_much_is_open_the_text_says_who_may_confirm(desks: Desks, length: int) -> None:
    picture = desks["long"]
    held = replace(picture.positions[0], there=-1_234_567)
    full = replace(picture, positions=[held] * 60)

    shown = card(seen(request(KILL, reason="&" * length), full))

    assert f"<@{BOB.slack}>" in shown.text
    assert beyond_slack(shown) == []


def hostile_seen(desks: Desks, action: Action, state: RequestState, text: str) -> Seen:
    """Everything that others have a hand in is `text`: reason, outcome, product, constraint, leg."""
    held = desks["long"].positions[0]
    position = replace(held.position, product_id=text[:40] or "·")
    product_ = replace(held.product, underlying=text[:10]) if held.product else None
    latched = Constraint("main", Rule.DAILY_LOSS, text, START)
    picture = replace(
        desks["long"],
        positions=[replace(held, position=position, product=product_)],
        constraints=[latched],
    )
    asked = replace(request(action, state, text), outcome=text)
    legs: Job = job(leg(LegState.RESIDUAL, text[:40] or "·", text))
    return seen(asked, picture, job=legs)


# When it is shown anew


def test_figures_that_only_move_are_not_urgent_and_states_are(desks: Desks) -> None:
    calm = seen(request(KILL), desks["long"])
    later = seen(
        request(KILL), replace(desks["long"], now=desks["long"].now + timedelta(seconds=2))
    )

    assert calm.urgent == later.urgent
    for other in (
        seen(request(KILL, CONFIRMED), desks["long"]),
        seen(request(KILL), under(desks["long"], Mode.KILLED)),
        seen(request(KILL), silent_since(desks["long"], 60)),
        seen(request(KILL), desks["long"], job=job(leg(LegState.CLOSING))),
    ):
        assert other.urgent != calm.urgent


def test_what_is_open_is_urgent(desks: Desks) -> None:
    """A kill right after a fill is told before the fill is read."""
    before = replace(desks["long"], positions=[])
    naked = replace(
        desks["long"], positions=[replace(desks["long"].positions[0], stops=())], live=[]
    )

    urgent = {seen(request(KILL), picture).urgent for picture in (before, desks["long"], naked)}

    assert len(urgent) == 3


@pytest.mark.parametrize(("action", "state"), REACHABLE)
def test_a_card_is_over_when_nothing_can_follow(
    desks: Desks, action: Action, state: RequestState
) -> None:
    assert seen(request(action, state), desks["long"]).over == (state not in (ASKED, CONFIRMED))
