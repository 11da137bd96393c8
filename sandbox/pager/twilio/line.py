"""One answered call: what has been spoken, which key is waited for, and what follows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.pager.twilio.twiml import GATHERED_S, Verb, spoken

WORDS_PER_S = 2.5
REDIRECTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Ask:
    """A <Gather>: keys are waited for until ``until``."""

    action: str
    method: str
    digits: int | None
    finish: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Fetch:
    """The next document is wanted."""

    url: str
    method: str


@dataclass(slots=True)
class Line:
    """`address` is where the document came from; relative addresses are meant from there."""

    address: str
    verbs: list[Verb] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    ask: Ask | None = None
    pressed: str = ""
    fetched: int = 0
    running: object = None
    """The task that speaks, kept from being collected."""

    def go_on(self, now: datetime) -> Ask | Fetch | None:
        """Speak until a key is asked for or another document; None when the call is over."""
        while self.verbs:
            verb = self.verbs.pop(0)
            if verb.name in ("Say", "Play"):
                self.heard += spoken([verb])
            if verb.name == "Gather":
                self.ask, self.pressed = self._asking(verb, now), ""
                return self.ask
            if verb.name == "Redirect":
                return Fetch(verb.text, verb.attributes.get("method", "POST").upper())
            if verb.name in ("Hangup", "Reject"):
                self.verbs.clear()
        return None

    def enter(self, digits: str) -> bool:
        """True when that is all that was asked for."""
        assert self.ask is not None, "only a call that asks for keys is given some"
        for digit in digits:
            if digit == self.ask.finish:
                return True
            self.pressed += digit
            if len(self.pressed) == self.ask.digits:
                return True
        return False

    def _asking(self, verb: Verb, now: datetime) -> Ask:
        said = spoken(verb.inside)
        self.heard += said
        words = sum(len(text.split()) for text in said)
        waits_s = words / WORDS_PER_S + verb.whole("timeout", GATHERED_S)
        digits = verb.whole("numDigits", 0) or None
        return Ask(
            verb.attributes.get("action", ""),
            verb.attributes.get("method", "POST").upper(),
            digits,
            verb.attributes.get("finishOnKey", "#"),
            now + timedelta(seconds=waits_s),
        )
