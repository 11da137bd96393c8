"""A home with desks on the real clock, and the bot that runs on it as a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from bot.__main__ import clock
from core.chain import Event
from core.flatten import Job
from core.modes import Mode
from core.people import Actor
from core.requests import Request
from store import decisions
from store.approved import approve_roster, roster
from store.decisions import Tightened
from store.escalation.file import load_escalation
from store.flattening import latest_job
from store.store import Store
from tests.bot.shell import Shell
from tests.bot.terminal import Typed
from tests.slack.workspace_process import wait_until

BRIEF_S = 20


class Home(Shell):
    """What is typed in its terminal runs as a process of its own."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, cast(Any, None))

    def type(self, *words: str, at_home: bool = True, asks: str = "") -> Typed:
        home = [f"--home={self.home}"] if at_home else []
        command = [sys.executable, "-m", "bot", *words, *asks.split(), *home]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return Typed(done.returncode, done.stdout, done.stderr)

    def trading(self, desk: str) -> str:
        """A new desk that holds 4 BTC contracts with a stop and is short 30 ETH contracts without one."""
        self.now = clock()
        kept = self.people() if (self.home / "escalation.yaml").exists() else None
        self.begin(desk)
        if kept is not None:
            self.set_people(kept)
        self.trade_both(desk)
        return desk

    def own_store(self) -> Store:
        return self._kept_store()

    def people(self) -> str:
        return (self.home / "escalation.yaml").read_text()

    def set_people(self, text: str) -> None:
        """As an editor saves, and as two people have agreed to."""
        self.edit_people(text)
        wanted = roster(load_escalation(self.home / "escalation.yaml"))
        self.write(lambda store, tx: approve_roster(tx, store.log, wanted, "two", clock()))

    def edit_people(self, text: str) -> None:
        """As an editor saves: nobody has agreed to anything."""
        new = self.home / "escalation.yaml.new"
        new.write_text(text)
        os.replace(new, self.home / "escalation.yaml")

    def request(self, desk: str) -> Request:
        """The only one of this desk."""
        [found] = self.requests(desk)
        return found

    def job(self, desk: str) -> Job | None:
        found: Job | None = self.read(lambda c: latest_job(c, desk))
        return found

    def event(self, desk: str, kind: str) -> Event:
        """The newest of this kind, once it is on record: nobody's answer waits for that."""

        def found() -> list[Event]:
            return [event for event in self.events(desk) if event.kind == kind]

        wait_until(found, f"{kind} on record of {desk}")
        return found()[-1]

    def kill_asked_at(self, desk: str, actor: Actor, seconds_ago: float) -> Request:
        """Phase 1 of a kill, as somebody decided it a while ago."""
        then = clock() - timedelta(seconds=seconds_ago)
        id = f"kill-{desk}"
        answer = decisions.ask_kill(self._kept_store(), desk, actor, "a drill", id, then)
        assert isinstance(answer, Tightened)
        assert answer.request is not None
        return answer.request

    def held(self, desk: str) -> bool:
        return self.mode(desk) is Mode.HELD and self.page(desk).mode is Mode.HELD


class BotProcess:
    """`perps-bot slack run`."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        inherited = {
            name: value for name, value in os.environ.items() if "PROXY" not in name.upper()
        }
        self._said = home / "logs" / "bot.said"
        self._said.parent.mkdir(parents=True, exist_ok=True)
        self._before = len(self.said())
        with self._said.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "slack", "run", f"--home={home}"],
                env={**inherited, **environment},
                stdout=out,
                stderr=out,
                text=True,
            )

    def said(self) -> str:
        return self._said.read_text() if self._said.exists() else ""

    def wait_ready(self) -> None:
        wait_until(self._is_ready, "the bot to be ready", seconds=BRIEF_S)

    def _is_ready(self) -> bool:
        said = self.said()[self._before :]
        assert self.process.poll() is None, said
        return "ready bot" in said

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """As Ctrl+C does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)
