"""What was typed after the slash command, understood: verb, words, and perhaps one desk."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answer import REFUSED, USAGE, Answer
from bot.commands.registry import COMMANDS, meant, unknown, wrong_usage

_SIGNS = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})
_ESCAPED = re.compile(r"<(?:[@#!][^|>]*\|([^>]*)|([@#!][^|>]*)|[^|>]*\|([^>]*)|([^>]*))>")
_MEANT = {("reduce", "only"): "reduce-only", ("kill", "switch"): "kill"}
ALONE = "status"
"""What the bare command shows."""


@dataclass(frozen=True, slots=True)
class Typed:
    """`desk` is None where none was named. `alone`: nothing was typed but the command."""

    verb: str
    words: tuple[str, ...]
    desk: str | None
    alone: bool = False

    @property
    def tightens(self) -> bool:
        """Whether this must work even where nothing else does."""
        return self.verb in ("kill", "reduce-only")


def understand(text: str, desks: Sequence[str], command: str) -> Typed | Answer:
    """The command, or what was not understood. Odd words are no obstacle to a kill: they are its reason."""
    words = plain(text).split()
    if not words:
        return Typed(ALONE, (), None, alone=True)
    verb, rest = _verb(words)
    if verb not in COMMANDS:
        return unknown(verb)
    tightens = verb in ("kill", "reduce-only")
    desk, rest = _desk(rest, desks, first=tightens)
    if desk is not None and desk not in desks:
        lines = [f"Desks: {', '.join(desks) or 'none'}.", "Nothing was changed."]
        return Answer(f"There is no desk {desk!r}", lines, code=REFUSED)
    if tightens:
        return Typed(verb, tuple(rest), desk)
    return _sensible(Typed(verb, tuple(rest), desk), command)


def _sensible(typed: Typed, command: str) -> Typed | Answer:
    options = [word for word in typed.words if word.startswith("--") and len(word) > 2]
    if options:
        lines = [
            f"Only --desk NAME is known here; {options[0]} may be for the terminal's `perps-bot`.",
            f"`{command} help {typed.verb}` shows its use. Nothing was changed.",
        ]
        return Answer(f"{typed.verb}: there is no option {options[0]} here", lines, code=USAGE)
    if typed.words and not COMMANDS[typed.verb].takes_words:
        return wrong_usage(typed.verb, f"it takes no words, not {' '.join(typed.words)!r}")
    return typed


def tightening(text: str) -> bool:
    """Whether it begins like something that must not wait."""
    words = plain(text).split()
    return bool(words) and _verb(words)[0] in ("kill", "reduce-only")


def every_desk(text: str) -> Typed:
    """A tightening where nobody knows which desks there are: all of them, whichever was named."""
    verb, words = _verb(plain(text).split())
    return Typed(verb, tuple(words), None)


def plain(text: str) -> str:
    """As the person saw it: Slack escapes signs, rewrites mentions, and rounds quotes and dashes."""
    shown = _ESCAPED.sub(_shown, text.translate(_SIGNS))
    return re.sub(r"(?<!\S)[—–](?=\w)", "--", html.unescape(shown))


def _shown(found: "re.Match[str]") -> str:
    label, bare, link_label, link = found.groups()
    if label is not None:
        sign = found[0][1] if found[0][1] in "@#" else "@"
        return sign + label.lstrip("@#")
    return bare or link_label or link or ""


def _verb(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    said = [word.lower().strip("!.,:;") for word in words[:2]]
    if tuple(said) in _MEANT:
        return _MEANT[said[0], said[1]], words[2:]
    return meant(said[0] or words[0], words[1:]), words[1:]


def _desk(
    words: Sequence[str], desks: Sequence[str], *, first: bool
) -> tuple[str | None, Sequence[str]]:
    """The desk named by --desk or, where `first`, by the first word; and the other words."""
    for at, word in enumerate(words):
        if word == "--desk" and at + 1 < len(words):
            return words[at + 1].strip("\"'"), [*words[:at], *words[at + 2 :]]
        if word.startswith("--desk="):
            return word.removeprefix("--desk=").strip("\"'"), [*words[:at], *words[at + 1 :]]
    if first and words and words[0] in desks:
        return words[0], words[1:]
    return None, words
