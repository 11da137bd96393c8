"""The app that providers call back: remembers what it was told, and says what a test has it say."""

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.sandbox.pager.pager_process import wait_until


@dataclass(frozen=True)
class Told:
    """One request that reached the app."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_twilios(self, auth_token: str) -> bool:
        """As Twilio's documentation has one check it."""
        text = self.url + "".join(name + value for name, value in sorted(self.form.items()))
        made = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
        return self.headers.get("X-Twilio-Signature") == base64.b64encode(made).decode()

    def is_pagerdutys(self, secret: str) -> bool:
        """As PagerDuty's documentation has one check it."""
        made = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        return f"v1={made}" in self.headers.get("X-PagerDuty-Signature", "").split(",")


class PagedApp:
    def __init__(self) -> None:
        self.told: list[Told] = []
        self.says: dict[str, tuple[int, str]] = {}
        """By path: status and body. Everything else is answered with 200 and nothing."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def at(self, path: str) -> list[Told]:
        return [told for told in self.told if told.path == path]

    def waits_for(self, path: str, count: int = 1) -> list[Told]:
        wait_until(lambda: len(self.at(path)) >= count)
        return self.at(path)


def _handler(app: PagedApp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = app.url + self.path
            app.told.append(Told(self.command, url, dict(self.headers.items()), body))
            status, text = app.says.get(urlsplit(url).path, (200, ""))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml" if text.startswith("<") else "text/plain")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Tests say themselves what went wrong."""

    return Handler
