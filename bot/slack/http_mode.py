"""HTTP mode, for who has a public address: Slack calls us, and every request's signature is checked."""

import logging

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp

log = logging.getLogger(__name__)

PATH = "/slack/events"
BODY_MAX = 1_000_000


async def serve_http(app: AsyncApp, port: int) -> web.AppRunner:
    """Listen on loopback, behind a proxy with a certificate. Bolt refuses bad and old signatures."""

    async def receive(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    server = web.Application(client_max_size=BODY_MAX)
    server.router.add_post(PATH, receive)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    log.info("Slack's requests are taken at http://127.0.0.1:%s%s", port, PATH)
    return runner
