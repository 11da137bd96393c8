"""The steps of a request as replies below its card: edits of the card notify nobody, these do. Pure."""

from dataclasses import dataclass

from bot.slack.card_words import Seen, overtaken, title
from bot.slack.message import Message, message, section
from bot.slack.mrkdwn import bold, escape, mention, moment
from core.requests import Action, RequestState


@dataclass(frozen=True, slots=True)
class Step:
    """`loud`: it is shown in the channel as well as in the thread."""

    message: Message
    loud: bool


def step(seen: Seen) -> Step | None:
    """What is worth a reply in this state, or None."""
    request = seen.request
    if request.state is RequestState.ASKED:
        return None
    lines = [f"{bold(seen.picture.desk)}: {escape(title(seen))}."]
    if request.decided_by is not None and request.decided_at is not None:
        did = "objected" if request.state is RequestState.OBJECTED else "confirmed"
        lines.append(f"{bold(request.decided_by)} {did} at {moment(request.decided_at)}.")
    if request.outcome:
        lines.append(escape(request.outcome))
    unconfirmed = request.state is RequestState.EXPIRED and not overtaken(seen)
    if unconfirmed and request.action is Action.KILL:
        asker = next((p.slack for p in seen.people if p.name == request.requester), None)
        lines.append("Positions are as they were." + (f" {mention(asker)}" if asker else ""))
    loud = request.state in (RequestState.EXECUTED, RequestState.FAILED, RequestState.EXPIRED)
    text = "\n".join(lines)
    return Step(message(text, [section(text)]), loud)
