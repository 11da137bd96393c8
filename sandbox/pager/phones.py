"""Where people are reached: whose number, topic or mailbox it is, and whether the phone is on."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from sandbox.pager.page import Json
from sandbox.state import State


class Line(StrEnum):
    ON = "on"
    OFF = "off"
    BUSY = "busy"


@dataclass(slots=True)
class Phone:
    to: str
    owner: str = ""
    line: Line = Line.ON
    stopped: bool = False
    """Its person replied STOP: no more text messages."""

    def view(self) -> Json:
        return {**asdict(self), "line": self.line.value}


class Phones:
    def __init__(self, state: State) -> None:
        self._state = state
        self._phones = {
            to: Phone(to, told["owner"], Line(told["line"]), told["stopped"])
            for to, told in state.all("phone")
        }

    def at(self, to: str) -> Phone:
        """Whatever is not named is a phone that is on."""
        return self._phones.get(to) or Phone(to)

    def keep(self, phone: Phone) -> None:
        self._phones[phone.to] = phone
        self._state.put("phone", phone.to, phone.view())

    def views(self) -> list[Json]:
        return [phone.view() for phone in self._phones.values()]
