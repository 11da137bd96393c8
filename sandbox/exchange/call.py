"""One REST call as the handlers see it, and the error they may answer with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from sandbox.exchange.keys import Key

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    path_args: tuple[str, ...]
    query: MultiMapping[str]
    body: Mapping[str, Any]
    key: Key | None
    received_ns: int

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, default)

    def every(self, name: str) -> frozenset[str]:
        return frozenset(self.query.getall(name, ()))

    def number(self, name: str, default: int) -> int:
        """A whole number not below 0. Raises ApiError."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isdecimal():
            raise invalid(f"{name} must be a whole number")
        return int(text)


Handler = Callable[[Call], Json]


class ApiError(Exception):
    """Answered with its status and the venue's error object."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": error, "error_details": message, "message": message}


def invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", message)


def not_found(message: str) -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


def forbidden() -> ApiError:
    return ApiError(403, "PERMISSION_DENIED", "Missing required scopes")
