// One thread beside the channel: its root, its replies, and the place to reply.

import { Composer } from "./composer.js";
import { fill, h, iconButton } from "./dom.js";
import { threadEntries } from "./entries.js";
import { List } from "./list.js";
import { messageArticle } from "./message.js";

export class ThreadPane {
  constructor(view, changed) {
    this.view = view;
    this.changed = changed;
    this.where = null;
    this.element = h("section", { class: "pane thread", "aria-label": "Thread", hidden: true });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
  }

  open(channelId, rootTs) {
    const channel = this.view.known.channels.get(channelId);
    const name = this.view.known.titleOf(channel);
    this.where = { channelId, rootTs };
    this.list = new List(`Messages of the thread in ${name}`, (entry) => this.row(entry));
    this.composer = new Composer(this.view, channelId, `Reply to thread in ${name}`, rootTs);
    const head = h(
      "header",
      { class: "pane-head" },
      h("h2", {}, "Thread"),
      h("p", { class: "topic" }, name),
      iconButton("close", "Close thread", () => this.close()),
    );
    fill(this.element, head, this.list.element, this.composer.element);
    this.element.hidden = false;
    this.show();
    this.list.toBottom();
    this.changed();
    this.composer.focus();
  }

  close() {
    this.where = null;
    this.element.hidden = true;
    this.changed();
  }

  show() {
    if (this.where) this.list.show(threadEntries(this.view.known, this.where.channelId, this.where.rootTs));
  }

  row(entry) {
    return messageArticle(entry.message, this.view, { compact: entry.compact, inThread: true });
  }
}
