"""The app's tokens, made on a home's first start and written for whoever starts the bot."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.certificate import write_private


@dataclass(frozen=True, slots=True)
class Tokens:
    bot_token: str
    app_token: str
    signing_secret: str


def load_tokens(folder: Path, app_id: str) -> Tokens:
    file = folder / "slack.json"
    if file.exists():
        told = json.loads(file.read_text())
        return Tokens(told["bot_token"], told["app_token"], told["signing_secret"])
    number = secrets.randbelow(10**12)
    return Tokens(
        bot_token=f"xoxb-{number:012d}-{secrets.randbelow(10**13):013d}-{secrets.token_hex(12)}",
        app_token=f"xapp-1-{app_id}-{secrets.randbelow(10**13):013d}-{secrets.token_hex(32)}",
        signing_secret=secrets.token_hex(16),
    )


def write_tokens(folder: Path, tokens: Tokens, port: int) -> None:
    """Anew at each start: the port may be another one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {**asdict(tokens), "base_url": f"http://127.0.0.1:{port}/api/"}
    write_private(folder / "slack.json", json.dumps(told, indent=1).encode())
