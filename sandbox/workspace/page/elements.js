// Block elements that a person can act on, outside of forms: buttons and menus; and the table of all kinds.

import { acted, choicesOf, press } from "./choosing.js";
import { h, iconButton, safeAddress } from "./dom.js";
import { heldValue, keyOf } from "./held.js";
import { many } from "./many.js";
import { textObject } from "./mrkdwn.js";
import { picture } from "./picture.js";
import { openMenu } from "./popup.js";
import { control } from "./pressed.js";
import { typed } from "./typed.js";

/** Draws an element, or null for a kind that is not known. `label` is the input block's, if it is in one. */
export function element(it, block, scene, label = null) {
  const make = KINDS[it.type];
  return make ? make(it, block, scene, label) : null;
}

function button(it, block, scene) {
  const style = { primary: "primary", danger: "danger" }[it.style] ?? "";
  const click = async () => {
    const address = it.url ? safeAddress(it.url) : null;
    if (address) window.open(address, "_blank", "noopener,noreferrer");
    await press(it, block, scene);
  };
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${style}`,
      "aria-label": it.accessibility_label,
      data: { key: keyOf(block, it) },
      on: { click },
    },
    textObject(it.text, scene.known),
  );
  return control(it, block, scene, node);
}

function overflow(it, block, scene) {
  const items = (it.options ?? []).map((option) => ({
    label: option.text.text,
    note: option.description?.text,
    act: () => {
      const address = option.url ? safeAddress(option.url) : null;
      if (address) window.open(address, "_blank", "noopener,noreferrer");
      return press(it, block, scene, option.value);
    },
  }));
  const node = iconButton("more", "More options", () => openMenu(node, "More options", items), {
    class: "button square",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    data: { key: keyOf(block, it) },
  });
  return control(it, block, scene, node);
}

/** A menu of one choice: options and groups, members, or conversations. */
function oneOf(it, block, scene, label) {
  const held = heldValue(it, block, scene);
  const placeholder = h("option", { value: "" }, it.placeholder?.text ?? "Choose…");
  const options = choicesOf(it, scene.known).map((choice) =>
    choice.choices
      ? h(
          "optgroup",
          { label: choice.label },
          choice.choices.map((inner) => optionOf(inner, held)),
        )
      : optionOf(choice, held),
  );
  const attributes = label
    ? { id: label.id, "aria-describedby": label.describedBy }
    : { "aria-label": it.placeholder?.text ?? "Choose" };
  const node = h("select", { ...attributes, data: { key: keyOf(block, it) } }, placeholder, options);
  scene.field?.(block, it, () => node.value || null);
  let before = node.value;
  node.addEventListener("change", async () => {
    if (!node.value) return;
    if (await acted(it, block, scene, label, node.value)) before = node.value;
    else node.value = before;
  });
  return control(it, block, scene, node);
}

const optionOf = (choice, held) =>
  h("option", { value: choice.value, selected: choice.value === held, title: choice.note }, choice.label);

const KINDS = {
  button,
  workflow_button: button,
  overflow,
  static_select: oneOf,
  users_select: oneOf,
  conversations_select: oneOf,
  channels_select: oneOf,
  multi_static_select: many,
  multi_users_select: many,
  multi_conversations_select: many,
  multi_channels_select: many,
  checkboxes: many,
  radio_buttons: many,
  datepicker: typed,
  timepicker: typed,
  datetimepicker: typed,
  plain_text_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  number_input: typed,
  external_select: typed,
  multi_external_select: typed,
  image: (it, block, scene) => picture(it, scene.known, "small"),
};
