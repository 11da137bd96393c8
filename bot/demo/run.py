"""Runs the demo: everything on loopback, from a fresh home or from one that was used before."""

import shutil
import signal
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.answer import FAILED, OK
from bot.demo.children import Children, NotReady
from bot.demo.view import CODES_OF, View, typing_hints
from bot.outside import Outside
from bot.slack.settings import of_sandbox
from core.people import Person
from store.codes import enroll, is_enrolled
from store.escalation import load_people
from store.lock import running_pid
from store.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo lives. `port_base` is the page's; the exchange's follow it."""

    home: Path
    port_base: int
    people_file: Path
    desk: str
    browser: bool


def run_demo(demo: Demo, outside: Outside) -> int:
    """Start everything, show it until Ctrl+C, end everything."""
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # a shell's background job ignores the second one
        signal.signal(number, signal.default_int_handler)
    store = open_store(demo.home, outside.clock())
    children = Children(store.home.logs)
    try:
        people = _settle_people(demo, store)
        exchange_url, control_url = _start_exchange(demo, children)
        url = _start_workspace(demo, children, control_url)
        view = View(demo.home, demo.desk, url, store, people, outside)
        _start_bot(demo, children, outside)
        _start_trader(demo, children, exchange_url, view)
        outside.say(f"ready {url} (home {demo.home})")
        outside.say(typing_hints(demo.home))
        if demo.browser and outside.out.isatty():
            webbrowser.open(url)
        view.show(children)
        raise NotReady(f"a part of the demo ended by itself; see {store.home.logs}")
    except NotReady as why:
        outside.say(f"the demo is over: {why}")
        return FAILED
    except KeyboardInterrupt:
        return OK
    finally:
        children.end(outside.say)
        store.close()


def _settle_people(demo: Demo, store: Store) -> Mapping[str, Person]:
    own = demo.home / "escalation.yaml"
    if not own.exists():
        shutil.copyfile(demo.people_file, own)
    people = load_people(own)
    for name in CODES_OF:
        if name in people and not is_enrolled(store.home.secrets, name):
            enroll(store.home.secrets, name)
    return people


def _start_exchange(demo: Demo, children: Children) -> tuple[str, str]:
    """Its URL, and its control's."""
    ports = [f"--port={demo.port_base + 1}", f"--control-port={demo.port_base + 3}"]
    words = children.server("exchange", [f"--home={demo.home}", *ports])
    return words[2], words[4]


def _start_workspace(demo: Demo, children: Children, exchange_control: str) -> str:
    """The page's URL."""
    where = [f"--home={demo.home}", f"--port={demo.port_base}"]
    return children.server("workspace", [*where, f"--exchange-control={exchange_control}"])[2]


def _start_bot(demo: Demo, children: Children, outside: Outside) -> None:
    """Until it has said that it runs. Tokens of a real Slack, in the environment or .env, are not used."""
    arguments = ["bot", "slack", "run", f"--home={demo.home}"]
    environment = {**outside.environment, **of_sandbox(demo.home)}
    before = _said(children, "bot")
    child = children.process("bot", arguments, environment)
    children.wait_until("bot", child, lambda: "ready bot" in _said(children, "bot")[len(before) :])


def _said(children: Children, name: str) -> str:
    file = children.said(name)
    return file.read_text() if file.exists() else ""


def _start_trader(demo: Demo, children: Children, exchange_url: str, view: View) -> None:
    """Until its loop has read the exchange once in this start."""
    sandbox = demo.home / "sandbox"
    environment = {
        **view.outside.environment,
        "PERPS_EXCHANGE_URL": exchange_url,
        "PERPS_EXCHANGE_CA": str(sandbox / "ca.pem"),
        "PERPS_TRADER_KEY_FILE": str(sandbox / "keys" / "trader.json"),
        "PERPS_GUARD_KEY_FILE": str(sandbox / "keys" / "guard.json"),
        "PERPS_DESK": demo.desk,
    }
    began = view.outside.clock()
    arguments = ["trader", "run", f"--home={demo.home}", "--profile=dev"]
    child = children.process("trader", arguments, environment)

    def ready() -> bool:
        if running_pid(view.store.home.single("loop", demo.desk)) is None:
            return False
        looked_at = view.picture().looked_at
        return looked_at is not None and looked_at >= began

    children.wait_until("trader", child, ready)
