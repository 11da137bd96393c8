"""A certificate authority of its own for each home, so that clients verify TLS as in production."""

import os
import ssl
from pathlib import Path

import trustme


def server_context(folder: Path) -> ssl.SSLContext:
    """Reuses the authority and certificate of an earlier run on the same home."""
    authority, server = folder / "ca.pem", folder / "server.pem"
    if not (authority.exists() and server.exists()):
        _issue(authority, server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    return context


def _issue(authority: Path, server: Path) -> None:
    ca = trustme.CA(organization_name="perps-bot sandbox")
    certificate = ca.issue_cert("localhost", "127.0.0.1")
    write_private(server, certificate.private_key_and_cert_chain_pem.bytes())
    ca.cert_pem.write_to_path(authority)


def write_private(path: Path, content: bytes) -> None:
    """Readable by the owner only from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
