"""Links by which a push message is answered: signed, each for one alert and one person."""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

PATH = "/push/ack"
_MEANT_FOR = b"answers by link"


@dataclass(frozen=True, slots=True)
class AnswerLinks:
    """`public_url` is where phones reach us; `key` is derived, so that it opens nothing else."""

    public_url: str
    key: bytes

    def to_acknowledge(self, alert_id: str, person: str) -> str:
        asked = {"alert": alert_id, "person": person, "sig": self._signature(alert_id, person)}
        return f"{self.public_url}{PATH}?{urlencode(asked)}"

    def made_by_us(self, alert_id: str, person: str, signature: str) -> bool:
        """Compared in constant time."""
        return same(self._signature(alert_id, person), signature)

    def _signature(self, alert_id: str, person: str) -> str:
        said = f"{alert_id}\n{person}".encode()
        return hmac.new(self.key, said, hashlib.sha256).hexdigest()


def same(wanted: str, given: str) -> bool:
    """In constant time, whatever was given: text that is not ASCII is only wrong."""
    return hmac.compare_digest(wanted.encode(), given.encode(errors="backslashreplace"))


def answer_links(public_url: str | None, home_key: bytes) -> AnswerLinks | None:
    """None where nobody outside reaches us."""
    if public_url is None:
        return None
    return AnswerLinks(public_url, hmac.new(home_key, _MEANT_FOR, hashlib.sha256).digest())
