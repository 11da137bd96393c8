"""The channel: an alert's message there is the board's work; here it is only asked whether it stands."""

import asyncio

from alerts.delivery.adapter import Letter, Sending
from core.alerting.delivery import Answer
from store.alerting.posts import stands
from store.store import Store

NOT_YET = 503


class Channel:
    """Not there yet is an answer like a busy provider's: another way is taken when it lasts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def send(self, letter: Letter) -> Sending:
        there = await asyncio.to_thread(self._store.read, lambda c: stands(c, letter.alert_ids))
        return Sending(Answer(200)) if there else Sending(Answer(NOT_YET))

    async def look_up(self, letter: Letter) -> bool | None:
        return None
