// Short notices at the edge, above everything; they go by themselves unless a person is on them.

import { h, iconButton } from "./dom.js";

const SHOWN_MS = 9000;
const MOST = 4;

export class Toasts {
  constructor() {
    this.element = h("div", {
      class: "toasts",
      popover: "manual",
      role: "region",
      "aria-label": "Notices",
      "aria-live": "polite",
    });
    document.body.append(this.element);
  }

  /** `kind` is "" or "trouble". The same words are not shown twice at once. */
  show(text, kind = "") {
    const twin = [...this.element.children].find((shown) => shown.firstChild.textContent === text);
    twin?.remove();
    while (this.element.children.length >= MOST) this.element.firstChild.remove();
    const shown = h(
      "div",
      { class: `toast ${kind}`, role: kind ? "alert" : null },
      h("span", {}, text),
      iconButton("close", "Dismiss", () => this.gone(shown)),
    );
    this.element.append(shown);
    // Shown anew, so that it lies above a dialog that was opened later.
    if (this.element.matches(":popover-open")) this.element.hidePopover();
    this.element.showPopover();
    this.leaveLater(shown);
  }

  leaveLater(shown) {
    let timer = setTimeout(() => this.gone(shown), SHOWN_MS);
    shown.addEventListener("mouseenter", () => clearTimeout(timer));
    shown.addEventListener("mouseleave", () => (timer = setTimeout(() => this.gone(shown), SHOWN_MS / 3)));
  }

  gone(shown) {
    shown.remove();
    if (!this.element.children.length && this.element.matches(":popover-open")) this.element.hidePopover();
  }
}
