"""The desk's bot on a workspace, as processes: kills are typed there, and the bot dies like anybody."""

import shutil
from pathlib import Path

from bot.beside import SHIPPED_PEOPLE
from tests.slack.home import BotProcess
from tests.slack.workspace_process import WorkspaceProcess

TYPIST = "alice"


class SlackSide:
    """A workspace with one bot, which is started again when it is gone."""

    def __init__(self, root: Path, home: Path) -> None:
        self._home = home
        shutil.copy(SHIPPED_PEOPLE, home / "escalation.yaml")
        self.workspace = WorkspaceProcess(root / "slack")
        self._start()

    def _start(self) -> None:
        self.bot = BotProcess(self._home, self.workspace.environment)

    def type_kill(self, desk: str) -> None:
        """What Slack said to it does not matter: whoever sees no answer types it again."""
        self.workspace.command(TYPIST, f"kill {desk} torture")

    def calm(self) -> None:
        if self.bot.process.poll() is None:
            self.bot.go_on()
        else:
            self._start()
            self.bot.wait_ready()

    def close(self) -> None:
        self.bot.kill()
        self.workspace.stop()
