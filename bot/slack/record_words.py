"""What the cards of requests say that change a record and no trading: review, roles, incident. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.slack.mrkdwn import bold, code, escape
from core.requests import Action, Request, RequestState


@dataclass(frozen=True, slots=True)
class Wording:
    """Titles by state, the button, and the question that is asked back."""

    asked: str
    done: str
    label: str
    question: str
    consequence: str
    yes: str


WORDINGS: Mapping[Action, Wording] = {
    Action.REVIEW: Wording(
        "killed on one voice by {by}, TO BE REVIEWED",
        "the kill on one voice is reviewed",
        "I have reviewed it",
        "Reviewed?",
        "You say that you have looked into why it was killed on one voice. The desk may be resumed then.",
        "Reviewed",
    ),
    Action.ROLES: Wording(
        "{by} asks for other roles",
        "the roles have changed",
        "Confirm: these roles",
        "Change who may do what?",
        "Whoever is named on the card may do from now on what the card says.",
        "Change roles",
    ),
    Action.LIMITS: Wording(
        "{by} asks for higher limits",
        "the limits are higher",
        "Confirm: higher limits",
        "Raise the limits?",
        "After preflight and a clean look at the exchange the trader may do as much as the card says.",
        "Raise",
    ),
    Action.ALERTING: Wording(
        "{by} asks for a looser alert policy",
        "the alert policy is as escalation.yaml says",
        "Confirm: looser alerts",
        "Loosen the alert policy?",
        "From now on people are told as the card says: later, less, or not at all.",
        "Loosen",
    ),
    Action.PUBLISH: Wording(
        "{by} asks to publish the report of {incident}",
        "the report of {incident} is published",
        "Confirm: publish",
        "Publish the report?",
        "The report is posted where everybody reads it.",
        "Publish",
    ),
    Action.CLOSE_INCIDENT: Wording(
        "{by} asks to close {incident}",
        "{incident} is closed",
        "Confirm: close it",
        "Close the incident?",
        "Its record takes nothing more.",
        "Close it",
    ),
}


def record_title(request: Request) -> str:
    wording = WORDINGS[request.action]
    told = wording.asked if request.state is RequestState.ASKED else wording.done
    return told.format(by=request.requester, incident=request.body.get("incident", ""))


def record_lines(request: Request, command: str) -> Sequence[str]:
    """What it means while it waits; and what came of it."""
    if request.state is not RequestState.ASKED:
        return [f"{_by(request)}. {escape(request.outcome)}".rstrip()]
    match request.action:
        case Action.REVIEW:
            resume = code(f"{command} resume")
            return [f"*Another person has to look into it first*; until then {resume} is refused."]
        case Action.ROLES:
            found = [f"• {escape(line)}" for line in request.body.get("says", ())]
            return ["*Nothing changes until two people agree.* What escalation.yaml gives:", *found]
        case Action.ALERTING:
            found = [f"• {escape(line)}" for line in request.body.get("says", ())]
            return [
                "*It stays stricter until two people agree.* What escalation.yaml says:",
                *found,
            ]
        case Action.LIMITS:
            found = [f"• {escape(line)}" for line in request.body.get("says", ())]
            return ["*They stay as they are until two people agree:*", *found]
        case Action.PUBLISH:
            report = code(f"{command} incident report {request.body.get('incident', '')}")
            return [f"Read it first: {report}. *It is posted once another person agrees.*"]
    return ["*It stays open until another person agrees.*"]


def _by(request: Request) -> str:
    second = f" and {bold(request.decided_by)}" if request.decided_by else ""
    return f"{bold(request.requester)}{second}"
