// A rich_text block: sections, lists, quotes and preformatted text with their elements.

import { formatted, whole } from "./dates.js";
import { h, json, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelMention, groupMention, userMention } from "./mrkdwn.js";

export function richText(block, known) {
  return h(
    "div",
    { class: "rich" },
    (block.elements ?? []).map((part) => ofPart(part, known)),
  );
}

function ofPart(part, known) {
  const inner = () => (part.elements ?? []).map((element) => ofElement(element, known));
  switch (part.type) {
    case "rich_text_section":
      return h("div", { class: "line" }, inner());
    case "rich_text_quote":
      return h("blockquote", {}, inner());
    case "rich_text_preformatted":
      return h("pre", { class: "code" }, inner());
    case "rich_text_list":
      return listOf(part, known);
    default:
      return unknownPart(part);
  }
}

function listOf(part, known) {
  const ordered = part.style === "ordered";
  const start = ordered ? (part.offset ?? 0) + 1 : null;
  const items = (part.elements ?? []).map((item) => h("li", {}, ofPart(item, known)));
  return h(ordered ? "ol" : "ul", { start, class: `indent${Math.min(8, part.indent ?? 0)}` }, items);
}

function unknownPart(part) {
  return h(
    "figure",
    { class: "unknown", "aria-label": `Unknown element ${part.type}` },
    h("figcaption", {}, `Unknown element: ${part.type}`),
    json(part),
  );
}

const ELEMENTS = {
  text: (element) => textWithBreaks(element.text),
  link: (element) => link(element.url, element.text || element.url),
  user: (element, known) => userMention(element.user_id, known),
  usergroup: (element, known) => groupMention(element.usergroup_id, known),
  channel: (element, known) => channelMention(element.channel_id, known),
  team: (element) => h("span", { class: "mention" }, element.team_id),
  broadcast: (element) => broadcast(element.range),
  color: (element) => h("code", {}, element.value),
  date: dateOf,
  emoji: (element) =>
    h("span", { class: "emoji", title: `:${element.name}:` }, emoji(element.name) ?? ofCode(element)),
};

function ofElement(element, known) {
  const make = ELEMENTS[element.type];
  return make ? withStyle(make(element, known), element.style ?? {}) : unknownPart(element);
}

function withStyle(node, style) {
  let styled = node;
  for (const [name, tag] of [
    ["code", "code"],
    ["strike", "s"],
    ["italic", "em"],
    ["bold", "strong"],
    ["underline", "u"],
  ]) {
    if (style[name]) styled = h(tag, {}, styled);
  }
  return styled;
}

function textWithBreaks(text) {
  return String(text ?? "")
    .split("\n")
    .flatMap((line, at) => (at > 0 ? [h("br"), line] : [line]));
}

/** Slack sends the code points of an emoji as hexadecimal numbers. */
function ofCode(element) {
  const points = String(element.unicode ?? "")
    .split("-")
    .map((point) => parseInt(point, 16));
  const valid = points.length > 0 && points.every((point) => point > 0 && point <= 0x10ffff);
  return valid ? String.fromCodePoint(...points) : `:${element.name}:`;
}

function dateOf(element, known) {
  const shown = formatted(element.timestamp, element.format, known.now());
  if (shown === null) return element.fallback ?? String(element.timestamp);
  return h("time", { datetime: shown.date.toISOString(), title: whole(shown.date) }, shown.text);
}
