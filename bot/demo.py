"""The demo: an exchange and a trader on this machine, and a live view that says what to type next."""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bot.answer import FAILED, OK, Answer, Table
from bot.commands.looking import events as events_command
from bot.commands.looking import status as status_command
from bot.commands.registry import Context
from bot.commands.shown import orders_table
from bot.picture import read_picture
from bot.terminal.render import renderable
from core.people import Person, shell_actor
from store.codes import enroll, is_enrolled, present_code
from store.home import Home
from store.lock import running_pid
from store.people import load_people
from store.store import Store

READY_S = 60.0
STOP_S = 40.0
VIEW_EVERY_S = 1.0
LINE_EVERY_S = 10.0
DEMO_PEOPLE = ("alice", "bob")

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo lives."""

    home: Path
    port_base: int
    people_file: Path
    desk: str


class NotReady(Exception):
    """A part of the demo did not come up; the message says which and what it said."""


def run_demo(demo: Demo, open_store: Callable[[], Store], clock: Clock) -> int:
    """Start everything, show it until Ctrl+C, end everything."""
    store = open_store()
    people = _settle_people(demo, store)
    children: list[subprocess.Popen[str]] = []
    try:
        exchange = _start_exchange(demo)
        children.append(exchange)
        url = _wait_for_exchange(exchange)
        trader = _start_trader(demo, url)
        children.append(trader)
        _wait_for_trader(store, demo.desk, trader)
        _say(f"ready {url} (home {demo.home})")
        _say(typing_hints(demo.home))
        _show_until_interrupted(demo, store, people, trader, clock)
        return OK
    except NotReady as why:
        _say(f"the demo did not come up: {why}")
        return FAILED
    except KeyboardInterrupt:
        return OK
    finally:
        _end(children)
        store.close()


def typing_hints(home: Path) -> str:
    """What to type in a second terminal."""
    at = "" if home == Path("var/demo") else f" --home {home}"
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
            "The codes are shown below; on a real desk each is on its owner's phone.",
        ]
    )


def _settle_people(demo: Demo, store: Store) -> dict[str, Person]:
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


def _start_trader(demo: Demo, url: str) -> "subprocess.Popen[str]":
    sandbox = demo.home / "sandbox"
    environment = os.environ | {
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


def _wait_for_trader(store: Store, desk: str, trader: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + READY_S
    said = store.home.logs / "trader.out"
    while running_pid(store.home.single("loop", desk)) is None:
        if trader.poll() is not None:
            raise NotReady(f"the trader ended: {said.read_text()[-2000:]}")
        if time.monotonic() > deadline:
            raise NotReady(f"the trader did not start; see {said}")
        time.sleep(0.1)


def _show_until_interrupted(
    demo: Demo,
    store: Store,
    people: dict[str, Person],
    trader: "subprocess.Popen[str]",
    clock: Clock,
) -> None:
    terminal = sys.stdout.isatty()
    if not terminal:
        while trader.poll() is None:
            _say(_one_line(store, demo.desk, clock()))
            time.sleep(LINE_EVERY_S)
        return
    with Live(console=Console(highlight=False), auto_refresh=False, screen=False) as live:
        while trader.poll() is None:
            live.update(_view(demo, store, people, clock()), refresh=True)
            time.sleep(VIEW_EVERY_S)


def _one_line(store: Store, desk: str, now: datetime) -> str:
    picture = read_picture(store, desk, now)
    known = picture.unknown or f"{len(picture.positions)} positions, {len(picture.live)} orders"
    return f"{now:%H:%M:%S} {desk} {picture.row.mode.name}, {known}"


def _view(demo: Demo, store: Store, people: dict[str, Person], now: datetime) -> Group:
    context = Context(store, [demo.desk], shell_actor("demo"), "view", now)
    orders = read_picture(store, demo.desk, now).live[-8:]
    parts: list[Answer] = [
        status_command(context, []),
        Answer("", [], [orders_table("live orders", orders, now)]),
        _short(events_command(context, ["6"])),
    ]
    codes = "   ".join(
        f"{name} {present_code(store.home.secrets, name, now)}"
        for name in DEMO_PEOPLE
        if name in people
    )
    return Group(
        *(renderable(part) for part in parts),
        Text(""),
        Text(typing_hints(demo.home)),
        Text(f"one-time codes now:   {codes}", style="bold cyan"),
        Text("Ctrl+C ends the demo; positions and their stops stay at its exchange.", style="dim"),
    )


def _short(answer: Answer) -> Answer:
    """Events without the long details: the view must fit a screen."""
    tables = [
        Table(table.title, table.head, [[cell[:70] for cell in row] for row in table.rows])
        for table in answer.tables
    ]
    return Answer("", [], tables)


def _end(children: list["subprocess.Popen[str]"]) -> None:
    """The trader first, so that it can drain against an exchange that still answers."""
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


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
