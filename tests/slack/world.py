"""A workspace, a home and the bot between them, all real: what the stories in Slack are told with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.slack.card import CARD, CONFIRM, OBJECT
from core.modes import Mode
from store.schema import refused_attempts
from store.slack_posts import read_post
from tests.bot.conftest import MEMORY
from tests.slack.home import BotProcess, Home
from tests.slack.workspace_process import IDS, WorkspaceProcess, wait_until

CONNECTIONS = 2
NO_PROXY_THERE = "http://127.0.0.1:9"


class World:
    """One bot serves every desk of the home; each story has a desk of its own."""

    def __init__(self, place: Path, *options: str) -> None:
        self.home = Home(place / "home")
        self.home.begin("spare")
        self.people = self.home.people()
        self.workspace = WorkspaceProcess(place / "slack", *options)
        self._desks = 0
        self.bot = BotProcess(self.home.home, self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """A proxy that nobody answers at is named as well: Slack's library heeds it even on loopback."""
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"), NO_PROXY_THERE)
        return self.workspace.environment | proxies

    def wait_ready(self) -> None:
        self.bot.wait_ready()
        self.wait_connected()

    def wait_connected(self, connections: int = CONNECTIONS) -> None:
        there = self.workspace.connections
        wait_until(lambda: there() == connections, f"{connections} connections", seconds=20)

    def desk(self) -> str:
        """A new one that trades."""
        self._desks += 1
        return self.home.trading(f"desk{self._desks}")

    def restore(self) -> None:
        """What a story changed for everybody."""
        self.workspace.clear_faults()
        self.home.set_people(self.people)
        self.home.write(lambda store, tx: tx.execute(refused_attempts.delete()))
        for name in IDS:
            if name != "eve":
                self.workspace.change_member(name, deleted=False, is_guest=False)

    def restart_bot(self) -> None:
        self.bot = BotProcess(self.home.home, self.environment)
        self.wait_ready()

    def close(self) -> None:
        self.bot.stop()
        self.workspace.stop()
        self.home.close()

    # A kill

    def kill(self, desk: str, reason: str = "it looks wrong", by: str = "alice") -> Any:
        """Typed in Slack; the card, once it stands."""
        said = self.workspace.command(by, f"kill {desk} {reason}")
        assert said["ok"], said
        return self.card(desk)

    def card(self, desk: str, saying: str = "") -> Any:
        """The card of this desk's newest request, once it says this."""

        def there() -> bool:
            return any(saying in card["text"] for card in self.cards(desk)[-1:])

        wait_until(there, f"a card of {desk} saying {saying!r}")
        return self.cards(desk)[-1]

    def cards(self, desk: str) -> list[Any]:
        """Everything in the channel, threads left aside, that begins with a sign and this desk."""
        return [
            message
            for message in self.workspace.said_by_bot(f" {desk}: ")
            if message["blocks"][0]["type"] == "header"
        ]

    def wait_settled(self, desk: str) -> None:
        """The bot knows where the card of this desk's only request stands."""
        key = f"{CARD}{self.home.request(desk).id}"

        def known() -> bool:
            post = self.home.read(lambda c: read_post(c, key))
            return post is not None and post.ts is not None

        wait_until(known, f"where the card of {desk} stands")

    def confirm(self, user: str, card: Any, **more: Any) -> Any:
        return self.workspace.click(user, card, CONFIRM, **more)

    def object(self, user: str, card: Any) -> Any:
        return self.workspace.click(user, card, OBJECT)

    # What came of it

    def wait_mode(self, desk: str, mode: Mode) -> None:
        wait_until(lambda: self.home.mode(desk) is mode, f"{desk} to be {mode.name}")

    def wait_told(self, user: str, saying: str, seconds: float = 8) -> str:
        """What only this member was told."""
        told = self.workspace.told
        wait_until(
            lambda: any(saying in text for text in told(user)),
            f"{user} told {saying!r}",
            seconds=seconds,
        )
        return next(text for text in reversed(told(user)) if saying in text)

    def replies(self, card: Any) -> list[Any]:
        """What stands in the card's thread, oldest first."""
        return [
            message
            for message in self.workspace.messages()
            if message["thread_ts"] == card["ts"] and message["ts"] != card["ts"]
        ]


@contextmanager
def memory() -> Iterator[Path]:
    """A place where nothing waits for a disk, if there is one."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made)


@contextmanager
def a_world(place: Path, *options: str) -> Iterator[World]:
    world = World(place, *options)
    try:
        world.wait_ready()
        yield world
    finally:
        world.close()
