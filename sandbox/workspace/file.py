"""An uploaded file: announced, its bytes received, completed, and processed a moment later."""

import mimetypes
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.workspace.call import Json
from sandbox.workspace.people import BOT_USER_ID, TEAM_ID


@dataclass(slots=True)
class StoredFile:
    id: str
    name: str
    size: int
    created: int
    secret: str
    """In the address that its bytes are sent to."""
    title: str = ""
    alt_txt: str = ""
    received: bool = False
    completed: bool = False
    channels: list[str] = field(default_factory=list)

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


def new_file(id: str, name: str, size: int, alt_txt: str, secret: str, now: datetime) -> StoredFile:
    return StoredFile(id, name, size, int(now.timestamp()), secret, name, alt_txt)


def file_view(file: StoredFile, base: str) -> Json:
    suffix = file.name.rpartition(".")[2].lower()
    address = f"{base}/files-pri/{TEAM_ID}-{file.id}/{file.name}"
    view: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": suffix,
        "pretty_type": suffix.upper(),
        "user": BOT_USER_ID,
        "user_team": TEAM_ID,
        "editable": False,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": address,
        "url_private_download": address,
        "permalink": f"{base}/files/{BOT_USER_ID}/{file.id}",
        "channels": list(file.channels),
        "groups": [],
        "ims": [],
        "has_rich_preview": False,
        "file_access": "visible",
    }
    if file.alt_txt:
        view["alt_txt"] = file.alt_txt
    return view
