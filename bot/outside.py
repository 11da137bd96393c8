"""What comes from outside the program: clocks, chance, the environment, and becoming another one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Outside:
    """Built once, in the composition root, and passed down.

    `new_id` makes a command's id from its verb. `become` replaces this process (it does not return,
    except in a test, where it returns an exit code).
    """

    clock: Callable[[], datetime]
    monotonic_ns: Callable[[], int]
    environment: Mapping[str, str]
    login: str
    here: Path
    new_id: Callable[[str], str]
    become: Callable[[Sequence[str], Mapping[str, str]], int]
    out: TextIO
    progress: TextIO
    """Where lines go that are said before the answer; not the answer's own stream under --json."""

    def say(self, line: str) -> None:
        self.progress.write(line + "\n")
        self.progress.flush()
