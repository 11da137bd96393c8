"""Runs the demo: everything on loopback, from a fresh home or from one that was used before."""

import json
import shutil
import signal
import socket
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.answer import FAILED, OK
from bot.demo.children import Children, NotReady
from bot.demo.view import CODES_OF, View, typing_hints
from bot.outside import Outside
from bot.slack.settings import of_sandbox
from core.oncall.contacts import Means
from core.people import Person
from store.codes import enroll, is_enrolled
from store.escalation.file import load_escalation, load_people
from store.lock import running_pid
from store.store import Store, open_store

INTAKE = 4
"""Beside the page's port: where the alerts process listens for answers from phones."""
TRADER_MONITORS, BOT_MONITORS = 6, 7
"""Beside it, too: where trader and bot show themselves to monitors."""
PORTS = 8


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
        _need_ports(demo.port_base)
        people = _settle_people(demo, store)
        exchange_url, control_url = _start_exchange(demo, children)
        pager_url = _start_pager(demo, children)
        url = _start_workspace(demo, children, control_url, pager_url)
        view = View(demo.home, demo.desk, url, store, people, outside)
        _start_bot(demo, children, outside)
        _start_alerts(demo, children, outside)
        _start_trader(demo, children, exchange_url, view)
        outside.say(f"ready {url} (home {demo.home})")
        outside.say(typing_hints(demo.home))
        if demo.browser and outside.out.isatty():
            webbrowser.open(url)
        view.show(children)
        raise NotReady("its exchange, Slack or pager has ended by itself")
    except NotReady as why:
        outside.say(f"the demo is over: {why}")
        return FAILED
    except KeyboardInterrupt:
        return OK
    finally:
        children.end(outside.say)
        store.close()


def _need_ports(base: int) -> None:
    """Before anything is started. Raises NotReady."""
    for port in range(base, base + PORTS):
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                free.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as why:
                raise NotReady(
                    f"it needs the ports {base} to {base + PORTS - 1}, and {port} is taken or not allowed; "
                    f"end what listens there (another demo?) or choose others: --port-base=18970"
                ) from why


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


def _start_pager(demo: Demo, children: Children) -> str:
    """Its URL. What people answer on their phones goes to the alerts process."""
    answers = f"http://127.0.0.1:{demo.port_base + INTAKE}"
    where = [f"--home={demo.home}", f"--port={demo.port_base + 2}"]
    where.append(f"--smtp-port={demo.port_base + 5}")
    reached = load_escalation(demo.home / "escalation.yaml").alerts.addresses
    phones = (Means.SMS, Means.VOICE, Means.PUSH, Means.EMAIL)
    for name, addresses in reached.items():
        own = {address for means, address in addresses.items() if means in phones}
        if own:
            where.append(f"--person={name}={','.join(sorted(own))}")
    hooks = [f"--sms-url={answers}/twilio/sms", f"--pagerduty-url={answers}/pagerduty"]
    return children.server("pager", [*where, *hooks])[2]


def _start_workspace(demo: Demo, children: Children, exchange: str, pager: str) -> str:
    """The page's URL."""
    where = [f"--home={demo.home}", f"--port={demo.port_base}"]
    beside = [f"--exchange-control={exchange}", f"--pager-control={pager}"]
    return children.server("workspace", [*where, *beside])[2]


def _start_bot(demo: Demo, children: Children, outside: Outside) -> None:
    """Until it has said that it runs. Tokens of a real Slack, in the environment or .env, are not used."""
    arguments = ["bot", "slack", "run", f"--home={demo.home}"]
    monitors = {"PERPS_BOT_METRICS_PORT": str(demo.port_base + BOT_MONITORS)}
    environment = {**outside.environment, **of_sandbox(demo.home), **monitors}
    before = _said(children, "bot")
    child = children.process("bot", arguments, environment)
    children.wait_until("bot", child, lambda: "ready bot" in _said(children, "bot")[len(before) :])


def _start_alerts(demo: Demo, children: Children, outside: Outside) -> None:
    """Until it has said that it runs. It finds the demo's Slack and pager in the home."""
    port = demo.port_base + INTAKE
    real = ("SLACK_", "TWILIO_", "PAGERDUTY_", "NTFY_", "SMTP_", "PERPS_WEBHOOK_")
    kept = {k: v for k, v in outside.environment.items() if not k.startswith(real)}
    here = {"PERPS_ALERTS_PORT": str(port), "PERPS_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    before = _said(children, "alerts")
    arguments = ["alerts", "run", f"--home={demo.home}"]
    child = children.process("alerts", arguments, {**kept, **of_sandbox(demo.home), **here})
    children.wait_until(
        "alerts", child, lambda: "ready alerts" in _said(children, "alerts")[len(before) :]
    )


def _pager_of_sandbox(home: Path) -> dict[str, str]:
    """By which the guard calls people while alerts are silent."""
    told = json.loads((home / "sandbox" / "pager.json").read_text())
    return {
        "PAGERDUTY_URL": told["url"],
        "PAGERDUTY_ROUTING_KEY": told["pagerduty"]["routing_key"],
        "PERPS_WEBHOOK_URL": f"{told['url']}/webhook/desk",
        "PERPS_WEBHOOK_SECRET": told["webhook"]["secret"],
    }


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
        **_pager_of_sandbox(demo.home),
        "PERPS_TRADER_METRICS_PORT": str(demo.port_base + TRADER_MONITORS),
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
