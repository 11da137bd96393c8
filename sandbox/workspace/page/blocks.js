// Every block of a message, a modal or the Home tab; what is not known is shown as JSON and never dropped.

import { h, json, link } from "./dom.js";
import { element } from "./elements.js";
import { markdown } from "./markdown.js";
import { textObject } from "./mrkdwn.js";
import { picture } from "./picture.js";
import { richText } from "./richtext.js";

let count = 0;

/** `scene` knows where the blocks stand (`known`, `place`), what is held, and how to act: see scene.js. */
export function blocksOf(blocks, scene) {
  return blocks.map((block) => whole(block, scene));
}

function whole(block, scene) {
  const draw = KINDS[block?.type];
  if (!draw) return unknown("block", block);
  try {
    return draw(block, scene);
  } catch (error) {
    // One block that nobody foresaw must not take the other messages with it.
    return unknown("block", block, `cannot be drawn: ${error.message}`);
  }
}

export function unknown(what, it, why = "") {
  const kind = String(it?.type ?? "without a type");
  const label = why ? `${kind} ${what} ${why}` : `Unknown ${what}: ${kind}`;
  return h("figure", { class: "unknown", "aria-label": label }, h("figcaption", {}, label), json(it));
}

const elementOrJson = (it, block, scene, label) => element(it, block, scene, label) ?? unknown("element", it);

function header(block, scene) {
  const level = (block.level ?? 1) + 2;
  return h(
    "div",
    { class: `header level${block.level ?? 1}`, role: "heading", "aria-level": level },
    textObject(block.text, scene.known),
  );
}

function section(block, scene) {
  const text = block.text ? h("div", { class: "text" }, textObject(block.text, scene.known)) : null;
  const fields = block.fields?.length
    ? h(
        "div",
        { class: "fields" },
        block.fields.map((field) => h("div", {}, textObject(field, scene.known))),
      )
    : null;
  const accessory = block.accessory
    ? h("div", { class: "accessory" }, elementOrJson(block.accessory, block, scene))
    : null;
  return h("div", { class: "section" }, h("div", { class: "body" }, text, fields), accessory);
}

function context(block, scene) {
  const inner = block.elements.map((it) => {
    if (it.type === "image") return picture(it, scene.known, "tiny");
    if (it.type === "mrkdwn" || it.type === "plain_text") return h("span", {}, textObject(it, scene.known));
    return unknown("element", it);
  });
  return h("div", { class: "context" }, inner);
}

function actions(block, scene) {
  return h(
    "div",
    { class: "actions" },
    block.elements.map((it) => elementOrJson(it, block, scene)),
  );
}

function image(block, scene) {
  const title = block.title ? h("figcaption", {}, textObject(block.title, scene.known)) : null;
  return h("figure", { class: "image" }, title, picture(block, scene.known, "large"));
}

/** The label is tied to the field, the hint and the error are read with it. */
function input(block, scene) {
  count += 1;
  const id = `field-${count}`;
  const label = { id, textId: `${id}-label`, describedBy: `${id}-hint ${id}-error` };
  const isGroup = /^(radio_buttons|checkboxes|multi_(?!external))/.test(block.element?.type ?? "");
  const words = [textObject(block.label, scene.known), block.optional ? h("small", {}, " (optional)") : null];
  const caption = isGroup
    ? h("div", { class: "label", id: label.textId }, words)
    : h("label", { class: "label", for: id, id: label.textId }, words);
  const hint = h("div", { class: "hint", id: `${id}-hint` }, textObject(block.hint, scene.known));
  const error = h("div", { class: "error", id: `${id}-error`, role: "alert" });
  return h(
    "div",
    { class: "input", data: { inputBlock: block.block_id ?? "" } },
    caption,
    elementOrJson(block.element, block, scene, label),
    error,
    hint,
  );
}

function table(block, scene) {
  const columns = block.column_settings ?? [];
  const cell = (it, column, tag) => {
    const side = columns[column]?.align ?? (it.type === "raw_number" ? "right" : "left");
    const content = it.type === "rich_text" ? richText(it, scene.known) : String(it.text ?? it.value ?? "");
    return h(
      tag,
      { class: columns[column]?.is_wrapped ? `${side} wrapped` : side, scope: tag === "th" ? "col" : null },
      content,
    );
  };
  const row = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((it, column) => cell(it, column, tag)),
    );
  const [head, ...rest] = block.rows;
  const grid = h(
    "table",
    { class: "grid" },
    h("thead", {}, row(head, "th")),
    h(
      "tbody",
      {},
      rest.map((cells) => row(cells, "td")),
    ),
  );
  return h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Table" }, grid);
}

function video(block, scene) {
  const title = link(block.title_url || block.video_url, textObject(block.title, scene.known));
  const about = [block.author_name, block.provider_name].filter(Boolean).join(" · ");
  const more = block.description ? h("div", {}, textObject(block.description, scene.known)) : null;
  return h(
    "div",
    { class: "video" },
    h("div", {}, "▶ ", title),
    about ? h("small", {}, about) : null,
    more,
    h("small", {}, block.alt_text),
  );
}

function alert(block, scene) {
  const level = ["info", "success", "warning", "error"].find((name) => name === block.level) ?? "default";
  return h(
    "div",
    { class: `alert ${level}`, role: "note" },
    h("div", {}, textObject(block.text, scene.known)),
  );
}

function file(block) {
  return h(
    "div",
    { class: "video" },
    "📄 ",
    h("span", {}, `File ${block.external_id ?? block.file_id ?? ""}`),
    h("small", {}, ` ${block.source ?? ""}`),
  );
}

const KINDS = {
  header,
  section,
  context,
  actions,
  divider: () => h("hr"),
  image,
  input,
  rich_text: (block, scene) => richText(block, scene.known),
  table,
  video,
  alert,
  file,
  markdown: (block) => h("div", { class: "markdown" }, markdown(block.text)),
};
