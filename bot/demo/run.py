"""The demo: an exchange and a trader on this machine, and a live view that says what to type next."""

import contextlib
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bot.answer import FAILED, OK, Answer, Table
from bot.commands.looking import events as events_command
from bot.commands.looking import status as status_command
from bot.commands.registry import Context
from bot.outside import Outside
from bot.picture import Picture, read_picture
from bot.surface import terminal
from bot.terminal.render import renderable
from bot.words import count
from core.people import Person, shell_actor
from store.codes import enroll, is_enrolled, present_code
from store.escalation import load_people
from store.home import Home
from store.lock import running_pid
from store.store import Store, open_store

READY_S = 60.0
STOP_S = 40.0
VIEW_EVERY_S = 1.0
LINE_EVERY_S = 10.0
DEMO_PEOPLE = ("alice", "bob")


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo lives."""

    home: Path
    port_base: int
    people_file: Path
    desk: str


class NotReady(Exception):
    """A part of the demo did not come up; the message says which and what it said."""


def run_demo(demo: Demo, outside: Outside) -> int:
    """Start everything, show it until Ctrl+C, end everything."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    store = open_store(demo.home, outside.clock())
    children: list[subprocess.Popen[str]] = []
    try:
        people = _settle_people(demo, store)
        exchange = _start_exchange(demo)
        children.append(exchange)
        url = _wait_for_exchange(exchange)
        trader = _start_trader(demo, url, outside)
        children.append(trader)
        _wait_for_trader(demo, store, trader, outside)
        outside.say(f"ready {url} (home {demo.home})")
        outside.say(typing_hints(demo.home))
        _show_until_interrupted(demo, store, people, children, outside)
        raise NotReady(f"a part of the demo ended by itself; see {store.home.logs}")
    except NotReady as why:
        outside.say(f"the demo is over: {why}")
        return FAILED
    except KeyboardInterrupt:
        return OK
    finally:
        _end(children, outside)
        store.close()


def typing_hints(home: Path) -> str:
    """What to type in a second terminal."""
    at = "" if home.absolute() == Path("var/demo").absolute() else f" --home {home}"
    run = ".venv/bin/perps-bot"
    return "\n".join(
        [
            "In a second terminal:",
            f"  {run} status{at}",
            f"  {run} positions{at}",
            f"  {run} kill{at} it looks wrong        holds the desk and names a request",
            f"  {run} confirm REQUEST{at} --as bob --code CODE    closes everything",
            f"  {run} resume{at} --as alice --code CODE",
            f"  {run} confirm REQUEST{at} --as bob --code CODE    trades again",
            "The codes are shown above; on a real desk each is on its owner's phone.",
        ]
    )


def _settle_people(demo: Demo, store: Store) -> Mapping[str, Person]:
    own = demo.home / "escalation.yaml"
    if not own.exists():
        shutil.copyfile(demo.people_file, own)
    people = load_people(own)
    for name in DEMO_PEOPLE:
        if name in people and not is_enrolled(store.home.secrets, name):
            enroll(store.home.secrets, name)
    return people


def _start_exchange(demo: Demo) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "sandbox", "exchange", f"--home={demo.home}"]
    command += [f"--port={demo.port_base + 1}", f"--control-port={demo.port_base + 3}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def _wait_for_exchange(exchange: "subprocess.Popen[str]") -> str:
    """Its URL, from the line that says that it answers."""
    assert exchange.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(exchange.stdout, selectors.EVENT_READ)
        if not selector.select(READY_S):
            raise NotReady(f"the exchange said nothing for {READY_S:.0f} s")
    words = exchange.stdout.readline().split()
    if words[:2] != ["ready", "exchange"]:
        raise NotReady("the exchange ended; its own words are above (is the port taken?)")
    return words[2]


def _start_trader(demo: Demo, url: str, outside: Outside) -> "subprocess.Popen[str]":
    sandbox = demo.home / "sandbox"
    environment = {
        **outside.environment,
        "PERPS_EXCHANGE_URL": url,
        "PERPS_EXCHANGE_CA": str(sandbox / "ca.pem"),
        "PERPS_TRADER_KEY_FILE": str(sandbox / "keys" / "trader.json"),
        "PERPS_GUARD_KEY_FILE": str(sandbox / "keys" / "guard.json"),
        "PERPS_DESK": demo.desk,
    }
    logs = Home(demo.home).logs / "trader.out"
    command = [sys.executable, "-m", "trader", "run", f"--home={demo.home}", "--profile=dev"]
    with logs.open("a") as out:
        return subprocess.Popen(
            command,
            env=environment,
            stdout=out,
            stderr=out,
            text=True,
            start_new_session=True,
        )


def _wait_for_trader(
    demo: Demo, store: Store, trader: "subprocess.Popen[str]", outside: Outside
) -> None:
    """Until its loop has read the exchange once in this start."""
    began, deadline = outside.clock(), time.monotonic() + READY_S
    said = store.home.logs / "trader.out"
    while True:
        if trader.poll() is not None:
            raise NotReady(f"the trader ended: {said.read_text()[-2000:]}")
        if time.monotonic() > deadline:
            raise NotReady(f"the trader did not start; see {said}")
        if running_pid(store.home.single("loop", demo.desk)) is not None:
            looked_at = _picture(demo, store, outside).looked_at
            if looked_at is not None and looked_at >= began:
                return
        time.sleep(0.1)


def _picture(demo: Demo, store: Store, outside: Outside) -> Picture:
    return read_picture(store, demo.desk, outside.clock(), outside.monotonic_ns())


def _show_until_interrupted(
    demo: Demo,
    store: Store,
    people: Mapping[str, Person],
    children: list["subprocess.Popen[str]"],
    outside: Outside,
) -> None:
    """Returns when a child has ended; Ctrl+C raises KeyboardInterrupt."""
    if not outside.out.isatty():
        while all(child.poll() is None for child in children):
            outside.say(_one_line(_picture(demo, store, outside)))
            time.sleep(LINE_EVERY_S)
        return
    console = Console(file=outside.out, highlight=False)
    with Live(console=console, auto_refresh=False, screen=False) as live:
        while all(child.poll() is None for child in children):
            live.update(_view(demo, store, people, outside), refresh=True)
            time.sleep(VIEW_EVERY_S)


def _one_line(picture: Picture) -> str:
    known = picture.unknown or (
        f"{count(len(picture.positions), 'position')}, {count(len(picture.live), 'live order')}"
    )
    return f"{picture.now:%H:%M:%S} {picture.desk} {picture.row.mode.name}, {known}"


def _view(demo: Demo, store: Store, people: Mapping[str, Person], outside: Outside) -> Group:
    """What must be seen in a low window stands first."""
    now = outside.clock()
    context = Context(
        store,
        [demo.desk],
        shell_actor("demo"),
        "view",
        now,
        outside.monotonic_ns(),
        terminal(".venv/bin/perps-bot"),
    )
    codes = "   ".join(
        f"{name} {present_code(store.home.secrets, name, now)}"
        for name in DEMO_PEOPLE
        if name in people
    )
    return Group(
        Text(f"one-time codes now:   {codes}   (on a real desk: on their phones)", "bold cyan"),
        renderable(status_command(context, [])),
        renderable(_short(events_command(context, ["6"]))),
        Text(typing_hints(demo.home)),
        Text("Ctrl+C ends the demo; positions and their stops stay at its exchange.", style="dim"),
    )


def _short(answer: Answer) -> Answer:
    """Events without the long details: the view must fit a screen."""
    tables = [
        Table(table.title, table.head, [[cell[:70] for cell in row] for row in table.rows])
        for table in answer.tables
    ]
    return Answer("", [], tables)


def _end(children: list["subprocess.Popen[str]"], outside: Outside) -> None:
    """The trader first, so that it can drain against an exchange that still answers.

    A second Ctrl+C is not listened to: it would leave the children behind.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if children:
        with contextlib.suppress(
            BrokenPipeError
        ):  # nobody listens any more; the children still end
            outside.say("ending the demo; the trader drains first")
    for child in reversed(children):
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child.stdout is not None:
            child.stdout.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
