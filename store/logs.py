"""Log files: every process appends to the day's file; a link names today's; nobody renames anything."""

import logging
from datetime import UTC, datetime
from pathlib import Path

FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(process)d %(name)s %(message)s"


class DayFile(logging.Handler):
    """Appends each line to `perps_bot_YYYYMMDD.log` of its own UTC day, and errors to errors.log."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record) + "\n"
            day = datetime.fromtimestamp(record.created, UTC).strftime("%Y%m%d")
            self._append(f"perps_bot_{day}.log", line)
            self._point("perps_bot.log", f"perps_bot_{day}.log")
            if record.levelno >= logging.ERROR:
                self._append("errors.log", line)
        except OSError:
            self.handleError(record)

    def _append(self, name: str, line: str) -> None:
        with (self._directory / name).open("a") as file:
            file.write(line)

    def _point(self, link_name: str, target: str) -> None:
        link = self._directory / link_name
        if link.is_symlink() and str(link.readlink()) == target:
            return
        fresh = self._directory / f".{link_name}.{id(self)}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(link)


def log_to(directory: Path, level: str) -> None:
    """Send this process's log lines to the day's file, and warnings to the terminal."""
    formatter = logging.Formatter(FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = lambda seconds: datetime.fromtimestamp(seconds or 0, UTC).timetuple()
    file, terminal = DayFile(directory), logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    for handler in (file, terminal):
        handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[file, terminal], force=True)
    for noisy in ("urllib3", "websockets", "slack_bolt", "slack_sdk"):
        logging.getLogger(noisy).setLevel(logging.INFO)  # their DEBUG lines carry tokens
