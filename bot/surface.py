"""Where a command is typed: how the next one begins there, and what proves who types it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surface:
    """`begin` starts every command typed here, `shell` one on the desk's own machine."""

    begin: str
    shell: str
    proof: str
    """What a person adds to prove who they are; nothing where the account is the proof."""
    again: str
    """What shows an answer anew by itself; nothing where that cannot be done."""
    brief: bool = False
    """What another command shows is left to that command: the answer is read on a phone."""

    def says(self, words: str) -> str:
        return f"{self.begin} {words}"

    def proved(self, words: str) -> str:
        return f"{self.begin} {words}{self.proof}"

    def watched(self, words: str) -> str:
        return f"{self.begin} {words}{self.again}"


def terminal(begin: str = "perps-bot") -> Surface:
    """A shell on the desk's machine; `begin` may name the home."""
    return Surface(begin, begin, " --as NAME --code CODE", " --watch")


def slack(command: str) -> Surface:
    """A workspace in which the bot answers to `command`."""
    return Surface(command, "perps-bot", "", "", brief=True)
