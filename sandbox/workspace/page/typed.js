// Elements that a person types into: texts, numbers, dates and times.

import { acted } from "./choosing.js";
import { h } from "./dom.js";
import { heldValue, keyOf } from "./held.js";
import { control } from "./pressed.js";

const PAUSE_MS = 900;
const TYPES = {
  plain_text_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
  datetimepicker: "datetime-local",
  external_select: "text",
  multi_external_select: "text",
};

export function typed(it, block, scene, label) {
  const node = it.multiline
    ? h("textarea", { rows: 4, ...attributes(it, block, label) })
    : h("input", { type: TYPES[it.type], ...attributes(it, block, label) });
  node.value = shownValue(it, heldValue(it, block, scene));
  const value = () => sentValue(it, node.value);
  scene.field?.(block, it, value);
  tellWhenDone(node, () => {
    if (node.value !== "" && node.checkValidity()) acted(it, block, scene, label, value());
  });
  const nodes = it.type.endsWith("external_select") ? [node, suggestions(it, block, scene, node)] : [node];
  return control(it, block, scene, ...nodes);
}

/** A date that is typed changes with each digit of its year: it counts when a person pauses, leaves or presses Enter. */
function tellWhenDone(node, tell) {
  let timer = null;
  const now = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    tell();
  };
  node.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(now, PAUSE_MS);
  });
  node.addEventListener("blur", now);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !node.matches("textarea")) setTimeout(now);
  });
}

function attributes(it, block, label) {
  const named = label
    ? { id: label.id, "aria-describedby": label.describedBy }
    : { "aria-label": it.placeholder?.text ?? NAMES[it.type] ?? "Text" };
  return {
    ...named,
    placeholder: it.placeholder?.text,
    minlength: it.min_length,
    maxlength: it.max_length,
    min: it.min_value,
    max: it.max_value,
    step: it.type === "number_input" && it.is_decimal_allowed ? "any" : null,
    autofocus: Boolean(it.focus_on_load),
    data: { key: keyOf(block, it) },
  };
}

const NAMES = { datepicker: "Date", timepicker: "Time", datetimepicker: "Date and time" };

function shownValue(it, held) {
  if (held === null) return "";
  if (it.type !== "datetimepicker") return String(held);
  const local = new Date(held * 1000 - new Date(held * 1000).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function sentValue(it, text) {
  if (text === "") return null;
  if (it.type === "datetimepicker") return Math.round(new Date(text).getTime() / 1000);
  return it.type === "multi_external_select" ? [text] : text;
}

/** What the app offers for what was typed. */
function suggestions(it, block, scene, node) {
  const list = h("datalist", { id: `offers-${block.block_id}-${it.action_id}` });
  node.setAttribute("list", list.id);
  node.addEventListener("input", async () => {
    if (!scene.suggest || node.value.length < (it.min_query_length ?? 3)) return;
    const options = await scene.suggest(block, it, node.value);
    list.replaceChildren(...options.map((option) => h("option", { value: option.value }, option.text.text)));
  });
  return list;
}
