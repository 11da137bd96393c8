"""A desk of real processes: exchange, guard and loop, with this process as the people and the weather."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from core.modes import Mode
from core.orders import Kind, OrderState
from core.people import Actor, Person, Role
from core.requests import Action, Request, RequestState
from store import asking, decisions
from store.control import desks, read_constraints, read_row
from store.decisions import Tightened
from store.events import latest
from store.flattening import read_job
from store.ledger import held, read_positions
from store.lock import running_pid
from store.orders import live_orders
from store.page import GatePage, PageUnreadable
from store.requests import open_requests, read_request
from store.store import Store, open_store
from tests.sandbox.exchange_process import ExchangeProcess
from tests.torture.slack import SlackSide

DESK = "main"
BOT_WITHIN_S = 2
"""So soon a bot has done what was typed; else whoever looks after it starts it again."""


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except FileNotFoundError:
        return None


def _is_kill(request: Request) -> bool:
    return request.action is Action.KILL


def wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (this harness's composition root)


def approver(name: str) -> Actor:
    roles = frozenset({Role.OPERATOR, Role.APPROVER})
    return Actor(name, Person(name, name.title(), roles))


ALICE, BOB = approver("alice"), approver("bob")


class RealDesk:
    """Starts, disturbs and watches one desk; ends everything that it started."""

    def __init__(
        self,
        root: Path,
        program: str = "trader",
        *,
        exchange: tuple[str, ...] = ("--no-rate-limits",),
        home: Path | None = None,
        sabotage: str = "",
        slack: bool = False,
        begin: Callable[[ExchangeProcess], object] | None = None,
    ) -> None:
        """`exchange`: its options. `home`: where it is not to lie under the root. `slack`: with a bot.

        `begin`: what happened on the exchange before.
        """
        root.mkdir(parents=True, exist_ok=True)
        self._program = program
        self._guards: list[subprocess.Popen[bytes]] = []
        self._slack: SlackSide | None = None
        self.weather: list[subprocess.Popen[bytes]] = []
        """Processes that disturb the desk and end by themselves."""
        self.home = home or root / "home"
        self._log = (root / "trader.log").open("w")
        self.exchange = ExchangeProcess(root / "exchange", *exchange)
        self.store: Store = open_store(self.home, wall())
        try:
            self._begin(begin or (lambda exchange: None), sabotage, root if slack else None)
        except BaseException:
            self.close()
            raise

    def _begin(
        self, begin: Callable[[ExchangeProcess], object], sabotage: str, slack: Path | None
    ) -> None:
        begin(self.exchange)
        if sabotage:
            (self.home / "SABOTAGE").write_text(sabotage)
        self.start_guard()
        self.until(lambda: DESK in self.store.read(desks), 20)
        if slack is not None:
            self._slack = SlackSide(slack, self.home)
            self._slack.bot.wait_ready()

    def start_guard(self) -> None:
        environment = os.environ | {
            "PERPS_EXCHANGE_URL": self.exchange.url,
            "PERPS_EXCHANGE_CA": self.exchange.ca,
            "PERPS_TRADER_KEY_FILE": self.exchange.key_file("trader"),
            "PERPS_GUARD_KEY_FILE": self.exchange.key_file("guard"),
        }
        command = [sys.executable, "-m", self._program, "run", f"--home={self.home}"]
        self._guards.append(
            subprocess.Popen(
                [*command, "--profile", "dev"],
                env=environment,
                stdout=self._log,
                stderr=subprocess.STDOUT,
            )
        )

    # Disturbances

    def signal_loop(self, number: int) -> None:
        pid = self.loop_pid()
        if pid is not None:
            self._send(pid, number)

    def loop_pid(self) -> int | None:
        return running_pid(self.store.home.single("loop", DESK))

    def strike(self, point: str, number: int) -> None:
        """The loop is struck when it comes by there; only the faulty program knows of such points."""
        (self.home / "STRIKE").write_text(f"{point}|{int(number)}")

    def guard_pid(self) -> int | None:
        return self._guards[-1].pid

    def bot_pid(self) -> int | None:
        return self._slack.bot.process.pid if self._slack is not None else None

    def signal_guard(self, number: int) -> None:
        self._send(self._guards[-1].pid, number)

    def restart_guard(self) -> None:
        """At once, as a service manager would."""
        self._guards[-1].kill()
        self._guards[-1].wait()
        self.start_guard()

    def ensure_guard(self) -> None:
        """A guard that was killed is started again, as a service manager would."""
        if self._guards[-1].poll() is not None:
            self.start_guard()

    def calm(self) -> None:
        """The weather ends: what was stopped goes on, what was killed is started again."""
        self.signal_loop(signal.SIGCONT)
        self.signal_guard(signal.SIGCONT)
        self.exchange.clear_faults()
        (self.home / "STRIKE").unlink(missing_ok=True)
        self.ensure_guard()
        if self._slack is not None:
            self._slack.calm()
        while self.weather:
            self.weather.pop().wait()

    def _send(self, pid: int, number: int) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

    # People

    def kill(self) -> tuple[Request, int]:
        """Alice's kill and the instant of its acknowledgement.

        A store that was locked all the while has no record of it yet; she asks again until it has.
        """
        answer = self._ask_kill()
        acknowledged = time.monotonic_ns()
        while answer.request is None:
            assert not answer.applied.recorded, answer
            assert self.store.home.kill_file.exists(), (
                "held without a record, by page and KILL file"
            )
            answer = self._ask_kill()
        return answer.request, acknowledged

    @property
    def has_bot(self) -> bool:
        return self._slack is not None

    @property
    def in_slack(self) -> SlackSide:
        assert self._slack is not None, "this desk was started without a bot"
        return self._slack

    def kill_in_slack(self) -> tuple[Request, int]:
        """Alice types it there, again as long as she sees nothing; when the desk was held at the latest."""
        deadline = time.monotonic() + 60
        while True:
            self.in_slack.type_kill(DESK)
            if self.becomes(lambda: bool(self._kills()), BOT_WITHIN_S):
                break  # the mode alone may be a constraint's
            assert time.monotonic() < deadline, self.story()
            self.in_slack.calm()
        held_at = time.monotonic_ns()
        return self._kills()[0], held_at

    def _kills(self) -> list[Request]:
        return [r for r in self.store.read(lambda c: open_requests(c, DESK)) if _is_kill(r)]

    def _ask_kill(self) -> Tightened:
        answer = decisions.ask_kill(
            self.store, DESK, ALICE, "torture", f"k{secrets.token_hex(4)}", wall()
        )
        assert isinstance(answer, Tightened), answer
        return answer

    def confirm(self, request: Request) -> int:
        answer = decisions.confirm(self.store, request.id, BOB, wall())
        assert isinstance(answer, Tightened), answer
        return time.monotonic_ns()

    def resume(self, within_s: float) -> None:
        """Two people, as often as it takes: a preflight may fail while the weather is bad."""
        deadline = time.monotonic() + within_s
        while self.mode() is not Mode.ACTIVE:
            assert time.monotonic() < deadline, self.story()
            asked = asking.ask_resume(
                self.store, DESK, ALICE, "next round", f"r{secrets.token_hex(4)}", wall()
            )
            assert isinstance(asked, Request), asked
            if asked.state is RequestState.ASKED:
                decisions.confirm(self.store, asked.id, BOB, wall())
            self.until(partial(self._closed, asked.id), 30)

    def _closed(self, request_id: str) -> bool:
        return not self.request(request_id).open

    # What can be seen

    def until(self, what: Callable[[], bool], within_s: float) -> None:
        assert self.becomes(what, within_s), f"not within {within_s} s\n{self.story()}"

    def becomes(self, what: Callable[[], bool], within_s: float) -> bool:
        """Whether it is so, or comes to be in time."""
        deadline = time.monotonic() + within_s
        while not what():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        return True

    def mode(self) -> Mode:
        return self.store.read(lambda c: read_row(c, DESK)).mode

    def settled(self) -> bool:
        """Armed, under the guard that was started last: what one before it left behind is over."""
        guard, loop = self._guards[-1].pid, self.loop_pid()
        return loop is not None and _parent(loop) == guard and self.armed()

    def request(self, request_id: str) -> Request:
        return self.store.read(lambda c: read_request(c, request_id))

    def armed(self) -> bool:
        page = GatePage(self.store.home.page(DESK))
        try:
            return page.read().armed
        except PageUnreadable:
            return False
        finally:
            page.close()

    def flatten_ended(self, request: Request) -> bool:
        job = self.store.read(lambda c: read_job(c, request.id))
        return job is not None and not job.open

    def flattened_by(self, request: Request) -> set[str]:
        """Who moved the legs of this kill's flatten."""
        events = self.store.read(lambda c: latest(c, DESK, 500))
        mine = [e for e in events if e.kind == "flatten_leg" and e.body["job"] == request.id]
        return {event.actor for event in mine}

    def positions(self) -> dict[str, int]:
        return {
            p.product_id: p.contracts
            for p in self.store.read(lambda c: held(read_positions(c, DESK)))
        }

    def positions_there(self) -> dict[str, int]:
        sign = {"LONG": 1, "SHORT": -1}
        return {
            p["product_id"]: sign[p["side"]] * int(p["number_of_contracts"])
            for p in self.exchange.ask("/_sim/ledger")["positions"]
        }

    def entries_live(self) -> int:
        live = self.store.read(lambda c: live_orders(c, DESK))
        return sum(order.spec.kind in ("entry", "exit") for order in live)

    def entry_rests(self) -> bool:
        """Whether the exchange has accepted an entry that may be cancelled."""
        live = self.store.read(lambda c: live_orders(c, DESK))
        return any(o.spec.kind is Kind.ENTRY and o.state is OrderState.WORKING for o in live)

    def order_requests(self, since_ns: int = 0) -> list[dict[str, Any]]:
        """Every order request that the exchange has read whole since then."""
        found = self.exchange.ask(f"/_sim/requests?since_ns={since_ns}&limit=200000")["requests"]
        return [
            request
            for request in found
            if request["method"] == "POST"
            and request["path"].endswith("/brokerage/orders")
            and isinstance(request["body"], dict)  # else its sender died half-way
        ]

    def story(self) -> str:
        """The last events and constraints, for a person who has to understand a failure."""
        events = self.store.read(lambda c: latest(c, DESK, 25))
        rules = self.store.read(lambda c: read_constraints(c, DESK))
        lines = [f"{e.at:%H:%M:%S.%f} {e.kind} {e.actor} {dict(e.body)}" for e in events]
        return "\n".join([*lines, f"mode {self.mode().name}, {rules}", f"armed {self.armed()}"])

    def close(self) -> None:
        for guard in self._guards:
            if guard.poll() is None:
                guard.send_signal(signal.SIGCONT)
                guard.kill()
            guard.wait()
        self.signal_loop(signal.SIGKILL)
        if self._slack is not None:
            self._slack.close()
        self.store.close()
        self.exchange.stop()
        self._log.close()
