// What goes between Slack and the app: every envelope and every request, newest first, with all of its content.

import { envelopeColumns, envelopeRow, requestColumns, requestRow } from "./inspected.js";
import { fill, h, iconButton, json, refill } from "./dom.js";
import { Refused, get, query } from "./server.js";

const ROWS_MAX = 400;
const PAGE = 10_000;

export class Inspector {
  constructor(known, changed) {
    this.known = known;
    this.changed = changed;
    this.kind = "envelopes";
    this.chosen = null;
    this.filter = h("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter",
      on: { input: () => this.draw() },
    });
    this.tabs = h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": "Inspector" },
      this.tab("envelopes", "Envelopes"),
      this.tab("requests", "Requests"),
    );
    this.table = h("table", { class: "grid log" });
    this.detail = h("div", { class: "detail", role: "region", "aria-label": "Detail" });
    const head = h(
      "header",
      { class: "pane-head" },
      this.tabs,
      this.filter,
      h("span", { class: "gap" }),
      iconButton("close", "Close inspector", () => this.toggle()),
    );
    this.panel = h(
      "div",
      { class: "inspected", role: "tabpanel" },
      h("div", { class: "scroller" }, this.table),
      this.detail,
    );
    this.element = h(
      "section",
      { class: "pane inspector", "aria-label": "Inspector", hidden: true },
      head,
      this.panel,
    );
    this.known.on("envelope", () => this.later());
    this.known.on("request", () => this.later());
  }

  tab(kind, name) {
    const choose = () => this.choose(kind);
    const button = h(
      "button",
      { type: "button", role: "tab", id: `tab-${kind}`, on: { click: choose } },
      name,
    );
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      this.choose(kind === "envelopes" ? "requests" : "envelopes");
      this.tabs.querySelector("[aria-selected=true]").focus();
    });
    return button;
  }

  choose(kind) {
    this.kind = kind;
    this.chosen = null;
    this.draw();
  }

  isOpen = () => !this.element.hidden;

  toggle = () => {
    this.element.hidden = !this.element.hidden;
    if (this.isOpen()) this.draw();
    this.changed();
  };

  /** At most one drawing for each frame of the screen, and none while nobody looks. */
  later() {
    if (this.element.hidden || this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const isEnvelopes = this.kind === "envelopes";
    for (const tab of this.tabs.children)
      tab.setAttribute("aria-selected", String(tab.id === `tab-${this.kind}`));
    this.panel.setAttribute("aria-labelledby", `tab-${this.kind}`);
    const all = isEnvelopes ? [...this.known.envelopes.values()] : this.known.requests;
    const wanted = this.filter.value.trim().toLowerCase();
    const make = isEnvelopes ? envelopeRow : requestRow;
    const rows = [];
    for (let at = all.length - 1; at >= 0 && rows.length < ROWS_MAX; at -= 1) {
      const row = make(all[at], this.known);
      if (!wanted || row.words.includes(wanted)) rows.push(this.rowOf(row));
    }
    this.fillTable(isEnvelopes ? envelopeColumns : requestColumns, rows);
    this.drawDetail();
  }

  fillTable(columns, rows) {
    const none = h("tr", {}, h("td", { colspan: columns.length, class: "empty" }, "Nothing yet."));
    const head = h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((name) => h("th", { scope: "col" }, name)),
      ),
    );
    refill(
      this.table,
      h("caption", { class: "unseen" }, this.kind),
      head,
      h("tbody", {}, rows.length ? rows : none),
    );
  }

  rowOf(row) {
    const choose = () => {
      this.chosen = row.key;
      this.draw();
    };
    const [first, ...rest] = row.cells;
    const button = h(
      "button",
      { type: "button", class: "link", "aria-label": `${first} ${row.name}`, data: { key: row.key } },
      first,
    );
    const isChosen = this.chosen === row.key;
    if (isChosen) this.shown = row;
    return h(
      "tr",
      { class: `${row.tone} ${isChosen ? "chosen" : ""}`.trim(), on: { click: choose } },
      h("td", {}, button),
      rest.map((cell) => h("td", {}, cell)),
    );
  }

  drawDetail() {
    const row = this.shown?.key === this.chosen ? this.shown : null;
    this.detail.hidden = row === null;
    if (row === null || this.detail.dataset.of === `${row.key} ${row.words.length}`) return;
    this.detail.dataset.of = `${row.key} ${row.words.length}`;
    fill(this.detail, h("h3", {}, row.name), json(row.whole));
  }

  /** What happened before this page was opened. */
  async load() {
    try {
      const envelopes = await everything("/_sim/envelopes", "envelopes", "sent_monotonic_ns");
      const requests = await everything("/_sim/requests", "requests", "monotonic_ns");
      this.known.takePast(envelopes, requests);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
}

/** The oldest come first and only so many at once. */
async function everything(path, name, stamp) {
  const found = [];
  for (let since_ns = 0; ;) {
    const part = (await get(query(path, { since_ns, limit: PAGE })))[name];
    found.push(...part);
    if (part.length < PAGE) return found.slice(-2000);
    since_ns = part.at(-1)[stamp];
  }
}
