"""A port that is taken: what the demo and its parts say, instead of half starting."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    port = free_ports(8) + 3
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        yield port


def said(*words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_demo_names_the_port_before_anything_is_started(taken: int, tmp_path: Path) -> None:
    home = tmp_path / "home"
    code, told = said("bot", "demo", "--no-browser", f"--home={home}", f"--port-base={taken - 3}")
    assert (code, f"{taken} is taken" in told, "--port-base=" in told) == (1, True, True)
    assert "Traceback" not in told
    assert not (home / "sandbox").exists()


@pytest.mark.parametrize("server", ["exchange", "pager", "workspace"])
def test_a_server_of_the_sandbox_says_it_in_one_line(
    taken: int, tmp_path: Path, server: str
) -> None:
    code, told = said("sandbox", server, f"--home={tmp_path}", f"--port={taken}")
    assert (code, len(told.splitlines())) == (1, 1), told
    assert f"the sandbox's {server} does not start" in told
