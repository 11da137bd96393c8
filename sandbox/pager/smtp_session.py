"""One SMTP conversation, without its wires: what is said to each line."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

RECEIVERS_MAX = 100
ADDRESS = re.compile(r"<([^<>\s]*)>(.*)", re.DOTALL)
SIZE = re.compile(r"\bSIZE=(\d+)", re.IGNORECASE)


class Then(Enum):
    GO_ON = auto()
    READ_DATA = auto()
    START_TLS = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str
    """Several lines where it has several."""

    def wire(self) -> bytes:
        *firsts, last = self.text.split("\n")
        lines = [f"{self.code}-{line}" for line in firsts] + [f"{self.code} {last}"]
        return "".join(f"{line}\r\n" for line in lines).encode()


Said = tuple[Then, Reply]


def _go_on(code: int, text: str) -> Said:
    return Then.GO_ON, Reply(code, text)


class Session:
    def __init__(self, bytes_max: int, is_known: Callable[[str], bool]) -> None:
        self._bytes_max = bytes_max
        self._is_known = is_known
        self._greeted = False
        self._is_private = False
        self._login: list[str] | None = None
        """The answers of AUTH LOGIN so far; one empty answer waits for AUTH PLAIN's."""
        self._awaits = ""
        self.sender: str | None = None
        self.receivers: list[str] = []
        self._commands: dict[str, Callable[[str], Said]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "AUTH": self._auth,
            "STARTTLS": self._starttls,
            "RSET": self._rset,
            "NOOP": lambda rest: _go_on(250, "2.0.0 Ok"),
            "VRFY": lambda rest: _go_on(252, "2.0.0 whoever it is, mail is taken"),
            "HELP": lambda rest: _go_on(214, "2.0.0 RFC 5321"),
            "QUIT": lambda rest: (Then.END, Reply(221, "2.0.0 Bye")),
        }

    def take(self, line: str) -> Said:
        if self._awaits:
            return self._answered(line)
        verb, _, rest = line.partition(" ")
        command = self._commands.get(verb.upper())
        return _go_on(500, "5.5.2 unknown command") if command is None else command(rest.strip())

    def forget(self, is_private: bool = False) -> None:
        """The message at hand; after STARTTLS also the greeting."""
        self.sender, self.receivers = None, []
        if is_private:
            self._greeted, self._is_private = False, True

    def _ehlo(self, rest: str) -> Said:
        self._greeted = True
        self.forget()
        offers = [f"SIZE {self._bytes_max}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        offers += ["AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES"]
        offers += [] if self._is_private else ["STARTTLS"]
        return _go_on(250, "\n".join(["perps-sandbox", *offers]))

    def _helo(self, rest: str) -> Said:
        self._greeted = True
        self.forget()
        return _go_on(250, "perps-sandbox")

    def _mail(self, rest: str) -> Said:
        address, more = _address(rest, "FROM:")
        if not self._greeted or self.sender is not None:
            return _go_on(503, "5.5.1 bad sequence of commands")
        if address is None:
            return _go_on(501, "5.5.4 syntax: MAIL FROM:<address>")
        size = SIZE.search(more)
        if size is not None and int(size[1]) > self._bytes_max:
            return _go_on(552, f"5.3.4 message too big: at most {self._bytes_max} bytes")
        self.sender = address
        return _go_on(250, "2.1.0 Ok")

    def _rcpt(self, rest: str) -> Said:
        address, _ = _address(rest, "TO:")
        if self.sender is None:
            return _go_on(503, "5.5.1 MAIL first")
        if not address or "@" not in address:
            return _go_on(501, "5.1.3 syntax: RCPT TO:<name@place>")
        if len(self.receivers) >= RECEIVERS_MAX:
            return _go_on(452, "4.5.3 too many recipients")
        self.receivers.append(address)
        return _go_on(250, "2.1.5 Ok")

    def _data(self, rest: str) -> Said:
        if not self.receivers:
            return _go_on(503, "5.5.1 RCPT first")
        return Then.READ_DATA, Reply(354, "end with a dot on a line of its own")

    def _starttls(self, rest: str) -> Said:
        if self._is_private:
            return _go_on(503, "5.5.1 TLS is on already")
        return Then.START_TLS, Reply(220, "2.0.0 ready to start TLS")

    def _rset(self, rest: str) -> Said:
        self.forget()
        return _go_on(250, "2.0.0 Ok")

    # AUTH PLAIN says all at once, AUTH LOGIN the user and then the password.

    def _auth(self, rest: str) -> Said:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            if initial:
                return self._judged(initial)
            self._awaits = "PLAIN"
            return _go_on(334, "")
        if mechanism.upper() == "LOGIN":
            self._awaits = "LOGIN"
            self._login = [initial] if initial else []
            return _go_on(334, _coded("Password:" if initial else "Username:"))
        return _go_on(504, "5.5.4 AUTH PLAIN or LOGIN")

    def _answered(self, line: str) -> Said:
        if line == "*":
            self._awaits = ""
            return _go_on(501, "5.7.0 given up")
        if self._awaits == "PLAIN":
            return self._judged(line)
        assert self._login is not None, "set when LOGIN began"
        self._login.append(line)
        if len(self._login) < 2:
            return _go_on(334, _coded("Password:"))
        user, password = (
            base64.b64decode(part + "==").decode(errors="replace") for part in self._login
        )
        return self._judged(_coded(f"\0{user}\0{password}"))

    def _judged(self, encoded: str) -> Said:
        self._awaits, self._login = "", None
        if self._is_known(encoded):
            return _go_on(235, "2.7.0 Authentication successful")
        return _go_on(535, "5.7.8 Authentication credentials invalid")


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _address(rest: str, prefix: str) -> tuple[str | None, str]:
    """The address and what follows; None where it cannot be read."""
    if not rest.upper().startswith(prefix):
        return None, ""
    found = ADDRESS.match(rest[len(prefix) :].strip())
    return (None, "") if found is None else (found[1], found[2])
