"""`perps-bot slack run | check | manifest` from the terminal."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from bot.answer import FAILED, OK, REFUSED, USAGE, Answer
from bot.outside import Outside
from bot.slack.check import check_slack
from bot.slack.manifest import manifest
from bot.slack.serve import ANSWER_WITHIN, serve, settle_environment, web_client
from bot.slack.settings import SettingsUnusable, SlackSettings, slack_settings
from bot.slack.workspace import WrongWorkspace
from store.escalation.file import load_escalation
from store.lock import AlreadyRunning
from store.monitor.server import PortTaken
from store.store import Store

USAGE_LINE = "Usage: slack run | slack check | slack manifest [PUBLIC_URL]"


def print_manifest(words: Sequence[str], outside: Outside) -> int:
    """The manifest needs no desk and no token; with a public address it is one for HTTP mode."""
    command = outside.environment.get("PERPS_SLACK_COMMAND", "/perps")
    outside.out.write(manifest(command, words[0] if words else None))
    return OK


def slack_command(
    words: Sequence[str], store: Store, people_file: Path, outside: Outside
) -> Answer | int:
    """`run` returns when it is told to stop."""
    try:
        settings = slack_settings(store.home.root)
    except SettingsUnusable as why:
        lines = ["Tokens stand in the environment or in .env; README: Connect your Slack."]
        return Answer(f"Slack is not set up: {why}", lines, code=REFUSED)
    if tuple(words) == ("check",):
        return asyncio.run(_check(settings, people_file, outside))
    if tuple(words) != ("run",):
        return Answer("slack: not understood", [USAGE_LINE, "Nothing was changed."], code=USAGE)
    if load_escalation(people_file).workspace is None:
        lines = [f"Add `slack:` with its team and channels to {people_file}."]
        return Answer("escalation.yaml names no Slack workspace", lines, code=REFUSED)
    try:
        asyncio.run(serve(store, people_file, settings, outside))
    except AlreadyRunning as other:
        return Answer(f"A bot of this home runs already (pid {other})", [], code=REFUSED)
    except (WrongWorkspace, PortTaken) as wrong:
        return Answer(f"Refused: {wrong}", [], code=FAILED)
    return OK


async def _check(settings: SlackSettings, people_file: Path, outside: Outside) -> Answer:
    settle_environment(settings)
    async with aiohttp.ClientSession(timeout=ANSWER_WITHIN) as session:
        slack = web_client(settings, session, retries=1)
        return await check_slack(slack, settings, load_escalation(people_file), outside.clock)
