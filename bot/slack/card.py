"""A request's card: header, what it says, the buttons that are valid now, and the small print. Pure."""

from bot.slack.card_words import Seen, flat, progress, reason, still_open, title, what, who, worth
from bot.slack.message import (
    Block,
    Message,
    actions,
    are_you_sure,
    button,
    context,
    header,
    message,
    sections,
)
from bot.slack.mrkdwn import code, escape, moment
from bot.slack.record_words import WORDINGS
from bot.words import count
from core.requests import POLICIES, Action, Request, RequestState

CONFIRM, OBJECT = "request_confirm", "request_object"
BLOCK = "request"
CARD = "card:"
"""With a request's id: the key of its card among our posts."""


def card(seen: Seen) -> Message:
    """The whole card in its present state; its text alone says everything that the blocks say."""
    head = f"{_sign(seen)} {seen.picture.desk}: {title(seen)}"
    lines = [*what(seen), *reason(seen.request), *progress(seen), *still_open(seen), *who(seen)]
    blocks: list[Block] = [header(head), *sections(lines)]
    if seen.request.state is RequestState.ASKED or _may_stop(seen.request):
        blocks.append(actions(BLOCK, _buttons(seen)))
    small = _small_print(seen)
    blocks.append(context([small]))
    return message("\n".join([escape(head), *lines, small]), blocks)


def _sign(seen: Seen) -> str:
    if seen.request.state in (RequestState.ASKED, RequestState.CONFIRMED):
        return "🔴" if seen.request.action is Action.KILL else "🟡"
    if seen.request.state is RequestState.EXECUTED:
        return "✅"
    return "🔴" if seen.request.state is RequestState.FAILED else "⚪"


def _may_stop(request: Request) -> bool:
    """What loosens can still be objected to once it is agreed, until it is carried out."""
    return request.state is RequestState.CONFIRMED and POLICIES[request.action].loosens


def _buttons(seen: Seen) -> list[Block]:
    request = seen.request
    object_ = button(OBJECT, "Object", request.id)
    if request.state is not RequestState.ASKED:
        return [object_]
    if request.action in WORDINGS:
        wording = WORDINGS[request.action]
        question = are_you_sure(wording.question, wording.consequence, wording.yes, "Not now")
        confirm = button(CONFIRM, wording.label, request.id, style="primary", confirm=question)
        return [confirm] if request.action is Action.REVIEW else [confirm, object_]
    sure = {
        Action.KILL: are_you_sure(
            f"Kill {request.desk}?", _consequence(seen), "Cancel and close all", "Not now"
        ),
        Action.REDUCE_ONLY: None,
        Action.RESUME: are_you_sure(
            f"Resume {request.desk}?",
            f"{request.desk} may open positions again as soon as its checks pass.",
            "Resume",
            "Not now",
        ),
        Action.ACCEPT: are_you_sure(
            f"Accept on {request.desk}?",
            "The books take over what the exchange has. Nothing is traded.",
            "Accept",
            "Not now",
        ),
    }[request.action]
    label = {
        Action.KILL: "Confirm: close everything",
        Action.REDUCE_ONLY: "Confirm reduce-only",
        Action.RESUME: "Confirm resume",
        Action.ACCEPT: "Confirm: accept",
    }[request.action]
    style = "danger" if request.action is not Action.REDUCE_ONLY else "primary"
    return [button(CONFIRM, label, request.id, style=style, confirm=sure), object_]


def _consequence(seen: Seen) -> str:
    picture = seen.picture
    if picture.unknown:
        return "Everything is cancelled and closed. What is open is UNKNOWN now."
    positions = " ".join(filter(None, [count(len(picture.positions), "position"), worth(picture)]))
    return f"Everything is cancelled, and {positions} closed."


def _small_print(seen: Seen) -> str:
    request = seen.request
    parts = [
        f"request {code(request.id)}",
        f"asked {moment(request.asked_at, '{date_short_pretty} {time_secs}')}",
    ]
    if request.state is RequestState.ASKED:
        parts.append(
            "nobody confirms their own request; *Object* ends it and never loosens the desk"
        )
    if seen.picture.looked_at is not None and not flat(seen):
        parts.append(f"positions read {moment(seen.picture.looked_at)}")
    return " · ".join(parts)
