"""A small SMTP server: what mail programs need of RFC 5321, with STARTTLS and AUTH."""

import asyncio
import base64
import binascii
import contextlib
import ssl
from collections.abc import Awaitable, Callable

from sandbox.clock import Clock
from sandbox.faults import REPLY_KINDS, Fault, Faults
from sandbox.pager.credentials import Credentials
from sandbox.pager.mail import Mailboxes
from sandbox.pager.smtp_session import Reply, Session, Then
from sandbox.requestlog import Record, RequestLog

BYTES_MAX = 10 * 1024 * 1024
LINE_MAX = 2048
IDLE_S = 300
PATH = "/smtp"


class SmtpServer:
    """A fault whose path is /smtp meets the end of a message's data."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        credentials: Credentials,
        tls: ssl.SSLContext,
        faults: Faults,
        log: RequestLog,
        clock: Clock,
    ) -> None:
        self._mailboxes = mailboxes
        self._known = (credentials.smtp_user, credentials.smtp_password)
        self._tls = tls
        self._faults = faults
        self._log = log
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, host: str, port: int) -> int:
        """The port that it got."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=LINE_MAX)
        got: int = self._server.sockets[0].getsockname()[1]
        return got

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(BYTES_MAX, self._is_known)
        await _say(writer, Reply(220, "perps-sandbox ESMTP"))
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readline()
            except ValueError:
                await _say(writer, Reply(500, "5.5.2 line too long"))
                return
            if not line:
                return
            then, reply = session.take(line.decode(errors="replace").rstrip("\r\n"))
            if then is Then.READ_DATA:
                await _say(writer, reply)
                if not await self._data(session, reader, writer):
                    return
                continue
            await _say(writer, reply)
            if then is Then.END:
                return
            if then is Then.START_TLS:
                await writer.start_tls(self._tls)
                session.forget(is_private=True)

    async def _data(
        self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """False when the connection was cut."""
        content = await _until_dot(reader)
        sender, receivers = session.sender, tuple(session.receivers)
        session.forget()
        record = self._noted(writer, sender, receivers, content)
        if content is None:
            return await self._said(writer, record, Reply(552, "5.3.4 message too big"))
        fault = self._faults.for_request("SMTP", PATH, kinds=REPLY_KINDS)
        if fault is not None and not fault.args.get("after") and fault.kind != "drop_after":
            replaced = await _struck(fault, writer)
            if replaced is not None:
                return await self._said(writer, record, replaced) and replaced.code > 0
        id = self._mailboxes.deliver(sender or "", receivers, content)
        if fault is not None and fault.kind == "drop_after":
            writer.transport.abort()
            return False
        if fault is not None and fault.kind == "status" and fault.args.get("after"):
            return await self._said(writer, record, _status(fault))
        return await self._said(writer, record, Reply(250, f"2.0.0 Ok: queued as {id}"))

    async def _said(self, writer: asyncio.StreamWriter, record: Record, reply: Reply) -> bool:
        if reply.code:
            record.status = reply.code
            await _say(writer, reply)
        return bool(reply.code)

    def _noted(
        self,
        writer: asyncio.StreamWriter,
        sender: str | None,
        receivers: tuple[str, ...],
        content: bytes | None,
    ) -> Record:
        body = {"from": sender, "to": list(receivers), "bytes": len(content or b"")}
        client = "{}:{}".format(*writer.get_extra_info("peername"))
        now, ns = self._clock.now(), self._clock.monotonic_ns()
        return self._log.add(Record(ns, now, "SMTP", PATH, "", client, body))

    def _is_known(self, encoded: str) -> bool:
        """Of AUTH PLAIN, or the two answers of AUTH LOGIN joined alike."""
        try:
            parts = base64.b64decode(encoded, validate=True).decode(errors="replace").split("\0")
        except binascii.Error:
            return False
        return tuple(parts[-2:]) == self._known


async def _struck(fault: Fault, writer: asyncio.StreamWriter) -> Reply | None:
    """What the client gets instead; a code of 0 is nothing at all. None: the fault let it pass."""
    actions: dict[str, Callable[[], Awaitable[None]]] = {
        "latency": lambda: asyncio.sleep(fault.args["ms"] / 1000),
        "half_open": lambda: asyncio.sleep(fault.args.get("s", IDLE_S)),
    }
    if fault.kind in actions:
        await actions[fault.kind]()
    if fault.kind in ("drop_before", "half_open"):
        writer.transport.abort()
        return Reply(0, "")
    if fault.kind == "auth_error":
        return Reply(530, "5.7.0 Authentication required")
    return _status(fault) if fault.kind in ("status", "html") else None


def _status(fault: Fault) -> Reply:
    return Reply(int(fault.args.get("code", 451)), str(fault.args.get("body", "as it was ordered")))


async def _until_dot(reader: asyncio.StreamReader) -> bytes | None:
    """None for more than a server takes; it is read to its end all the same."""
    lines: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                line = await reader.readline()
        except ValueError:
            size = BYTES_MAX + 1
            continue
        if not line:
            raise ConnectionResetError("cut in the middle of the data")
        if line in (b".\r\n", b".\n"):
            return b"".join(lines) if size <= BYTES_MAX else None
        size += len(line)
        if size <= BYTES_MAX:
            lines.append(line[1:] if line.startswith(b".") else line)


async def _say(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(reply.wire())
    await writer.drain()
