"""API keys and the tokens made with them: short-lived, by the clock that is passed in."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

TOKEN_LIFE = timedelta(seconds=10)
"""The SDK's tokens live 120 s; ours bound how long a request can be in doubt."""


class KeyUnusable(Exception):
    """The key file cannot be used; the message says why, never what is in it."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A loaded API key. Its secret is not in its repr."""

    name: str
    algorithm: str
    private: EllipticCurvePrivateKey | Ed25519PrivateKey = field(repr=False)

    def token(self, now: datetime, uri: str | None = None) -> str:
        """A JWT for one REST request (`uri` = "METHOD host/path") or, without it, for a socket."""
        claims = {
            "sub": self.name,
            "iss": "cdp",
            "nbf": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
        }
        if uri is not None:
            claims["uri"] = uri
        headers = {"kid": self.name, "nonce": secrets.token_hex(16)}
        return jwt.encode(claims, self.private, self.algorithm, headers)


def load_key(path: Path) -> ApiKey:
    """Read a CDP key file. Raises KeyUnusable."""
    try:
        content = json.loads(path.read_text())
        name = content.get("name") or content["id"]
        private = load_pem_private_key(content["privateKey"].encode(), password=None)
    except FileNotFoundError as missing:
        raise KeyUnusable(f"there is no key file at {path}") from missing
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise KeyUnusable(f"{path} is not a CDP key file (JSON with name and privateKey)") from bad
    if isinstance(private, EllipticCurvePrivateKey):
        return ApiKey(name, "ES256", private)
    if isinstance(private, Ed25519PrivateKey):
        return ApiKey(name, "EdDSA", private)
    raise KeyUnusable(f"{path} holds a key that is neither ECDSA P-256 nor Ed25519")
