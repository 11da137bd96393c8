"""The CDP key files of a home, made on its first start, and what each key may do."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.certificate import write_private

PERMISSIONS: dict[str, frozenset[str]] = {
    "trader": frozenset({"view", "trade"}),
    "guard": frozenset({"view", "trade"}),
    "viewer": frozenset({"view"}),
    "owner": frozenset({"view", "trade", "transfer"}),
}


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    holder: str
    permissions: frozenset[str]
    public: ec.EllipticCurvePublicKey


def load_keys(folder: Path) -> dict[str, Key]:
    """Key name → key; makes the files that are missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    organization = str(uuid.uuid4())
    keys = {}
    for holder, permissions in PERMISSIONS.items():
        path = folder / f"{holder}.json"
        if not path.exists():
            _make(path, organization)
        content = json.loads(path.read_text())
        private = serialization.load_pem_private_key(content["privateKey"].encode(), None)
        public = private.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        keys[content["name"]] = Key(content["name"], holder, permissions, public)
    return keys


def _make(path: Path, organization: str) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    name = f"organizations/{organization}/apiKeys/{uuid.uuid4()}"
    content = json.dumps({"name": name, "privateKey": pem.decode()}, indent=1)
    write_private(path, content.encode())
