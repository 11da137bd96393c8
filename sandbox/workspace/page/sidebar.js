// The way around: channels, direct messages, the app's Home tab, and the tools of the rehearsal.

import { h, icon, refill } from "./dom.js";

export class Sidebar {
  /** `tools` are {name, icon, isOpen, toggle}. */
  constructor(known, unread, tools) {
    this.known = known;
    this.unread = unread;
    this.tools = tools;
    this.lists = h("nav", { "aria-label": "Conversations" });
    this.buttons = h("div", { class: "tools", role: "group", "aria-label": "Tools" });
    this.element = h("div", { class: "sidebar" }, this.lists, this.buttons);
  }

  /** `current` is a channel id or "home". */
  draw(current) {
    const channels = [...this.known.channels.values()].filter(
      (channel) => !channel.archived || channel.id === current,
    );
    const byName = (one, other) => one.name.localeCompare(other.name);
    const rooms = channels.filter((channel) => channel.kind !== "im").sort(byName);
    const direct = channels.filter((channel) => channel.kind === "im");
    refill(
      this.lists,
      group(
        "Channels",
        rooms.map((channel) => this.entry(channel, current, "hash")),
      ),
      group(
        "Direct messages",
        direct.map((channel) => this.entry(channel, current, "person")),
      ),
      group("App", [anchor("home", `${this.known.app.name} Home`, "home", current === "home", 0, false)]),
    );
    this.drawTools();
  }

  entry(channel, current, symbol) {
    const { count, mentions } = this.unread.of(channel.id);
    return anchor(
      channel.id,
      this.known.titleOf(channel),
      symbol,
      current === channel.id,
      count,
      mentions > 0,
    );
  }

  drawTools() {
    const one = (tool) =>
      h(
        "button",
        { type: "button", class: "tool", "aria-pressed": String(tool.isOpen()), on: { click: tool.toggle } },
        icon(tool.icon),
        h("span", {}, tool.name),
      );
    refill(this.buttons, this.tools.map(one));
  }
}

function group(title, entries) {
  if (!entries.length) return null;
  return h(
    "section",
    {},
    h("h2", {}, title),
    h(
      "ul",
      {},
      entries.map((entry) => h("li", {}, entry)),
    ),
  );
}

function anchor(target, name, symbol, isCurrent, count, isForMe) {
  const badge = count
    ? h("span", { class: isForMe ? "badge for-me" : "badge", "aria-label": `${count} unread` }, count)
    : null;
  const attributes = {
    href: `#${target}`,
    "aria-current": isCurrent ? "page" : null,
    class: count ? "unread" : null,
  };
  return h("a", attributes, icon(symbol), h("span", { class: "name" }, name), badge);
}
