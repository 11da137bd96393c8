"""files.*: an upload in three steps, and what became of it."""

import asyncio
import secrets
from functools import partial
from typing import Any

from sandbox.workspace.api.place import message_of
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.channel import Channel
from sandbox.workspace.draft import Draft, checked_blocks
from sandbox.workspace.events import Events
from sandbox.workspace.file import StoredFile, file_view, new_file
from sandbox.workspace.people import BOT_USER_ID
from sandbox.workspace.posts import Posts
from sandbox.workspace.team import Team

FILE_BYTES_MAX = 20 << 20
ALT_MAX = 1_000
CHANNELS_MAX = 100
PROCESSED_AFTER_S = 0.3


class Files:
    def __init__(self, team: Team, posts: Posts, events: Events) -> None:
        self._team = team
        self._posts = posts
        self._events = events

    def get_upload_url(self, call: Call) -> Json:
        size = call.whole("length", 0, 1, 1 << 40, "missing_argument")
        if size > FILE_BYTES_MAX:
            raise SlackError("file_upload_size_restricted")
        if len(call.text("alt_txt")) > ALT_MAX:
            raise SlackError("alt_txt_too_large")
        # A name is shown and never used as a path; bytes are kept under the file's id.
        name = call.text("filename").replace("/", "_")
        now = self._team.clock.now()
        secret = secrets.token_urlsafe(24)
        file = new_file(self._team.ids.new("F"), name, size, call.text("alt_txt"), secret, now)
        self._team.put_file(file)
        return {"ok": True, "upload_url": f"{call.base}/upload/v1/{secret}", "file_id": file.id}

    def receive(self, secret: str, content: bytes) -> str:
        """The bytes of an announced upload; answers in Slack's words. Raises SlackError."""
        for file in self._team.files.values():
            if file.secret == secret and not file.completed:
                (self._team.uploads / file.id).write_bytes(content)
                file.received, file.size = True, len(content)
                self._team.put_file(file)
                return f"OK - {len(content)}"
        raise SlackError("file_not_found")

    def complete(self, call: Call) -> Json:
        """Answers at once; the message and the file for blocks follow a moment later."""
        files, titles = self._listed(call)
        channels = self._channels(call)
        if call.has("initial_comment") and call.has("blocks"):
            raise SlackError("invalid_arguments")
        blocks = call.structure("blocks", "invalid_blocks")
        draft = Draft(call.text("initial_comment"), None, None, None)
        if blocks is not None:
            draft = Draft("", checked_blocks(self._team, blocks, "/blocks"), None, None)
        for file, title in zip(files, titles, strict=True):
            file.title = title or file.name
            self._team.put_file(file)
        processed = partial(self._process, files, channels, draft, call.text("thread_ts"))
        asyncio.get_running_loop().call_later(PROCESSED_AFTER_S, processed)
        return {"ok": True, "files": [{"id": file.id, "title": file.title} for file in files]}

    def info(self, call: Call) -> Json:
        file = self._team.usable_file(call.text("file"))
        paging = {"count": 100, "total": 0, "page": 1, "pages": 0}
        return {"ok": True, "file": file_view(file, call.base), "comments": [], "paging": paging}

    def list_all(self, call: Call) -> Json:
        wanted = call.text("channel")
        found = [
            file_view(file, call.base)
            for file in self._team.files.values()
            if file.completed and (not wanted or wanted in file.channels)
        ]
        paging = {"count": len(found), "total": len(found), "page": 1, "pages": 1}
        return {"ok": True, "files": found, "paging": paging}

    def delete(self, call: Call) -> Json:
        """Takes it out of every message that shows it."""
        file = self._team.usable_file(call.text("file"))
        for id in file.channels:
            for message in self._team.channels[id].messages.values():
                if file.id in message.files:
                    message.files = [other for other in message.files if other != file.id]
                    self._team.put_message(message)
        (self._team.uploads / file.id).unlink(missing_ok=True)
        self._team.drop_file(file)
        return {"ok": True}

    def _process(
        self, files: list[StoredFile], channels: list[Channel], draft: Draft, thread_ts: str
    ) -> None:
        for file in files:
            file.completed = True
            file.channels = [channel.id for channel in channels]
            self._team.put_file(file)
        for channel in channels:
            ids = [file.id for file in files]
            self._posts.post(channel, BOT_USER_ID, draft, thread_ts, files=ids)
            for id in ids:
                self._events.file_shared(id, channel)
        self._team.commit()

    def _listed(self, call: Call) -> tuple[list[StoredFile], list[str]]:
        listed: Any = call.structure("files", "invalid_arguments")
        if not isinstance(listed, list) or not listed:
            raise SlackError("invalid_arguments")
        if not all(isinstance(one, dict) for one in listed):
            raise SlackError("invalid_arguments")
        files = [self._team.usable_file(one.get("id")) for one in listed]
        return files, [str(one.get("title") or "") for one in listed]

    def _channels(self, call: Call) -> list[Channel]:
        named = call.names("channels") or call.names("channel_id")
        if len(named) > CHANNELS_MAX:
            raise SlackError("channels_limit_exceeded")
        found = []
        for id in named:
            channel = self._team.channels.get(id)
            if channel is None:
                raise SlackError("channel_not_found")
            if BOT_USER_ID not in channel.members:
                raise SlackError("not_in_channel")
            found.append(channel)
        if call.has("thread_ts") and len(found) == 1:
            message_of(found[0], call.text("thread_ts"), "thread_not_found")
        return found
