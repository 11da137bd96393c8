"""The demo's processes: started one after the other, each waited for, and ended in the opposite order."""

import contextlib
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READY_S = 60.0
STOP_S = 40.0
POLL_S = 0.1
SAID_SHOWN = 2000
AGAIN_AFTER_S = 15.0
TOLD = (signal.SIGINT, signal.SIGTERM)

Child = subprocess.Popen[str]


class NotReady(Exception):
    """A part of the demo did not come up; the message says which and what it said."""


@dataclass(slots=True)
class Part:
    """A process of the product, and how it is started again."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    child: Child
    ended_at: float | None = None
    """On the monotonic clock; None while it runs."""


@dataclass(slots=True)
class Children:
    """In the order in which they were started."""

    logs: Path
    servers: list[Child] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def server(self, name: str, arguments: Sequence[str]) -> list[str]:
        """A server of the sandbox; the words of the line that says that it answers."""
        command = [sys.executable, "-m", "sandbox", name, *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.servers.append(child)
        return _ready_line(child, name, "its own words are above (is the port taken?)")

    def process(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
        """A process of the product; what it says goes into a file beside the logs."""
        child = self._start(name, arguments, environment)
        self.parts.append(Part(name, arguments, environment, child))
        return child

    def _start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
        with self.said(name).open("a") as out:
            return subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=environment,
                stdout=out,
                stderr=out,
                text=True,
                start_new_session=True,
            )

    def said(self, name: str) -> Path:
        return self.logs / f"{name}.out"

    def wait_until(self, name: str, child: Child, ready: Callable[[], bool]) -> None:
        """Raises NotReady when the process ends or takes too long."""
        deadline = time.monotonic() + READY_S
        while not ready():
            if child.poll() is not None:
                raise NotReady(f"the {name} ended: {self.said(name).read_text()[-SAID_SHOWN:]}")
            if time.monotonic() > deadline:
                raise NotReady(f"the {name} did not start; see {self.said(name)}")
            time.sleep(POLL_S)

    def look_after(self, now_s: float, say: Callable[[str], None]) -> bool:
        """Start again what died, as whoever runs a desk has it; whether the world around it still lives.

        Not at once: that it is missed, and by whom, is what somebody who killed it wants to see.
        """
        for part in self.parts:
            code = part.child.poll()
            if code is None:
                continue
            if part.ended_at is None:
                part.ended_at = now_s
                again = "" if code == 0 else f"; it is started again in {AGAIN_AFTER_S:.0f} s"
                say(f"the {part.name} has ended ({code}){again}")
            elif code != 0 and now_s - part.ended_at >= AGAIN_AFTER_S:
                part.child = self._start(part.name, part.arguments, part.environment)
                part.ended_at = None
        return all(child.poll() is None for child in self.servers)

    def end(self, say: Callable[[str], None]) -> None:
        """The last first: the trader drains against an exchange that still answers.

        Being told a second time is not listened to: it would leave the children behind.
        """
        for number in TOLD:
            signal.signal(number, signal.SIG_IGN)
        if self.servers:
            with contextlib.suppress(BrokenPipeError):  # nobody listens; the children still end
                say("ending the demo; the trader drains first")
        for child in reversed([*self.servers, *(part.child for part in self.parts)]):
            _end(child)
        for number in TOLD:
            signal.signal(number, signal.default_int_handler)


def _ready_line(child: Child, name: str, hint: str) -> list[str]:
    assert child.stdout is not None, "servers are started with a pipe"
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        if not selector.select(READY_S):
            raise NotReady(f"the {name} said nothing for {READY_S:.0f} s")
    words = child.stdout.readline().split()
    if words[:2] != ["ready", name]:
        raise NotReady(f"the {name} ended; {hint}")
    return words


def _end(child: Child) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout is not None:
        child.stdout.close()
