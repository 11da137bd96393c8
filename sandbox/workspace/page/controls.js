// Faults & market beside the conversation: what can be made to go wrong, and what is in force.

import { h, iconButton, refill } from "./dom.js";
import { FaultBoard } from "./faults.js";
import { EXCHANGE_FAULTS, PAGER_FAULTS, SLACK_FAULTS } from "./faultlist.js";
import { Market } from "./market.js";
import { action, part } from "./part.js";

const LOOK_EVERY_MS = 3000;

export class Controls {
  constructor(known, acting, changed) {
    this.known = known;
    this.acting = acting;
    this.changed = changed;
    this.slack = new FaultBoard("Slack", SLACK_FAULTS, "", acting);
    this.exchangeFaults = new FaultBoard("Exchange", EXCHANGE_FAULTS, "/_ui/exchange", acting);
    this.pagerFaults = new FaultBoard("Pager", PAGER_FAULTS, "/_ui/pager", acting);
    this.market = new Market(known, acting);
    this.connections = h("div", { class: "actions" }, this.refreshButtons());
    this.clock = h("div", { class: "actions" }, this.clockButtons());
    this.members = h("div", { class: "people" });
    this.exchange = h("div", {});
    const head = h(
      "header",
      { class: "pane-head" },
      h("h2", {}, "Faults & market"),
      h("span", { class: "gap" }),
      iconButton("close", "Close faults and market", () => this.toggle()),
    );
    const body = h(
      "div",
      { class: "list panel-body", tabindex: "0", role: "region", "aria-label": "Switches" },
      this.exchange,
      this.slack.element,
      this.pagerFaults.element,
      part("Socket connections", this.connections),
      part("Clock of the workspace", this.clock),
      part("Members", this.members),
    );
    this.element = h(
      "section",
      { class: "pane controls", "aria-label": "Faults & market", hidden: true },
      head,
      body,
    );
  }

  isOpen = () => !this.element.hidden;

  toggle = () => {
    this.element.hidden = !this.element.hidden;
    if (this.isOpen()) this.open();
    this.changed();
  };

  open() {
    this.draw();
    this.look();
  }

  /** Again and again while the panel is open: faults are used up, and the market moves. */
  look() {
    clearTimeout(this.timer);
    if (!this.isOpen()) return;
    this.slack.refresh();
    if (this.known.exchange) this.exchangeFaults.refresh();
    if (this.known.exchange) this.market.look();
    if (this.known.pager) this.pagerFaults.refresh();
    this.timer = setTimeout(() => this.look(), LOOK_EVERY_MS);
  }

  draw() {
    const without = h(
      "p",
      { class: "empty" },
      "No exchange here: start the workspace with --exchange-control URL.",
    );
    refill(
      this.exchange,
      this.known.exchange ? [this.market.element, this.exchangeFaults.element] : part("Market", without),
    );
    this.pagerFaults.element.hidden = !this.known.pager;
    refill(
      this.members,
      this.known.people().map((member) => this.memberRow(member)),
    );
  }

  refreshButtons() {
    const refresh = (now) => () => this.acting.tell("/_sim/refresh", { now });
    return [action("Refresh now", refresh(true)), action("Warn, then refresh", refresh(false))];
  }

  clockButtons() {
    const advance = (advance_s) => () => this.acting.tell("/_sim/clock", { advance_s });
    return [action("+1 min", advance(60)), action("+10 min", advance(600)), action("+1 h", advance(3600))];
  }

  memberRow(member) {
    const change = (what) => (event) =>
      this.acting.tell("/_sim/member", { user: member.name, [what]: event.target.checked });
    return h(
      "div",
      { class: "row" },
      h("span", {}, member.name),
      check(`${member.name} is deactivated`, "deactivated", member.deleted, change("deleted")),
      check(`${member.name} is a guest`, "guest", member.is_guest, change("is_guest")),
    );
  }
}

function check(name, shown, isOn, change) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "checkbox", "aria-label": name, checked: isOn, on: { change } }),
    shown,
  );
}
