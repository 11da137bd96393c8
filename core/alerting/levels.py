"""The four levels of an alert and what each expects of its reader."""

from enum import IntEnum


class Level(IntEnum):
    """How serious an alert is; a higher level overtakes a lower one everywhere."""

    WARNING = 1
    INTERVENTION = 2
    CRITICAL = 3
    EMERGENCY = 4

    @property
    def expects(self) -> str:
        return _EXPECTS[self]

    def __str__(self) -> str:
        return f"level {self.value} {self.name.title()}"


_EXPECTS = {
    Level.WARNING: "watch; nothing has to be done now",
    Level.INTERVENTION: "look at it and reduce the risk settings",
    Level.CRITICAL: "act now: reduce or kill, and close what has to be closed",
    Level.EMERGENCY: "a compromise is suspected: everything at once, by the checklist",
}
