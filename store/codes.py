"""One-time codes of people (TOTP, RFC 6238): each works once, and only for the person it belongs to."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import pyotp
from sqlalchemy import Connection, insert, select, update

from store.home import write_once
from store.schema import used_codes

STEP_S = 30
DRIFT_STEPS = 1


class CodeRefusal(StrEnum):
    """Why a code proves nobody."""

    NOT_ENROLLED = "this person has no one-time codes yet; run: perps-bot people enroll NAME"
    WRONG = "the code is wrong or too old; wait for the next one"
    USED = "the code was used before; wait for the next one"


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
    """None when the code is the person's, fresh and unused; it is then used up."""
    if not is_enrolled(secrets, person):
        return CodeRefusal.NOT_ENROLLED
    totp = pyotp.TOTP(secret_file(secrets, person).read_text())
    present = int(now.timestamp()) // STEP_S
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code.replace(" ", "")):
            return None if _use_up(tx, person, step) else CodeRefusal.USED
    return CodeRefusal.WRONG


def _use_up(tx: Connection, person: str, step: int) -> bool:
    last = tx.scalar(select(used_codes.c.step).where(used_codes.c.person == person))
    if last is None:
        tx.execute(insert(used_codes).values(person=person, step=step))
        return True
    if step <= last:
        return False
    tx.execute(update(used_codes).where(used_codes.c.person == person).values(step=step))
    return True
