"""Refusals in Twilio's words and numbers."""

from aiohttp import web

from sandbox.pager.page import Json
from sandbox.pager.reply import answer

DOCS = "https://www.twilio.com/docs/errors/"


class TwilioError(Exception):
    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def refused(error: TwilioError, headers: dict[str, str] | None = None) -> web.Response:
    told: Json = {
        "code": error.code,
        "message": error.message,
        "more_info": f"{DOCS}{error.code}",
        "status": error.status,
    }
    if error.status == 401:
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'}
    return answer(error.status, told, headers)


def not_found(path: str) -> TwilioError:
    return TwilioError(20404, f"The requested resource {path} was not found", 404)


UNAUTHENTICATED = TwilioError(20003, "Authenticate", 401)
TOO_MANY = TwilioError(20429, "Too Many Requests", 429)
METHOD = TwilioError(20004, "Method not allowed", 405)
