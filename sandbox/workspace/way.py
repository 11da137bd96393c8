"""Which way leads to the app: its sockets, or an HTTP address of its own."""

from collections.abc import Callable

from sandbox.loopback import BadInput
from sandbox.workspace.call import Json
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.http_mode import HttpMode, check_address
from sandbox.workspace.sockets import Sockets


class Way:
    def __init__(
        self, delivery: Delivery, sockets: Sockets, new_http: Callable[[str], HttpMode]
    ) -> None:
        self._delivery = delivery
        self._sockets = sockets
        self._new_http = new_http
        self._http: HttpMode | None = None
        delivery.carrier = sockets

    def view(self) -> Json:
        if self._http is None:
            return {"mode": "socket", "url": None}
        return {"mode": "http", "url": self._http.address}

    async def use_sockets(self) -> None:
        self._delivery.carrier = self._sockets
        await self.close()

    async def use_http(self, address: object, verify: bool) -> None:
        """Raises BadInput when the address does not answer the challenge, as Slack's form does."""
        http = self._new_http(check_address(address))
        wrong = await http.verify() if verify else None
        if wrong is not None:
            await http.close()
            raise BadInput(f"{address} cannot be used: {wrong}")
        await self.close()
        self._http, self._delivery.carrier = http, http

    async def close(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.close()
