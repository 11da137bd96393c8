"""Slack's text format, piece by piece, as the page's own module makes nodes of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.sandbox.workspace.workspace_process import WorkspaceProcess

DRAW = """async ([text, links]) => {
  const { mrkdwn } = await import("/page/mrkdwn.js");
  const alice = { id: "U1", name: "alice", real_name: "Alice" };
  const known = {
    me: alice,
    members: new Map([["U1", alice], ["U2", { id: "U2", name: "bob", real_name: "Bob" }]]),
    groups: new Map([["S1", { handle: "oncall", users: ["U1"] }]]),
    channels: new Map([["C1", { id: "C1", kind: "channel", name: "desk" }]]),
    titleOf: (channel) => channel.name,
    now: () => new Date("2026-01-05T14:00:00Z"),
  };
  const place = document.createElement("div");
  place.append(...mrkdwn(text, known, links));
  for (const node of place.querySelectorAll("*")) {
    for (const { name } of [...node.attributes]) {
      if (name !== "href" && name !== "start" && !(name === "class" && node.className === "mention me")) {
        node.removeAttribute(name);
      }
    }
  }
  return place.innerHTML;
}"""

CASES = [
    ("*bold* _it_ ~no~ `x*y*`", "<strong>bold</strong> <em>it</em> <s>no</s> <code>x*y*</code>"),
    ("*bold _both_*", "<strong>bold <em>both</em></strong>"),
    ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
    ("* not bold *", "* not bold *"),
    ("*a* *b*", "<strong>a</strong> <strong>b</strong>"),
    ("*over\nlines*", "*over<br>lines*"),
    ("(*in brackets*), *end*.", "(<strong>in brackets</strong>), <strong>end</strong>."),
    ("a &amp; b &lt;c&gt; &amp;lt;", "a &amp; b &lt;c&gt; &amp;lt;"),
    ("```\nx = *1*\ny &lt; 2\n```", "<pre>x = *1*\ny &lt; 2</pre>"),
    ("before\n```code```\nafter", "before<br><pre>code</pre>after"),
    ("`<https://a.example|the site>`", "<code>the site</code>"),
    ("&gt; said\n&gt; twice\nthen", "<blockquote>said<br>twice</blockquote>then"),
    ("&gt;&gt;&gt; all\nof it", "<blockquote>all<br>of it</blockquote>"),
    ("• one\n• *two*", "<ul><li>one</li><li><strong>two</strong></li></ul>"),
    ("2. two\n3. three", '<ol start="2"><li>two</li><li>three</li></ol>'),
    (
        "<https://a.example/?x=1&amp;y=2|a *b*>",
        '<a href="https://a.example/?x=1&amp;y=2">a *b*</a>',
    ),
    ("<mailto:a@b.example|a@b.example>", '<a href="mailto:a@b.example">a@b.example</a>'),
    ("<javascript:alert(1)|click>", "<span>click</span>"),
    ("<@U2> and <@U1>", '<span>@bob</span> and <span class="mention me">@alice</span>'),
    ("<@U9|ghost>", "<span>@ghost</span>"),
    ("<!subteam^S1>", '<span class="mention me">@oncall</span>'),
    (
        "<!here> <!channel>",
        '<span class="mention me">@here</span> <span class="mention me">@channel</span>',
    ),
    ("<#C1>, <#C9|old>", "<button>#desk</button>, <span>#old</span>"),
    ("*<@U2>* now", "<strong><span>@bob</span></strong> now"),
    (":fire: :no_such_thing: 10:30:00", "<span>🔥</span> :no_such_thing: 10:30:00"),
    ("<!date^1767621600^{date_num} {time_secs}|later>", "<time>2026-01-05 14:00:00</time>"),
    ("<!date^1767621600^at {time}, {date_pretty}|x>", "<time>at 14:00, today</time>"),
    ("<!date^1767535200^{date_short_pretty}|x>", "<time>yesterday</time>"),
    ("<!date^nonsense^{time}|in a while>", "<span>in a while</span>"),
    ("<!date^1767621600^no token|fallback>", "<span>fallback</span>"),
    ("a < b > c", "a &lt; b &gt; c"),
]


@pytest.fixture(scope="module")
def page(browser: Browser, workspace: WorkspaceProcess) -> Iterator[Page]:
    context = browser.new_context(timezone_id="UTC")
    opened = context.new_page()
    opened.goto(workspace.url)
    yield opened
    context.close()


@pytest.mark.parametrize(("text", "html"), CASES, ids=[text for text, _ in CASES])
def test_text_becomes_nodes(page: Page, text: str, html: str) -> None:
    assert page.evaluate(DRAW, [text, False]) == html


def test_an_address_alone_is_a_link_unless_the_text_is_verbatim(page: Page) -> None:
    text = "see https://a.example/x."
    assert page.evaluate(DRAW, [text, False]) == text
    assert page.evaluate(DRAW, [text, True]).startswith('see <a href="https://a.example/x.')


def test_times_are_shown_in_the_reader_s_zone(
    browser: Browser, workspace: WorkspaceProcess
) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(workspace.url)
    drawn = page.evaluate(DRAW, ["<!date^1767621600^{time_secs}|later>", False])
    context.close()
    assert drawn == "<time>23:00:00</time>"
