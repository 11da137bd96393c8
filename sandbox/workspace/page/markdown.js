// Standard Markdown, as the markdown block holds it, as nodes: what people write, not the whole of CommonMark.

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";

const LIST = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;

export function markdown(text) {
  return blocks(String(text).replace(/\r\n?/g, "\n").split("\n"));
}

function blocks(lines) {
  const nodes = [];
  for (let at = 0; at < lines.length;) {
    const [node, end] = block(lines, at);
    if (node) nodes.push(node);
    at = end;
  }
  return nodes;
}

/** The block that begins at a line, and the line after it. */
function block(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (/^\s*(```|~~~)/.test(line)) return fence(lines, at);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading)
    return [h(`h${Math.min(6, heading[1].length + 2)}`, { class: "md" }, inline(heading[2])), at + 1];
  if (RULE.test(line)) return [h("hr"), at + 1];
  if (/^\s*>/.test(line)) return quote(lines, at);
  if (LIST.test(line)) return list(lines, at);
  if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? ""))
    return table(lines, at);
  return paragraph(lines, at);
}

function fence(lines, at) {
  const mark = /^\s*(```|~~~)/.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(mark)) end += 1;
  return [h("pre", { class: "code" }, lines.slice(at + 1, end).join("\n")), end + 1];
}

function quote(lines, at) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^\s*> ?/, ""));
  return [h("blockquote", {}, blocks(inner)), end];
}

function list(lines, at) {
  const [, indent, mark] = LIST.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const found = LIST.exec(lines[end]);
    const depth = /^\s*/.exec(lines[end])[0].length;
    if (found && found[1].length === indent.length && /\d/.test(found[2]) === ordered) items.push([found[3]]);
    else if (lines[end].trim() && depth > indent.length && items.length) items.at(-1).push(lines[end]);
    else break;
    end += 1;
  }
  const start = ordered ? parseInt(mark, 10) : null;
  return [h(ordered ? "ol" : "ul", { start }, items.map(item)), end];
}

function item([first, ...rest]) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(first);
  const words = task ? [task[1] === " " ? "☐ " : "☑ ", ...inline(task[2])] : inline(first);
  return h("li", {}, words, blocks(outdented(rest)));
}

function outdented(lines) {
  const least = Math.min(...lines.map((line) => /^\s*/.exec(line)[0].length), 8);
  return lines.map((line) => line.slice(least));
}

function table(lines, at) {
  const cells = (line) =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replace(/\\\|/g, "|"));
  const sides = cells(lines[at + 1]).map((rule) =>
    /^:.*:$/.test(rule) ? "center" : rule.endsWith(":") ? "right" : "left",
  );
  const row = (line, tag) =>
    h(
      "tr",
      {},
      cells(line).map((cell, column) => h(tag, { class: sides[column] ?? "left" }, inline(cell))),
    );
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const body = lines.slice(at + 2, end).map((line) => row(line, "td"));
  return [
    h(
      "div",
      { class: "scroller" },
      h("table", { class: "grid" }, h("thead", {}, row(lines[at], "th")), h("tbody", {}, body)),
    ),
    end,
  ];
}

function paragraph(lines, at) {
  let end = at + 1;
  while (
    end < lines.length &&
    lines[end].trim() &&
    !/^\s*(```|~~~|#{1,6}\s|>)/.test(lines[end]) &&
    !LIST.test(lines[end])
  )
    end += 1;
  const words = lines
    .slice(at, end)
    .flatMap((line, place) => [...(place ? [h("br")] : []), ...inline(line.trim())]);
  return [h("p", {}, words), end];
}

/** In the order in which they win where they begin at the same character. */
const SPANS = [
  [/^\\([\\`*_{}[\]()#+\-.!~|>])/, (found) => found[1]],
  [/^(`+)(.+?)\1(?!`)/, (found) => h("code", {}, found[2].trim())],
  [/^!\[([^\]]*)\]\(([^)\s]+)[^)]*\)/, (found) => link(found[2], found[1] || found[2])],
  [/^\[([^\]]+)\]\(([^)\s]+)[^)]*\)/, (found) => link(found[2], ...inline(found[1]))],
  [/^<(https?:\/\/[^>\s]+)>/, (found) => link(found[1], found[1])],
  [/^https?:\/\/[^\s<>"')\]]+/, (found) => link(found[0], found[0])],
  [/^\*\*(?=\S)(.+?\S|\S)\*\*/, (found) => h("strong", {}, inline(found[1]))],
  [/^__(?=\S)(.+?\S|\S)__(?!\w)/, (found) => h("strong", {}, inline(found[1]))],
  [/^~~(?=\S)(.+?\S|\S)~~/, (found) => h("s", {}, inline(found[1]))],
  [/^\*(?=[^\s*])(.+?[^\s*]|[^\s*])\*(?!\*)/, (found) => h("em", {}, inline(found[1]))],
  [/^_(?=[^\s_])(.+?[^\s_]|[^\s_])_(?!\w)/, (found) => h("em", {}, inline(found[1]))],
  [/^:([a-z0-9_+'-]+):/, (found) => emoji(found[1]) ?? found[0]],
];

function inline(text) {
  const nodes = [];
  let loose = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const hit =
      /^[\\`!\[<h*_~:]/.test(rest) && !(text[at] === "_" && /\w/.test(text[at - 1] ?? "")) && span(rest);
    if (hit) {
      nodes.push(loose, hit.node);
      loose = "";
      at += hit.length;
    } else {
      loose += text[at];
      at += 1;
    }
  }
  return [...nodes, loose].filter((node) => node !== "");
}

function span(rest) {
  for (const [pattern, make] of SPANS) {
    const found = pattern.exec(rest);
    if (found) return { node: make(found), length: found[0].length };
  }
  return null;
}
