"""Slack's text format: foreign text made harmless, code, times in the reader's own zone, mentions."""

from collections.abc import Iterable
from datetime import datetime

SECTION_MAX = 3000


def escape(text: str) -> str:
    """Foreign text as text: it can mention nobody, link nowhere and format little."""
    printable = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    printable = printable.replace("```", "ˋˋˋ")
    return printable.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bold(text: str) -> str:
    """Stars inside would end it."""
    return f"*{escape(text).replace('*', '∗')}*"


def code(text: str) -> str:
    return f"`{escape(text).replace('`', 'ˋ')}`" if text else ""


def preformatted(lines: Iterable[str]) -> str:
    """Lines in columns. A fence inside would end it."""
    body = "\n".join(escape(line).replace("`", "ˋ") for line in lines)
    return f"```\n{body}\n```"


def moment(at: datetime, token: str = "{time_secs}") -> str:
    """Shown in the reader's own zone; in UTC where that cannot be done."""
    return f"<!date^{int(at.timestamp())}^{token}|{at:%H:%M:%S} UTC>"


def mention(user_id: str) -> str:
    """Notifies that member."""
    return f"<@{user_id}>"


def group_mention(name: str) -> str:
    """Notifies a user group that is named by its id; a handle is only shown."""
    if name.startswith("S") and name.isupper():
        return f"<!subteam^{name}>"
    return f"@{escape(name)}"


def cut(text: str, limit: int) -> str:
    """At most so many characters and a sign that something is missing; nothing is cut through."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    for opens, closes in (("<", ">"), ("&", ";")):
        start = kept.rfind(opens)
        if start > kept.rfind(closes):
            kept = kept[:start]
    return kept + "…"
