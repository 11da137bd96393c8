// A control that a person can press: it shows when its click waits for the app, and when that went wrong.

import { h } from "./dom.js";

/** Wraps an element, so that its state can change later without drawing anything anew. */
export function control(element, block, scene, ...nodes) {
  const data = { place: scene.place, block: block.block_id ?? "", action: element.action_id ?? "" };
  const mark = h("span", { class: "mark", role: "status" });
  const whole = h("span", { class: "control", data }, nodes, mark);
  show(whole, scene.known);
  return whole;
}

/** Brings every control of a place to the state that is known. */
export function showPressed(place, known) {
  for (const whole of document.querySelectorAll(`.control[data-place="${CSS.escape(place)}"]`))
    show(whole, known);
}

function show(whole, known) {
  const { place, block, action } = whole.dataset;
  const state = known.pressedState(place, block, action);
  const waits = state === "pending";
  const trouble = state !== null && !waits ? state : "";
  whole.classList.toggle("pending", waits);
  for (const inner of whole.querySelectorAll("button, select, input, textarea")) {
    if (waits) inner.setAttribute("aria-busy", "true");
    else inner.removeAttribute("aria-busy");
  }
  const mark = whole.querySelector(":scope > .mark");
  if (mark.title === trouble) return;
  mark.title = trouble;
  mark.replaceChildren(...(trouble ? [h("span", { role: "img", "aria-label": trouble }, "⚠")] : []));
}

export function isPending(element, block, scene) {
  return scene.known.pressedState(scene.place, block.block_id ?? "", element.action_id ?? "") === "pending";
}
