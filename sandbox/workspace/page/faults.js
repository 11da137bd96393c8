// One server's faults: switches for the common ones, a button for a single time, and everything in force.

import { fill, h, iconButton, refill } from "./dom.js";
import { isOf } from "./faultlist.js";
import { part } from "./part.js";
import { Refused, get, post, remove } from "./server.js";

export class FaultBoard {
  /** `prefix` leads to the server's control. */
  constructor(server, entries, prefix, acting) {
    this.entries = entries;
    this.prefix = prefix;
    this.acting = acting;
    this.inForce = [];
    this.switches = h("div", { class: "switches" });
    this.list = h("ul", { class: "in-force", "aria-label": `Faults in force: ${server}` });
    this.element = part(`${server} faults`, this.switches, this.list);
    this.draw();
  }

  async refresh() {
    try {
      const { faults } = await get(`${this.prefix}/_sim/faults`);
      this.inForce = faults.filter((fault) => fault.count !== 0 || isSticky(fault));
      this.draw();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      fill(this.list, h("li", {}, error.message));
    }
  }

  draw() {
    refill(
      this.switches,
      this.entries.map((entry) => this.row(entry)),
    );
    refill(
      this.list,
      this.inForce.map((fault) => this.inForceRow(fault)),
    );
  }

  row(entry) {
    const own = this.inForce.filter((fault) => isOf(fault, entry));
    const isOn = own.some((fault) => fault.count === null || isSticky(fault));
    const flip = () => (isOn ? this.take(own) : this.order(entry, null));
    const lasting = h("button", {
      type: "button",
      class: "switch",
      role: "switch",
      "aria-checked": String(isOn),
      "aria-label": entry.name,
      on: { click: flip },
    });
    const once = h(
      "button",
      {
        type: "button",
        class: "link",
        "aria-label": `${entry.name}, once`,
        on: { click: () => this.order(entry, 1) },
      },
      "once",
    );
    return h(
      "div",
      { class: "row" },
      lasting,
      h("div", { class: "about" }, entry.name, h("small", {}, entry.note)),
      once,
    );
  }

  inForceRow(fault) {
    const left = fault.count === null ? "until removed" : `${fault.count} left`;
    const where = Object.entries(fault.match)
      .map(([name, value]) => (value === true ? name : String(value)))
      .join(" ");
    const words = `${fault.kind} ${where || "everything"} · ${left} · met ${fault.met}`;
    return h(
      "li",
      {},
      h("span", {}, words),
      iconButton("close", `Remove ${fault.kind} ${where}`.trim(), () => this.take([fault])),
    );
  }

  async order(entry, count) {
    await this.acting.said(() => post(`${this.prefix}/_sim/fault`, { ...entry.order, count }));
    await this.refresh();
  }

  async take(faults) {
    for (const fault of faults)
      await this.acting.said(() => remove(`${this.prefix}/_sim/faults/${fault.id}`));
    await this.refresh();
  }
}

/** These hold a connection until they are removed, however often they were ordered. */
const isSticky = (fault) => ["silence", "half_open"].includes(fault.kind);
