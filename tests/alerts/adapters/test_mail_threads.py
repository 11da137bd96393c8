"""A mail server that takes connections and then says nothing."""

import asyncio
import socket

from alerts.adapters.mail import Mail, MailServer
from tests.alerts.adapters.service import LETTER


def test_a_mail_server_that_does_not_answer_keeps_no_thread_from_the_store() -> None:
    async def while_many_wait(port: int, silent: socket.socket) -> int:
        adapter = Mail(MailServer("127.0.0.1", port, "desk@example.com"))
        sending = [asyncio.create_task(adapter.send(LETTER)) for _ in range(40)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(1):
                return await asyncio.to_thread(int, "7")
        finally:
            silent.close()  # resets whatever waits, and refuses the rest
            await asyncio.gather(*sending, return_exceptions=True)

    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        assert asyncio.run(while_many_wait(silent.getsockname()[1], silent)) == 7
