// The way around: channels, direct messages, the app's Home tab, and the tools of the rehearsal.

import { h, icon, refill } from "./dom.js";

export class Sidebar {
  /** `tools` are {name, icon, isOpen, toggle}. */
  constructor(known, unread, tools) {
    this.known = known;
    this.unread = unread;
    this.tools = tools;
    this.drawn = null;
    this.lists = h("nav", { "aria-label": "Conversations" });
    this.buttons = h("div", { class: "tools", role: "group", "aria-label": "Tools" }, tools.map(button));
    this.element = h("div", { class: "sidebar" }, this.lists, this.buttons);
  }

  /** `current` is a channel id or "home". An entry stays the same element while only its state changes: a click takes time. */
  draw(current) {
    const groups = this.groups(current);
    const drawn = JSON.stringify(groups);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.entries = new Map();
      refill(this.lists, groups.map((group) => this.section(group)));
    }
    for (const [target, entry] of this.entries) entry.show(target === current, this.unread.of(target));
    this.drawTools();
  }

  groups(current) {
    const channels = [...this.known.channels.values()].filter(
      (channel) => !channel.archived || channel.id === current,
    );
    const byName = (one, other) => one.name.localeCompare(other.name);
    const rooms = channels.filter((channel) => channel.kind !== "im").sort(byName);
    const direct = channels.filter((channel) => channel.kind === "im");
    const named = (symbol) => (channel) => ({ target: channel.id, name: this.known.titleOf(channel), symbol });
    const home = { target: "home", name: `${this.known.app.name} Home`, symbol: "home" };
    return [
      { title: "Channels", members: rooms.map(named("hash")) },
      { title: "Direct messages", members: direct.map(named("person")) },
      { title: "App", members: [home] },
    ];
  }

  section({ title, members }) {
    if (!members.length) return null;
    const items = members.map((member) => {
      const entry = new Entry(member);
      this.entries.set(member.target, entry);
      return h("li", {}, entry.element);
    });
    return h("section", {}, h("h2", {}, title), h("ul", {}, items));
  }

  drawTools() {
    this.tools.forEach((tool, place) => this.buttons.children[place].setAttribute("aria-pressed", String(tool.isOpen())));
  }
}

function button(tool) {
  return h(
    "button",
    { type: "button", class: "tool", "aria-pressed": "false", on: { click: tool.toggle } },
    icon(tool.icon),
    h("span", {}, tool.name),
  );
}

/** A way to one place, with how much of it is unread. */
class Entry {
  constructor({ target, name, symbol }) {
    this.badge = h("span", { class: "badge", hidden: true });
    this.element = h(
      "a",
      { href: `#${target}` },
      icon(symbol),
      h("span", { class: "name" }, name),
      this.badge,
    );
  }

  show(isCurrent, { count, mentions }) {
    if (isCurrent) this.element.setAttribute("aria-current", "page");
    else this.element.removeAttribute("aria-current");
    this.element.classList.toggle("unread", count > 0);
    this.badge.hidden = !count;
    this.badge.classList.toggle("for-me", mentions > 0);
    this.badge.textContent = count || "";
    if (count) this.badge.setAttribute("aria-label", `${count} unread`);
    else this.badge.removeAttribute("aria-label");
  }
}
