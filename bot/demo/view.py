"""What the demo's terminal shows: the URL, the desk live, and what can be typed beside it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bot.answer import Answer, Table
from bot.commands.looking import status as status_command
from bot.commands.recorded import events as events_command
from bot.commands.registry import Context
from bot.demo.children import Children
from bot.outside import Outside
from bot.picture import Picture, read_picture
from bot.surface import terminal
from bot.terminal.render import renderable
from bot.words import count
from core.people import Person, shell_actor
from store.codes import present_code
from store.store import Store

EVERY_S = 1.0
LINE_EVERY_S = 10.0
CELL_MAX = 70
CODES_OF = ("alice", "bob")


@dataclass(frozen=True, slots=True)
class View:
    """What there is to see."""

    home: Path
    desk: str
    url: str
    store: Store
    people: Mapping[str, Person]
    outside: Outside

    def picture(self) -> Picture:
        outside = self.outside
        return read_picture(self.store, self.desk, outside.clock(), outside.monotonic_ns())

    def show(self, children: Children) -> None:
        """Until the exchange, Slack or the pager has ended; Ctrl+C raises KeyboardInterrupt."""
        out, say = self.outside.out, self.outside.say
        if not out.isatty():
            due_s = 0.0
            while children.look_after(now_s := time.monotonic(), say):
                if now_s >= due_s:
                    due_s = now_s + LINE_EVERY_S
                    say(_one_line(self.picture()))
                time.sleep(EVERY_S)
            return
        console = Console(file=out, highlight=False)
        with Live(console=console, auto_refresh=False, screen=False) as live:
            while children.look_after(time.monotonic(), live.console.print):
                live.update(self._everything(), refresh=True)
                time.sleep(EVERY_S)

    def _everything(self) -> Group:
        """What must be seen in a low window stands first."""
        now, store = self.outside.clock(), self.store
        context = Context(
            store,
            [self.desk],
            shell_actor("demo"),
            "view",
            now,
            self.outside.monotonic_ns(),
            terminal(".venv/bin/perps-bot"),
        )
        codes = "   ".join(
            f"{name} {present_code(store.home.secrets, name, now)}"
            for name in CODES_OF
            if name in self.people
        )
        return Group(
            Text(f"Slack on this machine:  {self.url}", "bold green"),
            Text(f"one-time codes for the terminal:   {codes}   (else on their phones)", "cyan"),
            renderable(status_command(context, [])),
            renderable(_short(events_command(context, ["6"]))),
            Text(typing_hints(self.home)),
            Text("Ctrl+C ends the demo; positions and stops stay at its exchange.", style="dim"),
        )


def typing_hints(home: Path) -> str:
    """What to type in a second terminal, where Slack is not wanted or is down."""
    at = "" if home.absolute() == Path("var/demo").absolute() else f" --home {home}"
    run = ".venv/bin/perps-bot"
    return "\n".join(
        [
            "Or without Slack, in a second terminal:",
            f"  {run} status{at}",
            f"  {run} kill{at} it looks wrong        holds the desk and names a request",
            f"  {run} confirm REQUEST{at} --as bob --code CODE    closes everything",
            f"  {run} resume{at} --as alice --code CODE",
        ]
    )


def _one_line(picture: Picture) -> str:
    known = picture.unknown or (
        f"{count(len(picture.positions), 'position')}, {count(len(picture.live), 'live order')}"
    )
    return f"{picture.now:%H:%M:%S} {picture.desk} {picture.row.mode.name}, {known}"


def _short(answer: Answer) -> Answer:
    """Events without the long details: the view must fit a screen."""
    tables = [
        Table(table.title, table.head, [[cell[:CELL_MAX] for cell in row] for row in table.rows])
        for table in answer.tables
    ]
    return Answer("", [], tables)
