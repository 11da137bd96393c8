"""One-time codes of people (TOTP, RFC 6238): each works once, and only for the person it belongs to."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import pyotp
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.abuse import locked_for
from store.home import write_once
from store.schema import used_codes, wrong_codes

STEP_S = 30
DRIFT_STEPS = 1


class CodeRefusal(StrEnum):
    """Why a code proves nobody."""

    NOT_ENROLLED = "this person has no one-time codes yet; run: perps-bot people enroll NAME"
    WRONG = "the code is wrong or too old; wait for the next one"
    USED = "the code was used before; wait for the next one"
    LOCKED = "too many wrong codes were given for this person; wait, then try once more"


class AlreadyEnrolled(Exception):
    """The person has codes already; remove the secret file first if they are lost."""


def secret_file(secrets: Path, person: str) -> Path:
    return secrets / f"totp-{person}"


def enroll(secrets: Path, person: str) -> str:
    """Make the person's secret and return the otpauth URI for their phone. Raises AlreadyEnrolled.

    The file appears whole or not at all: an empty secret would have codes that anybody can compute.
    """
    path = secret_file(secrets, person)
    secret = pyotp.random_base32()
    if not write_once(path, secret.encode()):
        raise AlreadyEnrolled(str(path))
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name="perps-bot")


def is_enrolled(secrets: Path, person: str) -> bool:
    return secret_file(secrets, person).exists()


def present_code(secrets: Path, person: str, now: datetime) -> str:
    """The person's code of this moment: what their phone shows."""
    return pyotp.TOTP(secret_file(secrets, person).read_text()).at(now)


def use_code(
    tx: Connection, secrets: Path, person: str, code: str, now: datetime
) -> CodeRefusal | None:
    """None when the code is the person's, fresh and unused; it is then used up.

    Wrong ones make the next wait, longer each time. What comes meanwhile is not looked at and does
    not lengthen it, so that nobody keeps a person out for good.
    """
    if not is_enrolled(secrets, person):
        return CodeRefusal.NOT_ENROLLED
    until = locked_until(tx, person)
    if until is not None and now < until:
        return CodeRefusal.LOCKED
    refused = _refusal(tx, secrets, person, code, now)
    if refused is CodeRefusal.WRONG:
        _count_wrong(tx, person, now)
    elif refused is None:
        tx.execute(delete(wrong_codes).where(wrong_codes.c.person == person))
    return refused


def locked_until(connection: Connection, person: str) -> datetime | None:
    """Until when no code of this person is looked at; None when none was wrong lately."""
    found: datetime | None = connection.scalar(
        select(wrong_codes.c.locked_until).where(wrong_codes.c.person == person)
    )
    return found


def _refusal(
    tx: Connection, secrets: Path, person: str, code: str, now: datetime
) -> CodeRefusal | None:
    totp = pyotp.TOTP(secret_file(secrets, person).read_text())
    present = int(now.timestamp()) // STEP_S
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code.replace(" ", "")):
            return None if _use_up(tx, person, step) else CodeRefusal.USED
    return CodeRefusal.WRONG


def _count_wrong(tx: Connection, person: str, now: datetime) -> None:
    before = tx.scalar(select(wrong_codes.c.in_a_row).where(wrong_codes.c.person == person)) or 0
    values = {"in_a_row": before + 1, "locked_until": now + locked_for(before + 1)}
    tx.execute(
        upsert(wrong_codes)
        .values(person=person, **values)
        .on_conflict_do_update(index_elements=["person"], set_=values)
    )


def _use_up(tx: Connection, person: str, step: int) -> bool:
    last = tx.scalar(select(used_codes.c.step).where(used_codes.c.person == person))
    if last is None:
        tx.execute(insert(used_codes).values(person=person, step=step))
        return True
    if step <= last:
        return False
    tx.execute(update(used_codes).where(used_codes.c.person == person).values(step=step))
    return True
