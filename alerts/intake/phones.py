"""What comes back from phones and pagers: verified first, then understood, then done as that person."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.answer_links import same
from core.alerting.receipts import Reply, reply
from core.approval import Roster
from core.oncall.contacts import Means
from store.alerting.arranged import Arrangements

_ID = re.compile(r"[a-z0-9]{3,12}")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person wants done about an alert."""

    person: str
    alert_id: str
    reply: Reply
    by: Means
    """What they answer was told by this; whatever else that message told of is answered with it."""
    number: str = ""
    """The phone that it came from, where that is known."""


def twilio_signed(token: str, url: str, form: Sequence[tuple[str, str]], signature: str) -> bool:
    """Twilio signs the address it calls, followed by the form's names and values in order."""
    whole = url + "".join(name + value for name, value in sorted(form))
    mac = hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()
    return same(base64.b64encode(mac).decode(), signature)


def pagerduty_signed(secret: str, body: bytes, header: str) -> bool:
    """Any of several signatures counts, while a secret is being changed."""
    wanted = "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return any(same(wanted, one.strip()) for one in header.split(","))


def taken_in_pagerduty(body: bytes) -> tuple[str, str] | None:
    """Who acknowledged which alert there; None for any other event. Raises ValueError.

    A rule of PagerDuty's own that acknowledges (its agent is null) is nobody who takes charge.
    """
    try:
        event = json.loads(body)["event"]
        if event["event_type"] != "incident.acknowledged":
            return None
        agent, incident = event["agent"], str(event["data"]["incident_key"])
        return (str(agent["summary"]), incident) if agent is not None else None
    except (KeyError, TypeError, ValueError) as why:
        raise ValueError("this is no event of PagerDuty's webhooks, version 3") from why


def person_called(agent: str, roster: Roster | None) -> str:
    """The person of the desk with this name, if there is exactly one; else the name, and whose it is."""
    people = roster.people.values() if roster is not None else ()
    wanted = agent.casefold().strip()
    found = [one.name for one in people if wanted in (one.name, one.full_name.casefold())]
    return found[0] if len(found) == 1 else f"{agent} (PagerDuty)"


def by_key(query: Mapping[str, str], form: Mapping[str, str]) -> Answered:
    """A key pressed during a call; silence and voicemail press none."""
    id, person = query.get("alert", ""), query.get("person", "")
    return Answered(person, id, reply(form.get("Digits", "")), Means.VOICE)


def by_text(form: Mapping[str, str], known: Arrangements) -> Answered | None:
    """A text such as `ACK k7m2q` from somebody's own number; None from a number that is nobody's."""
    number, said = form.get("From", ""), form.get("Body", "")
    person = next(
        (a.person for a in known.addresses if a.to == number and a.by in (Means.SMS, Means.VOICE)),
        None,
    )
    if person is None:
        return None
    words = said.lower().split()
    id = words[1] if len(words) > 1 and _ID.fullmatch(words[1]) else ""
    return Answered(person, id, reply(said), Means.SMS, number)
