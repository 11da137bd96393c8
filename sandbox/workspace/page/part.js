// A titled part of a panel, and a plain button in it.

import { h } from "./dom.js";

export function part(title, ...content) {
  return h("section", { class: "part", "aria-label": title }, h("h3", {}, title), ...content);
}

export function action(label, click, more = {}) {
  return h("button", { type: "button", class: "button", on: { click }, ...more }, label);
}
