"""Who signed a request or a subscription: the CDP JSON web token."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt

from sandbox.exchange.keys import Key

PRODUCTION_HOST = "api.coinbase.com"
_OPTIONS: Any = {
    # Instants are compared with the exchange's own clock, which a test may have moved.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "require": ["sub", "iss", "nbf", "exp"],
}


class Unauthorized(Exception):
    """The token is missing or wrong; the text says what about it."""


class Doorkeeper:
    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._keys = keys

    def of_request(
        self, authorization: str | None, method: str, host: str, path: str, now: datetime
    ) -> Key:
        """Raises Unauthorized."""
        if authorization is None or not authorization.startswith("Bearer "):
            raise Unauthorized("no bearer token")
        key, claims = self._verified(authorization.removeprefix("Bearer "), now)
        if claims.get("uri") not in (f"{method} {host}{path}", f"{method} {PRODUCTION_HOST}{path}"):
            raise Unauthorized("the token is for another request")
        return key

    def of_subscription(self, token: str, now: datetime) -> Key:
        """Raises Unauthorized."""
        return self._verified(token, now)[0]

    def _verified(self, token: str, now: datetime) -> tuple[Key, dict[str, Any]]:
        try:
            key = self._keys.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise Unauthorized("unknown key")
            claims = jwt.decode(token, key.public, algorithms=["ES256"], options=_OPTIONS)
        except jwt.PyJWTError as error:
            raise Unauthorized(str(error)) from error
        if claims["sub"] != key.name or claims["iss"] != "cdp":
            raise Unauthorized("wrong subject or issuer")
        if not _number(claims["nbf"]) <= now.timestamp() < _number(claims["exp"]):
            raise Unauthorized("not valid now")
        return key, claims


def _number(value: Any) -> float:
    if not isinstance(value, int | float):
        raise Unauthorized("nbf and exp must be numbers")
    return value
