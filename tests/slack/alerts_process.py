"""`python -m alerts run` as a process of its own, beside a workspace."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.slack.workspace_process import wait_until

READY_S = 20


class AlertsProcess:
    """What it says lies in the home's logs."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._said = home / "logs" / "alerts.said"
        inherited = {
            name: value for name, value in os.environ.items() if "PROXY" not in name.upper()
        }
        before = len(self.said())
        with self._said.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "alerts", "run", f"--home={home}"],
                env={**inherited, **environment},
                stdout=out,
                stderr=out,
            )
        wait_until(lambda: self._is_ready(before), "alerts to be ready", seconds=READY_S)

    def said(self) -> str:
        return self._said.read_text() if self._said.exists() else ""

    def _is_ready(self, before: int) -> bool:
        said = self.said()[before:]
        assert self.process.poll() is None, said
        return "ready alerts" in said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """As Ctrl+C does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)
