"""What escalation.yaml says about alerts, as the alerts process took it: in force for every process."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_once

from core.alerting.policy import Policy, policy_hash
from core.alerting.quieting import NOTHING_QUIET, Quieting
from core.alerting.rules import AS_USUAL, Named
from core.oncall.contacts import Contact, Means
from core.oncall.schedule import Schedule
from store.alerting.kept import policy_text
from store.alerting.schema import alert_arrangements, alert_policies


@dataclass(frozen=True, slots=True)
class Address:
    """Where one person is reached by one means: a number, a topic, an account."""

    person: str
    by: Means
    to: str


@dataclass(frozen=True, slots=True)
class Arrangements:
    """Levels, people on call and their means, and what keeps quiet."""

    policy: Policy
    schedule: Schedule
    contacts: tuple[Contact, ...]
    addresses: tuple[Address, ...] = ()
    quieting: Quieting = NOTHING_QUIET
    """What the file keeps quiet; people keep more quiet by command."""
    thresholds: Named = field(default_factory=dict, hash=False)
    """Of the rules that the file names; the others are as usual."""
    set_up: tuple[Means, ...] | None = None
    """The means that somebody has set up; None where that was not asked."""

    def by_means(self, known: Collection[Means]) -> "Arrangements":
        """Without the means that nobody has set up: nobody is told by them."""
        contacts = (
            replace(one, means=tuple(means for means in one.means if means in known))
            for one in self.contacts
        )
        return replace(self, contacts=tuple(contacts), set_up=tuple(sorted(known)))

    def address(self, person: str, by: Means) -> str | None:
        """None where this person has none by this means."""
        return next((a.to for a in self.addresses if (a.person, a.by) == (person, by)), None)


class NothingArranged(Exception):
    """The alerts process has never run on this home: start it with `python -m alerts run`."""


_KEPT = TypeAdapter(Arrangements)
_LATEST = select(alert_arrangements.c.body).order_by(alert_arrangements.c.seq.desc()).limit(1)


def arrangements_text(arrangements: Arrangements) -> str:
    return _KEPT.dump_json(arrangements).decode()


def arrangements_from(text: str) -> Arrangements:
    return _parsed(text)


def keep_arrangements(tx: Connection, arrangements: Arrangements, now: datetime) -> bool:
    """Put them in force; False when they are already. An alert in flight finds its policy by the hash."""
    body, policy = arrangements_text(arrangements), arrangements.policy
    row = {"hash": policy_hash(policy), "body": policy_text(policy), "at": now}
    tx.execute(insert_once(alert_policies).values(row).on_conflict_do_nothing())
    if tx.scalar(_LATEST) == body:
        return False
    tx.execute(insert(alert_arrangements).values(body=body, at=now))
    return True


def read_arrangements(connection: Connection) -> Arrangements:
    """Raises NothingArranged."""
    return read_with_hash(connection)[0]


def read_with_hash(connection: Connection) -> tuple[Arrangements, str]:
    """With the hash of their policy. Raises NothingArranged."""
    body = connection.scalar(_LATEST)
    if body is None:
        raise NothingArranged("no alerts process has run on this home so far")
    return _parsed(body), _hash_in(body)


def thresholds_in_force(connection: Connection) -> Named:
    """Of the rules that the file names. As usual where no alerts process has taken it."""
    body = connection.scalar(_LATEST)
    return AS_USUAL if body is None else _parsed(body).thresholds


@lru_cache(maxsize=16)
def _hash_in(body: str) -> str:
    return policy_hash(_parsed(body).policy)


@lru_cache(maxsize=16)
def _parsed(body: str) -> Arrangements:
    return _KEPT.validate_json(body)
