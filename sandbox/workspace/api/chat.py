"""chat.*: posting, editing and deleting messages, and posting them later."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from sandbox.state import State
from sandbox.workspace.api.place import channel_of, is_in, message_of, page_of, postable
from sandbox.workspace.call import Call, Json, SlackError
from sandbox.workspace.channel import Channel, Kind
from sandbox.workspace.draft import TEXT_IN_UPDATE, Draft, read_draft, require_content
from sandbox.workspace.message import Message, wire_view
from sandbox.workspace.people import BOT_ID, BOT_USER_ID
from sandbox.workspace.posts import Posts
from sandbox.workspace.scopes import Scopes
from sandbox.workspace.team import Team
from sandbox.workspace.timetable import Timetable

SCHEDULE_WITHIN = timedelta(days=120)
EDIT_WITHIN = timedelta(days=365)


class Chat:
    def __init__(
        self, team: Team, posts: Posts, scopes: Scopes, timetable: Timetable, state: State
    ) -> None:
        self._team = team
        self._posts = posts
        self._scopes = scopes
        self._timetable = timetable
        self._state = state
        self._scheduled: dict[str, Json] = dict(state.all("scheduled"))
        for id, told in self._scheduled.items():
            self._timetable.at(_instant(told["post_at"]), partial(self._post_scheduled, id))

    def post_message(self, call: Call) -> Json:
        channel = self._open_to_us(call)
        draft = require_content(read_draft(self._team, call))
        message = self._posts.post(
            channel,
            BOT_USER_ID,
            draft,
            call.text("thread_ts"),
            broadcast=call.flag("reply_broadcast"),
        )
        return {"ok": True, "channel": channel.id, "ts": message.ts, "message": self._view(message)}

    def me_message(self, call: Call) -> Json:
        channel = self._open_to_us(call)
        draft = require_content(Draft(call.text("text"), None, None, None))
        message = self._posts.post(channel, BOT_USER_ID, draft)
        return {"ok": True, "channel": channel.id, "ts": message.ts}

    def post_ephemeral(self, call: Call) -> Json:
        channel = self._open_to_us(call)
        draft = require_content(read_draft(self._team, call))
        user = call.text("user")
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        thread_ts = call.text("thread_ts") or None
        message = self._posts.whisper(channel, BOT_USER_ID, user, draft, thread_ts)
        return {"ok": True, "message_ts": message.ts}

    def update(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        message = message_of(channel, call.text("ts"))
        if not message.by_bot:
            raise SlackError("cant_update_message")
        if _instant(int(float(message.ts))) + EDIT_WITHIN < self._team.clock.now():
            raise SlackError("edit_window_closed")
        draft = read_draft(self._team, call, TEXT_IN_UPDATE)
        if draft.text is None and draft.blocks is None and draft.attachments is None:
            raise SlackError("no_text")
        if draft.is_empty and not message.attachments:
            raise SlackError("no_text")
        self._posts.edit(message, draft)
        return {
            "ok": True,
            "channel": channel.id,
            "ts": message.ts,
            "text": message.text,
            "message": self._view(message),
        }

    def delete(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        message = message_of(channel, call.text("ts"))
        if not message.by_bot:
            raise SlackError("cant_delete_message")
        self._posts.delete(message)
        return {"ok": True, "channel": channel.id, "ts": message.ts}

    def get_permalink(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        message = message_of(channel, call.text("message_ts"))
        link = f"{call.base}/archives/{channel.id}/p{message.ts.replace('.', '')}"
        if message.is_reply:
            link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
        return {"ok": True, "permalink": link, "channel": channel.id}

    # Later.

    def schedule_message(self, call: Call) -> Json:
        channel = self._open_to_us(call)
        draft = require_content(read_draft(self._team, call))
        post_at = call.whole("post_at", 0, 1, 1 << 40, "invalid_time")
        now = self._team.clock.now()
        if _instant(post_at) <= now:
            raise SlackError("time_in_past")
        if _instant(post_at) > now + SCHEDULE_WITHIN:
            raise SlackError("time_too_far")
        id = self._team.ids.new("Q")
        kept = {name: value for name, value in call.args.items() if name != "token"}
        told = {"id": id, "channel_id": channel.id, "post_at": post_at, "args": kept}
        told |= {"date_created": self._team.now_s(), "text": draft.text or ""}
        self._scheduled[id] = told
        self._state.put("scheduled", id, told)
        self._timetable.at(_instant(post_at), partial(self._post_scheduled, id))
        message: Json = {"type": "delayed_message", "user": BOT_USER_ID, "bot_id": BOT_ID}
        message["text"] = draft.text or ""
        if draft.metadata:
            message["metadata"] = draft.metadata
        answer = {"scheduled_message_id": id, "post_at": post_at, "message": message}
        return {"ok": True, "channel": channel.id, **answer}

    def delete_scheduled(self, call: Call) -> Json:
        channel = channel_of(self._team, call)
        told = self._scheduled.get(call.text("scheduled_message_id"))
        if told is None or told["channel_id"] != channel.id:
            raise SlackError("invalid_scheduled_message_id")
        self._forget(told["id"])
        return {"ok": True}

    def list_scheduled(self, call: Call) -> Json:
        wanted = call.text("channel")
        found = [
            {name: told[name] for name in ("id", "channel_id", "post_at", "date_created", "text")}
            for told in sorted(self._scheduled.values(), key=lambda told: told["post_at"])
            if wanted in ("", told["channel_id"])
        ]
        page, cursor = page_of(call, found, 100)
        metadata = {"next_cursor": cursor}
        return {"ok": True, "scheduled_messages": page, "response_metadata": metadata}

    def _post_scheduled(self, id: str) -> None:
        told = self._scheduled.get(id)
        if told is None:
            return
        self._forget(id)
        with suppress(SlackError):  # An archived channel, say: Slack drops it without a word, too.
            self.post_message(Call("chat.postMessage", told["args"], self._team.base))
        self._team.commit()

    def _forget(self, id: str) -> None:
        del self._scheduled[id]
        self._state.drop("scheduled", id)

    def _open_to_us(self, call: Call) -> Channel:
        """Public channels are open to an app with chat:write.public. Raises SlackError."""
        channel = postable(self._team, call)
        public = channel.kind is Kind.CHANNEL and self._scopes.has("chat:write.public")
        if not is_in(channel) and not public:
            raise SlackError("not_in_channel")
        return channel

    def _view(self, message: Message) -> Json:
        view = wire_view(message, self._team.file_views(message))
        if message.metadata is not None:
            view["metadata"] = message.metadata
        return view


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
