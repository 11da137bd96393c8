"""TwiML: the document that says what a call speaks and asks, read into verbs."""

from dataclasses import dataclass, field
from xml.etree import ElementTree

VERBS = ("Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Reject")
GATHERED_S = 5
DIGITS = frozenset("0123456789*#")


class Broken(Exception):
    """What the app gave is not TwiML."""


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    inside: tuple["Verb", ...] = ()

    def whole(self, name: str, default: int) -> int:
        text = self.attributes.get(name, "")
        return int(text) if text.isdecimal() else default


def verbs_of(document: str) -> list[Verb]:
    """Raises Broken."""
    verbs = [_verb(element) for element in _response(document)]
    unknown = [verb.name for verb in verbs if verb.name not in VERBS]
    if unknown:
        raise Broken(
            f"this sandbox's phones do not know <{unknown[0]}>; they know {', '.join(VERBS)}"
        )
    return verbs


def messages_of(document: str) -> list[str]:
    """The texts of <Message>. Raises Broken."""
    return [_text(element) for element in _response(document) if element.tag == "Message"]


def spoken(verbs: list[Verb] | tuple[Verb, ...]) -> list[str]:
    """Everything that is said when nobody presses anything and nobody redirects."""
    said: list[str] = []
    for verb in verbs:
        if verb.name == "Say":
            said.append(verb.text)
        elif verb.name == "Play":
            said.append(f"♪ {verb.text}")
        said += spoken(verb.inside)
    return said


def _response(document: str) -> ElementTree.Element:
    # A document type can hold entities that blow up; TwiML has none.
    if "<!" in document.replace("<!--", "").replace("<![CDATA[", ""):
        raise Broken("a document type is not TwiML")
    try:
        root = ElementTree.fromstring(document.strip())
    except ElementTree.ParseError as error:
        raise Broken(f"not XML: {error}") from error
    if root.tag != "Response":
        raise Broken(f"TwiML begins with <Response>, not <{root.tag}>")
    return root


def _verb(element: ElementTree.Element) -> Verb:
    inside = tuple(_verb(child) for child in element) if element.tag == "Gather" else ()
    return Verb(element.tag, _text(element), dict(element.attrib), inside)


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
