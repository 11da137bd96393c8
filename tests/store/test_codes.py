"""One-time codes: each works once, for its person, within one step, and nothing else proves anybody."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from store.codes import (
    AlreadyEnrolled,
    CodeRefusal,
    enroll,
    is_enrolled,
    present_code,
    secret_file,
    use_code,
)
from store.store import Store
from tests.store.conftest import Reopen
from tests.store.desk import NOW, later

STEP = timedelta(seconds=30)


@pytest.fixture
def secrets(store: Store) -> Path:
    """Alice and Bob have codes; Dave has none."""
    for person in ("alice", "bob"):
        enroll(store.home.secrets, person)
    return store.home.secrets


def use(store: Store, person: str, code: str, seconds: float = 0) -> CodeRefusal | None:
    return store.write(
        lambda tx: use_code(tx, store.home.secrets, person, code, later(seconds=seconds))
    )


def test_a_code_of_this_moment_proves_its_person(store: Store, secrets: Path) -> None:
    assert use(store, "alice", present_code(secrets, "alice", NOW)) is None


def test_a_code_works_once(store: Store, secrets: Path) -> None:
    code = present_code(secrets, "alice", NOW)
    assert use(store, "alice", code) is None
    assert use(store, "alice", code) is CodeRefusal.USED
    assert use(store, "alice", code, seconds=29) is CodeRefusal.USED


def test_a_code_stays_used_after_a_restart(store: Store, secrets: Path, reopen: Reopen) -> None:
    code = present_code(secrets, "alice", NOW)
    assert use(store, "alice", code) is None
    store.close()
    assert use(reopen(), "alice", code) is CodeRefusal.USED


def test_a_code_whose_transaction_failed_is_not_used(store: Store, secrets: Path) -> None:
    code = present_code(secrets, "alice", NOW)

    def transaction(tx: object) -> None:
        assert use_code(tx, secrets, "alice", code, NOW) is None  # type: ignore[arg-type]
        raise RuntimeError("what it was for has failed")

    with pytest.raises(RuntimeError):
        store.write(transaction)
    assert use(store, "alice", code) is None


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [(-2, CodeRefusal.WRONG), (-1, None), (0, None), (1, None), (2, CodeRefusal.WRONG)],
)
def test_a_clock_may_be_one_step_off_and_no_more(
    store: Store, secrets: Path, steps: int, refusal: CodeRefusal | None
) -> None:
    assert use(store, "alice", present_code(secrets, "alice", NOW + steps * STEP)) is refusal


def test_after_a_code_no_earlier_one_works(store: Store, secrets: Path) -> None:
    earlier, present = (present_code(secrets, "alice", at) for at in (NOW - STEP, NOW))
    assert use(store, "alice", present) is None
    assert use(store, "alice", earlier) is CodeRefusal.USED


def test_the_next_code_works_after_this_one(store: Store, secrets: Path) -> None:
    assert use(store, "alice", present_code(secrets, "alice", NOW)) is None
    assert use(store, "alice", present_code(secrets, "alice", NOW + STEP), seconds=30) is None


def test_another_persons_code_proves_nobody(store: Store, secrets: Path) -> None:
    code = present_code(secrets, "bob", NOW)
    assert use(store, "alice", code) is CodeRefusal.WRONG
    assert use(store, "bob", code) is None, "a wrong try must not use it up"


def test_one_persons_used_code_does_not_use_up_anothers(store: Store, secrets: Path) -> None:
    assert use(store, "alice", present_code(secrets, "alice", NOW)) is None
    assert use(store, "bob", present_code(secrets, "bob", NOW)) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "null", "-1", "\x00"])
def test_what_is_no_code_is_wrong(store: Store, secrets: Path, code: str) -> None:
    assert use(store, "alice", code) is CodeRefusal.WRONG


def test_a_code_may_be_typed_as_the_phone_shows_it(store: Store, secrets: Path) -> None:
    code = present_code(secrets, "alice", NOW)
    assert use(store, "alice", f"{code[:3]} {code[3:]}") is None


def test_who_has_no_codes_is_told_how_to_get_them(store: Store, secrets: Path) -> None:
    assert use(store, "dave", "123456") is CodeRefusal.NOT_ENROLLED
    assert "perps-bot people enroll" in CodeRefusal.NOT_ENROLLED


def test_a_secret_is_for_its_owner_only_and_fits_a_phone(store: Store) -> None:
    uri = enroll(store.home.secrets, "carol")
    assert is_enrolled(store.home.secrets, "carol")
    file = secret_file(store.home.secrets, "carol")
    assert file.stat().st_mode & 0o077 == 0
    assert urlparse(uri).scheme == "otpauth"
    assert parse_qs(urlparse(uri).query)["secret"] == [file.read_text()]
    assert len(file.read_text()) >= 32, "RFC 4226 asks for 160 bits"


def test_a_person_is_enrolled_once(store: Store, secrets: Path) -> None:
    before = secret_file(secrets, "alice").read_text()
    with pytest.raises(AlreadyEnrolled, match="totp-alice"):
        enroll(secrets, "alice")
    assert secret_file(secrets, "alice").read_text() == before


def test_an_empty_secret_proves_nobody(store: Store, secrets: Path) -> None:
    secret_file(secrets, "dave").touch(mode=0o600)
    with pytest.raises(ValueError, match="112 bits"):
        use(store, "dave", "328482")  # what RFC 6238 makes of an empty key is known to anybody


def wrong(store: Store, seconds: float = 0) -> CodeRefusal | None:
    return use(store, "alice", "000000", seconds)


def test_wrong_codes_make_the_right_one_wait(store: Store, secrets: Path) -> None:
    assert [wrong(store) for _ in range(3)] == [CodeRefusal.WRONG] * 3
    assert use(store, "alice", present_code(secrets, "alice", NOW)) is CodeRefusal.LOCKED
    at_15_s = NOW + timedelta(seconds=15)
    assert use(store, "alice", present_code(secrets, "alice", at_15_s), seconds=15) is None


def test_the_wait_grows_and_what_comes_meanwhile_does_not_lengthen_it(
    store: Store, secrets: Path
) -> None:
    for _ in range(3):
        wrong(store)
    assert wrong(store, seconds=14) is CodeRefusal.LOCKED
    assert wrong(store, seconds=15) is CodeRefusal.WRONG
    assert wrong(store, seconds=44) is CodeRefusal.LOCKED
    assert wrong(store, seconds=45) is CodeRefusal.WRONG


def test_a_right_code_ends_the_row(store: Store, secrets: Path) -> None:
    for _ in range(2):
        wrong(store)
    assert use(store, "alice", present_code(secrets, "alice", NOW)) is None
    assert [wrong(store) for _ in range(3)] == [CodeRefusal.WRONG] * 3


def test_the_wait_outlasts_a_restart_and_is_of_one_person(
    store: Store, secrets: Path, reopen: Reopen
) -> None:
    for _ in range(3):
        wrong(store)
    store.close()
    again = reopen()
    assert use(again, "alice", present_code(secrets, "alice", NOW)) is CodeRefusal.LOCKED
    assert use(again, "bob", present_code(secrets, "bob", NOW)) is None
