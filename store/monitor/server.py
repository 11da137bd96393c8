"""A small HTTP server in a thread of its own: `/metrics` and `/healthz`, also while the rest hangs."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from store.sqlite import StoreFailed

log = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
ANSWER_S = 5.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Shown:
    """`trouble` is why the process does not really work, or None. Both are asked in threads."""

    metrics: Callable[[], bytes]
    trouble: Callable[[], str | None]


class PortTaken(Exception):
    """The port for monitors cannot be used; the message says which and what to do."""


class MonitorServer:
    """Serves until it is closed."""

    def __init__(self, shown: Shown, host: str, port: int, variable: str) -> None:
        """Raises PortTaken, naming the variable that says the port."""
        handler = type("Handler", (_Handler,), {"shown": shown, "timeout": ANSWER_S})
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as why:
            raise PortTaken(
                f"{variable}: {host}:{port}: {why.strerror}. Name another port."
            ) from why
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    shown: Shown
    server_version = "perps-bot"
    sys_version = ""

    def do_GET(self) -> None:
        try:
            status, kind, body = self._answer()
        except StoreFailed as why:
            status, kind = 503, TEXT
            body = f"the store cannot be read: {type(why).__name__}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> tuple[int, str, bytes]:
        if self.path == "/metrics":
            return 200, METRICS, self.shown.metrics()
        if self.path != "/healthz":
            return 404, TEXT, b"there are /metrics and /healthz\n"
        trouble = self.shown.trouble()
        return (503, TEXT, f"{trouble}\n".encode()) if trouble else (200, TEXT, b"ok\n")

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)
