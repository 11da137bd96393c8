"""An app on Socket Mode without an SDK: it records every frame and answers as the test tells it."""

import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.sandbox.workspace.workspace_process import Json, WorkspaceProcess, wait_until

NO_ACK = object()
Answer = Callable[[Json], Any]


def plain_ack(envelope: Json) -> Any:
    return None


def too_slow(workspace: WorkspaceProcess) -> Answer:
    """Never acknowledges, and the workspace's clock passes its deadline at once."""

    def answer(envelope: Json) -> Any:
        workspace.advance(4)
        return NO_ACK

    return answer


class PlainApp:
    """One connection. ``answer`` gives the acknowledgement's payload, or NO_ACK for none."""

    def __init__(
        self, workspace: WorkspaceProcess, answer: Answer = plain_ack, **opening: Any
    ) -> None:
        self.answer = answer
        self.frames: list[Json] = []
        self.closed = threading.Event()
        # A short farewell: this client waits for itself when an envelope comes just then.
        self._connection: ClientConnection = connect(
            self.address(workspace, **opening), close_timeout=0.5
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_until(lambda: bool(self.frames))

    @staticmethod
    def address(workspace: WorkspaceProcess, **args: Any) -> str:
        told = workspace.call("apps.connections.open", token="app", **args)
        assert told["ok"], told
        url: str = told["url"]
        return url

    @property
    def hello(self) -> Json:
        return self.frames[0]

    @property
    def envelopes(self) -> list[Json]:
        return [frame for frame in self.frames if "envelope_id" in frame]

    @property
    def payloads(self) -> list[Json]:
        return [frame["payload"] for frame in self.envelopes]

    def events(self, kind: str) -> list[Json]:
        events = [payload["event"] for payload in self.payloads if "event" in payload]
        return [event for event in events if event["type"] == kind]

    def acknowledge(self, envelope: Json, payload: Any = None) -> None:
        ack = {"envelope_id": envelope["envelope_id"]}
        if payload is not None:
            ack["payload"] = payload
        self._connection.send(json.dumps(ack))

    def ping(self) -> threading.Event:
        """Set when the pong arrives."""
        return self._connection.ping()

    def close(self) -> None:
        self._connection.close()
        self._reader.join(5)

    def __enter__(self) -> "PlainApp":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self) -> None:
        try:
            for text in self._connection:
                frame = json.loads(text)
                self.frames.append(frame)
                if "envelope_id" in frame:
                    answered = self.answer(frame)
                    if answered is not NO_ACK:
                        self.acknowledge(frame, answered)
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()
