// A list of entries in order, kept current in place: only what changed is drawn anew, and the bottom stays the bottom.

import { h } from "./dom.js";

const NEAR_PX = 48;

export class List {
  /** `draw` makes the element of an entry {key, signature, …}. */
  constructor(label, draw) {
    this.draw = draw;
    this.rows = new Map();
    this.inner = h("div", { class: "rows" });
    this.element = h(
      "div",
      { class: "list", role: "region", "aria-label": label, tabindex: "0" },
      this.inner,
    );
    this.atBottom = true;
    this.element.addEventListener("scroll", () => (this.atBottom = this.isAtBottom()));
    new ResizeObserver(() => this.keepBottom()).observe(this.inner);
    new ResizeObserver(() => this.keepBottom()).observe(this.element);
  }

  isAtBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  keepBottom() {
    if (this.atBottom) this.element.scrollTop = this.element.scrollHeight;
  }

  toBottom() {
    this.atBottom = true;
    this.keepBottom();
  }

  clear() {
    this.rows.clear();
    this.inner.replaceChildren();
    this.atBottom = true;
  }

  show(entries) {
    const keys = new Set(entries.map((entry) => entry.key));
    for (const [key, row] of this.rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    let before = null;
    for (const entry of entries) {
      const element = this.current(entry);
      const place = before ? before.nextSibling : this.inner.firstChild;
      if (element !== place) this.inner.insertBefore(element, place);
      before = element;
    }
    this.keepBottom();
  }

  current(entry) {
    const row = this.rows.get(entry.key);
    if (row?.signature === entry.signature) return row.element;
    const element = this.draw(entry);
    if (row) replaceKeepingFocus(row.element, element);
    this.rows.set(entry.key, { element, signature: entry.signature });
    return element;
  }
}

/** A person on a button stays on it when its message is edited under their hands. */
export function replaceKeepingFocus(old, element) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  old.replaceWith(element);
  if (focused !== undefined)
    element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
