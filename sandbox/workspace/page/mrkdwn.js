// Slack's text format as nodes: styles, code, quotes, lists, links, mentions, dates, emoji.

import { formatted, whole } from "./dates.js";
import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const BROADCASTS = new Set(["here", "channel", "everyone"]);

export function unescaped(text) {
  return String(text).replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** A text object, or nothing. */
export function textObject(text, known) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text, known, !text.verbatim) : plain(text.text);
}

/** plain_text: emoji and line breaks, nothing else. */
export function plain(text) {
  return withBreaks(
    unescaped(text).replace(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g, (all, name) => emoji(name) ?? all),
  );
}

/** `links`: whether what merely looks like an address becomes a link. */
export function mrkdwn(text, known, links = true) {
  const nodes = [];
  String(text)
    .split("```")
    .forEach((part, at, parts) => {
      const isFence = at % 2 === 1 && at < parts.length - 1;
      if (isFence) nodes.push(h("pre", { class: "code" }, shownInCode(part.replace(/^\n|\n$/g, ""), known)));
      else nodes.push(...blocksOfLines(at % 2 === 1 ? `\`\`\`${part}` : part, { known, links }, at > 0));
    });
  return nodes;
}

function blocksOfLines(text, scene, afterFence) {
  const lines = text.split("\n");
  if (afterFence && lines[0] === "") lines.shift();
  const nodes = [];
  for (let at = 0; at < lines.length;) {
    const kind = kindOf(lines[at]);
    let end = at + 1;
    while (end < lines.length && (kindOf(lines[end]) === kind || kind === "rest")) end += 1;
    nodes.push(...gathered(kind, lines.slice(at, end), scene, nodes.length > 0 && isText(nodes.at(-1))));
    at = end;
  }
  return nodes;
}

const isText = (node) => node.nodeType === Node.TEXT_NODE || !/^(UL|OL|BLOCKQUOTE|PRE)$/.test(node.nodeName);

function kindOf(line) {
  if (/^(&gt;|>){3}/.test(line)) return "rest";
  if (/^(&gt;|>)/.test(line)) return "quote";
  if (/^\s*[•◦▪-] /.test(line)) return "bullets";
  if (/^\s*\d+\. /.test(line)) return "numbers";
  return "text";
}

function gathered(kind, lines, scene, afterText) {
  const inside = (line, mark) => inline(line.replace(mark, ""), scene);
  if (kind === "quote" || kind === "rest") {
    const quoted = lines.map((line) => line.replace(/^(?:&gt;|>){1,3} ?/, "")).join("\n");
    return [h("blockquote", {}, inline(quoted, scene))];
  }
  if (kind === "bullets")
    return [
      h(
        "ul",
        {},
        lines.map((line) => h("li", {}, inside(line, /^\s*[•◦▪-] /))),
      ),
    ];
  if (kind === "numbers") {
    const start = parseInt(lines[0].trim(), 10);
    return [
      h(
        "ol",
        { start },
        lines.map((line) => h("li", {}, inside(line, /^\s*\d+\. /))),
      ),
    ];
  }
  return [...(afterText ? [h("br")] : []), ...inline(lines.join("\n"), scene)];
}

/** One run of text: its styles inside each other, everything else in order. */
function inline(text, scene) {
  const nodes = [];
  let plainFrom = 0;
  let at = 0;
  const flush = () => nodes.push(...withBreaks(looseLinks(unescaped(text.slice(plainFrom, at)), scene)));
  while (at < text.length) {
    const found = special(text, at, scene);
    if (found === null) {
      at += 1;
      continue;
    }
    flush();
    nodes.push(...[found.node].flat());
    at = plainFrom = found.end;
  }
  flush();
  return nodes;
}

function special(text, at, scene) {
  const character = text[at];
  if (character === "`") return codeSpan(text, at, scene);
  if (character === "<") return angled(text, at, scene);
  if (character === ":") return named(text, at);
  if (character in STYLES) return styled(text, at, scene);
  return null;
}

function codeSpan(text, at, scene) {
  const end = text.indexOf("`", at + 1);
  if (end <= at + 1 || text.slice(at, end).includes("\n")) return null;
  return { node: h("code", {}, shownInCode(text.slice(at + 1, end), scene.known)), end: end + 1 };
}

/** Inside code nothing is styled, and addresses and mentions are shown by their words. */
function shownInCode(text, known) {
  return unescaped(text.replace(/<([^<>\n]+)>/g, (_, token) => words(token, known)));
}

function words(token, known) {
  const [target, label] = halves(token);
  if (label) return label;
  if (target.startsWith("@")) return `@${known.members.get(target.slice(1))?.name ?? target.slice(1)}`;
  return target;
}

function named(text, at) {
  const found = /^:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/.exec(text.slice(at, at + 80));
  const character = found && emoji(found[1]);
  if (!character) return null;
  return {
    node: h("span", { class: "emoji", title: `:${found[1]}:` }, character),
    end: at + found[0].length,
  };
}

function styled(text, at, scene) {
  const mark = text[at];
  const before = text[at - 1] ?? " ";
  if (
    /[\p{L}\p{N}]/u.test(before) ||
    before === mark ||
    /\s/.test(text[at + 1] ?? " ") ||
    text[at + 1] === mark
  )
    return null;
  for (let end = at + 2; end < text.length && text[end] !== "\n"; end += 1) {
    if (text[end] === "`") end = skipped(text, end, "`");
    else if (text[end] === "<") end = skipped(text, end, ">");
    if (text[end] !== mark || /\s/.test(text[end - 1])) continue;
    if (/[\p{L}\p{N}]/u.test(text[end + 1] ?? " ")) continue;
    return { node: h(STYLES[mark], {}, inline(text.slice(at + 1, end), scene)), end: end + 1 };
  }
  return null;
}

function skipped(text, from, closing) {
  const end = text.indexOf(closing, from + 1);
  return end < 0 ? from : end;
}

function angled(text, at, scene) {
  const end = text.indexOf(">", at);
  if (end < 0 || text.slice(at, end).includes("\n")) return null;
  const token = text.slice(at + 1, end);
  const node = token && ofToken(token, scene);
  return node ? { node, end: end + 1 } : null;
}

const halves = (token) => {
  const bar = token.indexOf("|");
  return bar < 0 ? [token, ""] : [token.slice(0, bar), token.slice(bar + 1)];
};

function ofToken(token, { known }) {
  const [target, label] = halves(token);
  if (target.startsWith("@")) return userMention(target.slice(1), known, label);
  if (target.startsWith("#")) return channelMention(target.slice(1), known, label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), known, label);
  if (target.startsWith("!date^")) return dateNode(target.slice(6), label, known);
  if (target.startsWith("!")) {
    if (BROADCASTS.has(target.slice(1))) return broadcast(target.slice(1));
    return h("span", { class: "mention" }, label ? unescaped(label) : `<${target}>`);
  }
  if (!/^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  const address = unescaped(target);
  return link(address, ...(label ? plain(label) : [address.replace(/^mailto:/i, "")]));
}

export function userMention(id, known, label = "") {
  const member = known.members.get(id);
  const isMe = known.me?.id === id;
  const name = member?.name ?? (label ? unescaped(label) : id);
  return h(
    "span",
    { class: isMe ? "mention me" : "mention", title: member?.real_name ?? "not a member" },
    `@${name.replace(/^@/, "")}`,
  );
}

export function groupMention(id, known, label = "") {
  const group = known.groups.get(id);
  const names = (group?.users ?? []).map((user) => known.members.get(user)?.name ?? user);
  const isMine = group?.users.includes(known.me?.id);
  const name = group ? group.handle : unescaped(label).replace(/^@/, "") || id;
  return h(
    "span",
    { class: isMine ? "mention me" : "mention", title: names.join(", ") || "nobody" },
    `@${name}`,
  );
}

export function channelMention(id, known, label = "") {
  const channel = known.channels.get(id);
  const name = channel ? known.titleOf(channel) : unescaped(label) || id;
  if (!channel) return h("span", { class: "mention" }, `#${name}`);
  return h(
    "button",
    { type: "button", class: "mention link", on: { click: () => known.tell("open", id) } },
    `#${name}`,
  );
}

export const broadcast = (range) =>
  h("span", { class: "mention me", title: "everybody in this channel" }, `@${range}`);

/** `told` is unix^format or unix^format^link. */
export function dateNode(told, fallback, known) {
  const [unix, format, address] = told.split("^");
  const shown = formatted(unix, unescaped(format ?? ""), known.now());
  if (shown === null) return h("span", {}, unescaped(fallback || told));
  const time = h(
    "time",
    { datetime: shown.date.toISOString(), title: `${whole(shown.date)} · ${shown.date.toISOString()}` },
    shown.text,
  );
  return address ? link(unescaped(address), time) : time;
}

function looseLinks(text, scene) {
  if (!scene.links || !text.includes("://")) return [text];
  return text
    .split(/(https?:\/\/[^\s<>|"')\]]+)/g)
    .map((part) => (/^https?:\/\//.test(part) ? link(part, part) : part));
}

function withBreaks(parts) {
  return [parts].flat().flatMap((part) => {
    if (part instanceof Node) return [part];
    return part
      .split("\n")
      .flatMap((line, at) => [
        ...(at > 0 ? [h("br")] : []),
        ...(line ? [document.createTextNode(line)] : []),
      ]);
  });
}
