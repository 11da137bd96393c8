"""Servers of the sandbox as forks of one process that has imported it: much sooner there than new ones."""

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from threading import Lock
from typing import IO, Any

from sandbox.__main__ import main

WAIT_STEP_S = 0.005


class Template:
    """The process that is forked. It does one thing at a time and ends with whoever started it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox.template"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._turn = Lock()
        atexit.register(self.close)

    def start(self, arguments: list[str]) -> "Server":
        reading, writing = os.pipe()
        out = f"/proc/{os.getpid()}/fd/{writing}"
        pid = self.ask({"start": arguments, "out": out})
        os.close(writing)
        return Server(self, pid, os.fdopen(reading))

    def ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Server:
    """One fork, to be handled like any started process."""

    def __init__(self, template: Template, pid: int, stdout: IO[str]) -> None:
        self._template = template
        self.pid = pid
        self.stdout = stdout
        self._code: int | None = None

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._template.ask({"poll": self.pid})
        return self._code

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            assert time.monotonic() < deadline, f"the sandbox's process {self.pid} does not end"
            time.sleep(WAIT_STEP_S)
        return code


_templates: list[Template] = []
_first = Lock()


def start(arguments: list[str]) -> Server:
    """One template for this process, made when it is first needed."""
    with _first:
        if not _templates:
            _templates.append(Template())
    return _templates[0].start(arguments)


def serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        told = _fork(order) if "start" in order else _code_of(order["poll"])
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _code_of(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _fork(order: dict[str, Any]) -> int:
    out = os.open(order["out"], os.O_WRONLY)
    pid = os.fork()
    if pid:
        os.close(out)
        return pid
    os.dup2(out, 1)
    os.close(out)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 1
    try:
        main(order["start"])
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
