// Dialogs of the browser's own kind: a question before something is done, and a closer look at something.

import { add, h, iconButton } from "./dom.js";
import { textObject } from "./mrkdwn.js";

let count = 0;

/** A modal dialog with a title; it is gone from the page when it is closed. Returns it, shown. */
export function dialog(title, kind, ...content) {
  count += 1;
  const id = `dialog-title-${count}`;
  const shown = h("dialog", { class: kind, "aria-labelledby": id }, h("h2", { id }, title), ...content);
  shown.addEventListener("close", () => shown.remove());
  document.body.append(shown);
  shown.showModal();
  return shown;
}

/** Asks what a confirm object asks. Closing it with Escape means no. */
export function confirmed(question, known) {
  return new Promise((resolve) => {
    const style = question.style === "danger" ? "danger" : "primary";
    const answer = (value) => () => shown.close(value);
    const yes = h(
      "button",
      { type: "button", class: `button ${style}`, on: { click: answer("yes") } },
      question.confirm?.text ?? "Yes",
    );
    const no = h(
      "button",
      { type: "button", class: "button", autofocus: true, on: { click: answer("no") } },
      question.deny?.text ?? "Cancel",
    );
    const said = h("div", { class: "said" }, textObject(question.text, known));
    const shown = dialog(
      question.title?.text ?? "Are you sure?",
      "ask",
      said,
      h("div", { class: "choices" }, no, yes),
    );
    shown.addEventListener("close", () => resolve(shown.returnValue === "yes"));
  });
}

/** To read something in peace. */
export function lookAt(title, ...content) {
  const shown = dialog(title, "look");
  const close = iconButton("close", "Close", () => shown.close(), { class: "quiet corner" });
  add(shown, [h("div", { class: "said" }, content), close]);
  return shown;
}
