"""Texts for alerts: made harmless, and cut to what each means can carry."""

from core.oncall.contacts import Means

LENGTHS: dict[Means, int] = {
    Means.CHANNEL: 3000,
    Means.DM: 3000,
    Means.PUSH: 1024,
    Means.SMS: 160,
    Means.VOICE: 400,
    Means.EMAIL: 20_000,
    Means.APPRISE: 1_000,
    Means.PAGERDUTY: 1024,
    Means.WEBHOOK: 20_000,
    Means.LOCAL: 20_000,
}
"""The longest text that each means takes, in characters."""

CUT = "..."
"""Three plain dots: one typographic sign would halve what an SMS carries."""
_ONE_LINE = frozenset({Means.SMS, Means.VOICE, Means.PUSH, Means.PAGERDUTY})
_SLACK = frozenset({Means.CHANNEL, Means.DM})


def fit(text: str, by: Means, end: str = "") -> str:
    """The text as this means may carry it: nothing in it commands the other side, nor is it too long.

    What is too long is cut before `end`.
    """
    end = end and (" " if by in _ONE_LINE else "\n") + end
    if by in _ONE_LINE:
        text = " ".join(text.split())
    text = "".join(sign for sign in text if sign in "\n\t" or sign.isprintable())
    escaped = _escape(text) if by in _SLACK else text
    room = LENGTHS[by] - len(end)
    return (escaped if len(escaped) <= room else _cut(text, by, room)) + end


def _cut(text: str, by: Means, room: int) -> str:
    """Cut before escaping, so that no escaped sign is cut in two."""
    room -= len(CUT)
    kept: list[str] = []
    used = 0
    for sign in text:
        shown = _escape(sign) if by in _SLACK else sign
        if used + len(shown) > room:
            break
        kept.append(shown)
        used += len(shown)
    return "".join(kept) + CUT


def _escape(text: str) -> str:
    """Slack reads mentions and links between these signs only."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
