"""Webhooks of one's own: whatever is posted to /webhook/NAME is kept, and its signature checked."""

import hashlib
import hmac
import json
import re
import secrets

from aiohttp import web

from sandbox.pager.credentials import Credentials
from sandbox.pager.page import Json, Page, Provider
from sandbox.pager.pages import Pages
from sandbox.pager.reply import Asked, answer

PREFIX = "/webhook/"
NAMES = re.compile(r"[-_.A-Za-z0-9]{1,64}")
TOLERANCE_S = 300
TEXT_MAX = 1_000
KEPT_CHARACTERS = 20_000


class Webhooks:
    """`X-Signature: t=…,v1=…` is an HMAC-SHA256 over time, dot and body; `Idempotency-Key` tells twins."""

    def __init__(self, pages: Pages, credentials: Credentials) -> None:
        self._pages = pages
        self._secret = credentials.webhook_secret.encode()

    def handle(self, asked: Asked) -> web.Response:
        name = asked.path.removeprefix(PREFIX)
        if not NAMES.fullmatch(name):
            return answer(404, {"ok": False, "error": "post to /webhook/NAME"})
        if asked.method not in ("POST", "PUT"):
            return answer(
                405, {"ok": False, "error": "a webhook is posted"}, {"Allow": "POST, PUT"}
            )
        signature = self._checked(asked)
        if signature == "wrong":
            return answer(401, {"ok": False, "error": "the signature is not this body's"})
        key = asked.headers.get("Idempotency-Key", "")
        twin = self._pages.latest(Provider.WEBHOOK, name, key)
        page = twin or self._kept(name, key, asked, signature)
        if twin is not None:
            twin.detail["repeats"] += 1
            self._pages.change(twin)
        return answer(200, {"ok": True, "id": page.id, "repeated": twin is not None})

    def _kept(self, name: str, key: str, asked: Asked, signature: str) -> Page:
        raw = asked.body.decode(errors="replace")
        told = _loaded(raw)
        page = self._pages.new(
            f"wh_{secrets.token_hex(8)}", Provider.WEBHOOK, name, _text(told, raw), "delivered", key
        )
        body = told if told is not None else raw
        kept = body if len(raw) <= KEPT_CHARACTERS else raw[:KEPT_CHARACTERS]
        page.detail = {"body": kept, "signature": signature, "repeats": 0}
        return self._pages.add(page)

    def _checked(self, asked: Asked) -> str:
        """ "absent", "right" or "wrong"."""
        header = asked.headers.get("X-Signature")
        if header is None:
            return "absent"
        parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
        at = parts.get("t", "")
        made = hmac.new(self._secret, f"{at}.".encode() + asked.body, hashlib.sha256).hexdigest()
        now_s = self._pages.clock.token_now().timestamp()
        fresh = at.isdecimal() and abs(now_s - int(at)) <= TOLERANCE_S
        return "right" if fresh and hmac.compare_digest(made, parts.get("v1", "")) else "wrong"


def _loaded(raw: str) -> Json | list[object] | None:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict | list) else None


def _text(told: Json | list[object] | None, raw: str) -> str:
    if isinstance(told, dict):
        words = [
            str(told[name]) for name in ("title", "text", "message", "summary") if told.get(name)
        ]
        if words:
            return "\n".join(words)[:TEXT_MAX]
    return raw[:TEXT_MAX]
