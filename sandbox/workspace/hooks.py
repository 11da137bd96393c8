"""What an interaction lends the app for a while: a trigger, and an address to answer to."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.workspace.call import SlackError
from sandbox.workspace.people import TEAM_ID

TRIGGER_LIVES = timedelta(seconds=3)
ADDRESS_LIVES = timedelta(minutes=30)
ADDRESS_USES = 5
KEPT = 10_000


@dataclass(slots=True)
class Trigger:
    user_id: str
    until: datetime
    view_id: str | None
    """The modal it was born in; a pushed view goes on top of it."""
    used: bool = False


@dataclass(slots=True)
class Address:
    """A response_url: whose interaction it answers, and the message that it came from."""

    user_id: str
    channel_id: str
    until: datetime
    message_ts: str | None
    thread_ts: str | None
    uses: int = 0


class Hooks:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: OrderedDict[str, Trigger] = OrderedDict()
        self._addresses: OrderedDict[str, Address] = OrderedDict()

    def new_trigger(self, user_id: str, view_id: str | None = None) -> str:
        number = secrets.randbelow(10**13)
        id = f"{number:013d}.{TEAM_ID}.{secrets.token_hex(16)}"
        self._triggers[id] = Trigger(user_id, self._clock.now() + TRIGGER_LIVES, view_id)
        if len(self._triggers) > KEPT:
            self._triggers.popitem(last=False)
        return id

    def use_trigger(self, id: str) -> Trigger:
        """Raises SlackError; a trigger works once."""
        trigger = self._triggers.get(id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if trigger.until < self._clock.now():
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_address(
        self,
        base: str,
        user_id: str,
        channel_id: str,
        message_ts: str | None = None,
        thread_ts: str | None = None,
    ) -> str:
        secret = secrets.token_urlsafe(24)
        until = self._clock.now() + ADDRESS_LIVES
        self._addresses[secret] = Address(user_id, channel_id, until, message_ts, thread_ts)
        if len(self._addresses) > KEPT:
            self._addresses.popitem(last=False)
        return f"{base}/response/{secret}"

    def use_address(self, secret: str) -> Address:
        """Raises SlackError."""
        address = self._addresses.get(secret)
        if address is None or address.until < self._clock.now():
            raise SlackError("expired_url")
        if address.uses >= ADDRESS_USES:
            raise SlackError("used_url")
        address.uses += 1
        return address
