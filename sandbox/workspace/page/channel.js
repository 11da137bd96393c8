// The conversation in view: its head, its messages, and the place to type.

import { Composer } from "./composer.js";
import { SHOWN_AT_FIRST, channelEntries } from "./entries.js";
import { clockTime } from "./dates.js";
import { fill, h, icon } from "./dom.js";
import { List } from "./list.js";
import { messageArticle } from "./message.js";

export class ChannelPane {
  constructor(view) {
    this.view = view;
    this.channel = null;
    this.most = SHOWN_AT_FIRST;
    this.head = h("header", { class: "pane-head" });
    this.place = h("div", { class: "channel-body" });
    this.element = h(
      "section",
      { class: "pane channel", "aria-label": "Conversation" },
      this.head,
      this.place,
    );
  }

  /** Null takes it away. */
  open(channel) {
    const isOther = this.channel?.id !== channel.id;
    this.channel = channel;
    this.drawHead();
    if (isOther) {
      this.most = SHOWN_AT_FIRST;
      const name = this.view.known.titleOf(channel);
      this.list = new List(`Messages in ${name}`, (entry) => this.row(entry));
      this.composer = new Composer(this.view, channel.id, `Message ${name}`);
      fill(this.place, this.list.element, this.composer.element);
    }
    this.show();
    if (isOther) this.list.toBottom();
  }

  drawHead() {
    const { channel, view } = this;
    const name = view.known.titleOf(channel);
    const people = channel.members.map((id) => view.known.members.get(id)?.name ?? id);
    const topic = channel.topic ? h("p", { class: "topic", title: channel.topic }, channel.topic) : null;
    const count =
      channel.kind === "im"
        ? null
        : h("span", { class: "count", title: people.join(", ") }, icon("person"), people.length);
    const archived = channel.archived ? h("span", { class: "tag" }, "archived") : null;
    fill(this.head, h("h1", {}, channel.kind === "im" ? "" : icon("hash"), name), archived, topic, count);
  }

  show() {
    if (this.channel) this.list.show(channelEntries(this.view.known, this.channel.id, this.most));
  }

  row(entry) {
    if (entry.kind === "day") return h("div", { class: "day" }, h("span", {}, entry.name));
    if (entry.kind === "command") return commandLine(entry.envelope);
    if (entry.kind === "earlier") return this.earlier(entry.earlier);
    return messageArticle(entry.message, this.view, {
      compact: entry.compact,
      replies: entry.replies,
      inThread: false,
    });
  }

  earlier(count) {
    const more = () => {
      this.most += 300;
      this.show();
    };
    return h(
      "div",
      { class: "day" },
      h("button", { type: "button", class: "link", on: { click: more } }, `Show earlier (${count} more)`),
    );
  }

  reveal(ts) {
    const row = this.list?.rows.get(ts)?.element;
    if (!row) return;
    this.list.atBottom = false;
    row.scrollIntoView({ block: "center" });
    row.classList.remove("revealed");
    requestAnimationFrame(() => row.classList.add("revealed"));
  }
}

const OUTCOMES = {
  pending: "waiting for the app…",
  acked: "acknowledged",
  timeout: "not acknowledged in 3 s",
  late: "acknowledged too late",
  undelivered: "no app is connected",
};

export function ackMs(envelope) {
  return envelope.acked_monotonic_ns
    ? (envelope.acked_monotonic_ns - envelope.sent_monotonic_ns) / 1e6
    : null;
}

function commandLine(envelope) {
  const { command, text, user_name: user } = envelope.payload;
  const ms = ackMs(envelope);
  const took = ms === null ? "" : ` in ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const at = new Date(Date.parse(envelope.sent_at));
  const line = `${command} ${text}`.trim();
  return h(
    "div",
    { class: `command-line ${envelope.outcome}`, role: "note", "aria-label": `${user} typed ${line}` },
    h("time", { datetime: envelope.sent_at }, clockTime(at)),
    h("code", {}, line),
    h("span", {}, (OUTCOMES[envelope.outcome] ?? envelope.outcome) + took),
  );
}
