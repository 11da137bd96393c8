// The market of the sandbox's exchange: crash it, freeze it, close it; and what the account holds meanwhile.

import { fill, h } from "./dom.js";
import { action, part } from "./part.js";
import { Refused, get, post } from "./server.js";

const PRODUCTS = [
  ["BIP-20DEC30-CDE", "BTC"],
  ["ETP-20DEC30-CDE", "ETH"],
  ["SLP-20DEC30-CDE", "SOL"],
  ["XPP-20DEC30-CDE", "XRP"],
];
export const CRASHED = PRODUCTS[0][0];

/** Also for the guide. What the exchange answers is remembered: a step is done when it says so. */
export async function bend(known, acting, productId, how) {
  const told = await acting.said(() => post("/_ui/exchange/_sim/market", { product_id: productId, ...how }));
  if (told === null) return;
  known.market.set(productId, { ...told, before: known.market.get(productId) ?? null, at: known.now(), how });
  known.tell("market", productId);
}

export class Market {
  constructor(known, acting) {
    this.known = known;
    this.acting = acting;
    this.product = h(
      "select",
      { "aria-label": "Product" },
      PRODUCTS.map(([id, root]) => h("option", { value: id }, `${root} · ${id}`)),
    );
    this.quote = h("p", { class: "quote", role: "status" });
    this.account = h("div", { class: "account" });
    const rows = [
      [
        ["Crash −8 %", { jump_pct: -8 }],
        ["Drop −2 %", { jump_pct: -2 }],
        ["Rise +2 %", { jump_pct: 2 }],
        ["Rise +8 %", { jump_pct: 8 }],
      ],
      [
        ["Slide −1 %/min", { drift_pct_per_min: -1 }],
        ["Stop the slide", { drift_pct_per_min: 0 }],
        ["Freeze", { freeze: true }],
        ["Thaw", { freeze: false }],
      ],
      [
        ["Close session", { session: "closed" }],
        ["Reopen", { session: "auto" }],
        ["Wide spread", { spread_bps: 150 }],
        ["Usual spread", { spread_bps: 2 }],
      ],
    ];
    const button = ([label, how]) => action(label, () => bend(known, acting, this.product.value, how));
    const grid = h("div", { class: "bends" }, rows.flat().map(button));
    this.element = part(
      "Market",
      this.product,
      grid,
      this.quote,
      h("h4", {}, "The exchange's own books"),
      this.account,
    );
    this.product.addEventListener("change", () => this.drawQuote());
    known.on("market", () => {
      this.drawQuote();
      this.look();
    });
  }

  drawQuote() {
    const seen = this.known.market.get(this.product.value);
    fill(
      this.quote,
      seen ? `bid ${seen.bid} · ask ${seen.ask} · last ${seen.last} · session ${seen.session}` : "",
    );
  }

  async look() {
    try {
      this.drawAccount(await get("/_ui/exchange/_sim/ledger"));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      fill(this.account, h("p", { class: "empty" }, error.message));
    }
  }

  drawAccount(ledger) {
    const live = ledger.orders.filter((order) => ["OPEN", "PENDING", "QUEUED"].includes(order.status));
    const cash = h(
      "p",
      {},
      `cash ${ledger.cash} USD · ${ledger.fills.length} fills · ${live.length} live orders`,
    );
    const rows = ledger.positions.map((position) =>
      h(
        "tr",
        {},
        h("td", {}, position.product_id),
        h("td", {}, position.side),
        h("td", { class: "right" }, position.number_of_contracts),
        h("td", { class: "right" }, position.avg_entry_price),
      ),
    );
    const head = h(
      "tr",
      {},
      ["product", "side", "contracts", "entry"].map((name) => h("th", { scope: "col" }, name)),
    );
    const table = h("table", { class: "grid" }, h("thead", {}, head), h("tbody", {}, rows));
    fill(this.account, cash, rows.length ? table : h("p", { class: "empty" }, "no positions"));
  }
}
