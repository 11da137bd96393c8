"""A channel of its own, with members and the bot in it, and the page open on it."""

import re
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from tests.sandbox.workspace.workspace_process import Json, WorkspaceProcess

MEMBERS = {
    "alice": "U0ALICE01",
    "bob": "U0BOB0001",
    "carol": "U0CAROL01",
    "dave": "U0DAVE001",
}
WAIT_MS = 5_000


class Room:
    def __init__(self, browser: Browser, workspace: WorkspaceProcess, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self.slack = workspace.client()
        made: Any = self.slack.conversations_create(name=name)
        self.id: str = made["channel"]["id"]
        self.slack.conversations_invite(channel=self.id, users=list(MEMBERS.values()))
        self.complaints: list[str] = []
        self.asked_for: list[str] = []
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page = self.open()

    def open(self, **query: str) -> Page:
        """Another page, in the same browser."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        page.goto(f"{self.workspace.url}/?{asked}#{self.id}")
        page.get_by_role("textbox", name=f"Message {self.name}").wait_for()
        return page

    def post(self, text: str = "", **more: Any) -> str:
        """As the bot; the timestamp."""
        posted: Any = self.slack.chat_postMessage(channel=self.id, text=text, **more)
        ts: str = posted["ts"]
        return ts

    def show(self, *blocks: Json, **more: Any) -> Locator:
        """Posts blocks and returns their message on the page."""
        return self.article(self.post("these blocks", blocks=list(blocks), **more))

    def article(self, ts: str) -> Locator:
        return self.conversation.locator(f'article[data-ts="{ts}"]')

    @property
    def conversation(self) -> Locator:
        return self.page.get_by_role("region", name="Conversation")

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name=f"Message {self.name}")

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def act_as(self, name: str) -> None:
        self.page.get_by_label("Act as").get_by_role("radio", name=name).check()
        self.page.wait_for_function("name => document.title.includes(`${name} ·`)", arg=name)

    def message(self, ts: str) -> Json:
        return self.workspace.message(ts, self.id)

    def tool(self, name: str) -> Locator:
        """Opens a tool's panel."""
        self.page.get_by_role("group", name="Tools").get_by_role("button", name=name).click()
        return self.page.get_by_role("region", name=re.compile(f"^{name}"))

    def close(self) -> None:
        self.context.close()
        for view in self.workspace.ask("/_ui/views?as=alice")["stack"]:
            self.workspace.tell("/_sim/close", user="alice", view_id=view["id"])
        self.workspace.call("conversations.archive", channel=self.id)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.asked_for.append(request.url)
