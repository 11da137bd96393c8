// The guided rehearsal: steps that do themselves, and tick when the workspace shows that they have happened.

import { h, icon, iconButton, refill } from "./dom.js";
import { STEPS } from "./steps.js";

const CLOSED = "workspace.guide.closed";
const SINCE = "workspace.guide.since";

export class Guide {
  /** `view` has known, acting, sayAs and showCardAs. */
  constructor(view, changed) {
    this.view = view;
    this.changed = changed;
    this.done = new Set();
    this.since_s = null;
    this.open_at = null;
    this.list = h("ol", { class: "steps" });
    this.count = h("p", { class: "count", role: "status" });
    const again = h(
      "button",
      { type: "button", class: "link", on: { click: () => this.restart() } },
      "Start over",
    );
    const head = h(
      "header",
      { class: "pane-head" },
      h("h2", {}, "Guided drill"),
      this.count,
      h("span", { class: "gap" }),
      again,
      iconButton("close", "Close guided drill", () => this.toggle()),
    );
    this.element = h(
      "section",
      { class: "pane guide", "aria-label": "Guided drill", hidden: localStorage.getItem(CLOSED) === "yes" },
      head,
      this.list,
    );
    for (const topic of ["envelope", "request", "messages", "market"])
      view.known.on(topic, () => this.later());
  }

  isOpen = () => !this.element.hidden;

  toggle = () => {
    this.element.hidden = !this.element.hidden;
    localStorage.setItem(CLOSED, this.element.hidden ? "yes" : "no");
    this.draw();
    this.changed();
  };

  restart() {
    this.done.clear();
    this.open_at = null;
    this.since_s = this.view.known.now().getTime() / 1000;
    sessionStorage.setItem(SINCE, String(this.since_s));
    this.draw();
  }

  /** At each connection. The drill goes on after the page was loaded anew. */
  begin() {
    const stored = sessionStorage.getItem(SINCE);
    if (stored === null) return this.restart();
    this.since_s = Number(stored);
    this.look();
    this.draw();
  }

  later() {
    if (this.waiting || this.since_s === null) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.look()) this.draw();
    });
  }

  /** What was seen to happen stays ticked: another member may not see its message. */
  look() {
    const before = this.done.size;
    STEPS.forEach((step, at) => {
      if (!this.done.has(at) && step.done(this.view.known, this.since_s)) this.done.add(at);
    });
    if (this.done.size !== before) this.open_at = null;
    return this.done.size !== before;
  }

  draw() {
    const next = STEPS.findIndex((_, at) => !this.done.has(at));
    const shown = this.open_at ?? next;
    this.count.textContent = next < 0 ? "all done" : `${this.done.size} of ${STEPS.length}`;
    refill(
      this.list,
      STEPS.map((step, at) => this.row(step, at, at === shown, at === next)),
    );
  }

  row(step, at, isShown, isNext) {
    const isDone = this.done.has(at);
    const choose = () => {
      this.open_at = isShown ? null : at;
      this.draw();
    };
    const sign = h(
      "span",
      { class: "tick", role: "img", "aria-label": isDone ? "done" : "not done yet" },
      isDone ? icon("check") : String(at + 1),
    );
    const title = h(
      "button",
      {
        type: "button",
        class: "step-title",
        "aria-expanded": String(isShown),
        data: { key: `title ${at}` },
        on: { click: choose },
      },
      step.title,
    );
    return h(
      "li",
      {
        class: [isDone && "done", isNext && "next", isShown && "shown"].filter(Boolean).join(" "),
        "aria-current": isNext ? "step" : null,
      },
      sign,
      h("div", {}, title, isShown ? this.inside(step, at, isNext) : null),
    );
  }

  inside(step, at, isNext) {
    const { known } = this.view;
    if (step.needsExchange && !known.exchange)
      return h("p", {}, "Needs the exchange: start the workspace with --exchange-control URL.");
    const button = (does, kind, key) =>
      h(
        "button",
        {
          type: "button",
          class: kind,
          data: { key: `${key} ${at}` },
          on: { click: () => does.act(this.view, this.since_s) },
        },
        does.label,
      );
    const also = step.also ? button(step.also, "button", "also") : null;
    return [
      h("p", {}, step.about),
      h("code", {}, step.text),
      h("div", { class: "actions" }, button(step.does, isNext ? "button primary" : "button", "does"), also),
    ];
  }
}
