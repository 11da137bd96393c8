// Radio buttons, checkboxes, and menus of many choices: all are lists of native inputs.

import { acted, choicesOf } from "./choosing.js";
import { h } from "./dom.js";
import { heldValue, keyOf } from "./held.js";
import { textObject } from "./mrkdwn.js";
import { control } from "./pressed.js";

let count = 0;

export function many(it, block, scene, label) {
  const isRadio = it.type === "radio_buttons";
  const isMenu = it.type.startsWith("multi_");
  const held = [heldValue(it, block, scene) ?? []].flat();
  count += 1;
  const group = { type: isRadio ? "radio" : "checkbox", name: `choice-${count}`, key: keyOf(block, it) };
  const rows = choicesFlat(it, scene.known).map((choice) => row(choice, group, held));
  const list = h("div", { class: "many", role: isRadio ? "radiogroup" : "group", ...named(it, label) }, rows);
  const chosen = () => [...list.querySelectorAll("input:checked")].map((input) => input.value);
  const value = () => (isRadio ? (chosen()[0] ?? null) : chosen());
  scene.field?.(block, it, value);
  const tell = () => acted(it, block, scene, label, value());
  if (!isMenu) list.addEventListener("change", tell);
  return control(it, block, scene, isMenu ? menuOf(it, list, chosen, tell) : list);
}

function named(it, label) {
  if (label) return { "aria-labelledby": label.textId, "aria-describedby": label.describedBy };
  return { "aria-label": it.placeholder?.text ?? (it.type === "radio_buttons" ? "Choose one" : "Choose") };
}

function choicesFlat(it, known) {
  const options = it.options ?? (it.option_groups ?? []).flatMap((group) => group.options);
  if (!options.length) return choicesOf(it, known);
  return options.map((option) => ({
    value: option.value,
    label: textObject(option.text, known),
    note: option.description ? textObject(option.description, known) : null,
  }));
}

function row(choice, { type, name, key }, held) {
  const input = h("input", {
    type,
    name,
    value: choice.value,
    checked: held.includes(choice.value),
    data: { key: `${key} ${choice.value}` },
  });
  const note = choice.note ? h("small", {}, choice.note) : null;
  return h("label", { class: "choice" }, input, h("span", {}, choice.label, note));
}

/** The choice counts when the list is closed again, as in Slack. */
function menuOf(it, list, chosen, tell) {
  const said = h("span", {});
  const say = () => {
    const names = [...list.querySelectorAll("input:checked")].map(
      (input) => input.nextElementSibling.firstChild?.textContent ?? "",
    );
    said.textContent = names.length ? names.join(", ") : (it.placeholder?.text ?? "Choose…");
    const isFull = it.max_selected_items && names.length >= it.max_selected_items;
    for (const input of list.querySelectorAll("input:not(:checked)")) input.disabled = Boolean(isFull);
  };
  const menu = h("details", { class: "multi" }, h("summary", {}, said), list);
  let before = JSON.stringify(chosen());
  menu.addEventListener("toggle", () => {
    const now = JSON.stringify(chosen());
    if (menu.open || now === before) return;
    before = now;
    tell();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    event.stopPropagation();
    menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  list.addEventListener("change", say);
  say();
  return menu;
}
