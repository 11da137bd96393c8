// Keys that work wherever nobody is typing: digits change the member, / goes to the composer, arrows with Alt change the channel.

import { lookAt } from "./confirm.js";
import { h } from "./dom.js";

const isTyping = (element) =>
  element?.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]") !==
    null && element !== null;

/** `page` has actAsNumber, focusComposer, nextChannel. */
export function listenToKeys(page) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]"))
      return;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      page.nextChannel(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.altKey || isTyping(document.activeElement)) return;
    if (/^[1-9]$/.test(event.key)) page.actAsNumber(Number(event.key));
    else if (event.key === "/") page.focusComposer("/");
    else if (event.key === "?") showKeys();
    else return;
    event.preventDefault();
  });
}

const KEYS = [
  ["1 … 9", "act as that member"],
  ["/", "type a command"],
  ["↑ ↓", "in the empty field: what was sent before"],
  ["Tab", "take what is offered while typing"],
  ["Alt ↑ ↓", "previous and next conversation"],
  ["Esc", "close a thread, a modal, a menu"],
  ["?", "this list"],
];

export function showKeys() {
  lookAt(
    "Keys",
    h(
      "dl",
      { class: "keys" },
      KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]),
    ),
    h("p", { class: "hint" }, "Digits, / and ? work while no field has the focus."),
  );
}
