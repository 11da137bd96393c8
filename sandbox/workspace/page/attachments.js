// Attachments: blocks or old-style fields behind a bar of colour.

import { blocksOf } from "./blocks.js";
import { h, link } from "./dom.js";
import { whole } from "./dates.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { picture } from "./picture.js";

const NAMED = { good: "var(--good)", warning: "var(--warn)", danger: "var(--danger)" };

export function attachment(it, scene) {
  const inner = h(
    "div",
    { class: "inner" },
    it.blocks ? blocksOf(it.blocks, scene) : oldStyle(it, scene.known),
  );
  const shown = h("div", { class: "attachment", role: "group", "aria-label": "Attachment" }, inner);
  const colour = colourOf(it.color);
  if (colour) shown.style.setProperty("--bar", colour);
  const pretext = it.pretext ? h("div", { class: "text" }, mrkdwn(it.pretext, scene.known)) : null;
  return [pretext, shown];
}

function colourOf(told) {
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(told ?? "");
  return hex ? `#${hex[1]}` : NAMED[told];
}

function oldStyle(it, known) {
  const title = it.title
    ? h("strong", {}, it.title_link ? link(it.title_link, plain(it.title)) : plain(it.title))
    : null;
  const fields = (it.fields ?? []).map((field) =>
    h(
      "div",
      { class: field.short ? "" : "long" },
      h("strong", {}, plain(field.title ?? "")),
      h("div", {}, mrkdwn(field.value ?? "", known)),
    ),
  );
  const footer = [it.footer, it.ts ? whole(new Date(Number(it.ts) * 1000)) : ""].filter(Boolean).join(" · ");
  const image = it.image_url
    ? picture({ image_url: it.image_url, alt_text: it.fallback }, known, "large")
    : null;
  const parts = [
    it.author_name ? h("small", {}, it.author_name) : null,
    title,
    it.text ? h("div", { class: "text" }, mrkdwn(it.text, known)) : null,
    fields.length ? h("div", { class: "fields" }, fields) : null,
    image,
    footer ? h("small", {}, footer) : null,
  ].filter(Boolean);
  return parts.length ? parts : [plain(it.fallback ?? "")];
}
