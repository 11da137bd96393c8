"""A demo on ports of its own, and what a person with a terminal, a Slack account or a phone does there."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

WORKSPACE, PAGER, EXCHANGE, ALERTS, TRADER, BOT = 0, 2, 3, 4, 6, 7
PORTS = 8
READY_S, WAIT_S, WAIT_STEP_S, TYPED_S = 60, 30, 0.1, 60
_ENVIRONMENT = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}


@dataclass(frozen=True)
class Typed:
    code: int
    said: str


def perps_bot(*words: str, **environment: str) -> Typed:
    """As typed in a terminal; what it said is both what it printed and what it complained."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env={**_ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=TYPED_S,
        check=False,
    )
    return Typed(done.returncode, done.stdout + done.stderr)


def wait_for[Found](what: str, look: Callable[[], Found], seconds: float = WAIT_S) -> Found:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(WAIT_STEP_S)
    return found
