"""Phones that answered STOP: nothing is sent there before they answer START, and the desk is told."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.alerting.levels import Level
from core.oncall.contacts import Contact
from store.alerting.arranged import Arrangements
from store.alerting.facts import clear_alert, raise_alert
from store.alerting.outbox_schema import stopped_contacts
from store.control import desks

RULE = "contact_stopped"
_ALL = select(stopped_contacts.c.address)


def stop_contact(tx: Connection, person: str, address: str, now: datetime) -> None:
    """They want no messages there. On every desk it is an alert: somebody on call may be out of reach."""
    row = {"address": address, "person": person, "at": now}
    tx.execute(insert(stopped_contacts).values(row).on_conflict_do_nothing())
    text = f"{person}'s phone {address[:-4]}…: they answer START to be reached there again"
    for desk in desks(tx):
        raise_alert(tx, desk, RULE, Level.INTERVENTION, text, now, symbol=person)


def start_contact(tx: Connection, person: str, address: str, now: datetime) -> bool:
    """They want to be reached there again; whether they had stopped it."""
    known = stopped_contacts.c.address == address
    again = tx.execute(delete(stopped_contacts).where(known)).rowcount > 0
    for desk in desks(tx) if again else ():
        clear_alert(tx, desk, RULE, now, symbol=person)
    return again


def reachable(connection: Connection, arranged: Arrangements) -> tuple[Contact, ...]:
    """Everybody without the means whose number answered STOP."""
    stopped = set(connection.scalars(_ALL))
    if not stopped:
        return arranged.contacts
    found = []
    for contact in arranged.contacts:
        for address in arranged.addresses:
            if address.person == contact.person and address.to in stopped:
                contact = contact.without(address.by)
        found.append(contact)
    return tuple(found)
