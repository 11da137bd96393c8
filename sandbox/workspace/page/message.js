// One message: who, when, what, for whom, and what can be done with it.

import { attachment } from "./attachments.js";
import { blocksOf } from "./blocks.js";
import { lookAt } from "./confirm.js";
import { clockTime, whole } from "./dates.js";
import { h, icon, iconButton, json } from "./dom.js";
import { REACTIONS, emoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { file } from "./picture.js";
import { openMenu } from "./popup.js";
import { messageScene } from "./scene.js";

const LABEL_MAX = 140;

export const instant = (ts) => new Date(Number(ts) * 1000);

/** `view` has known, acting and openThread; `look` says compact, inThread, and the thread's replies. */
export function messageArticle(message, view, look) {
  const scene = messageScene(view.known, view.acting, message);
  const classes = [
    "message",
    look.compact && "compact",
    message.ephemeral_to && "ephemeral",
    mentionsMe(message, view.known) && "for-me",
  ];
  const body = message.deleted
    ? h("p", { class: "gone" }, "This message was deleted.")
    : contentOf(message, scene);
  return h(
    "article",
    { class: classes.filter(Boolean).join(" "), "aria-label": labelOf(message), data: { ts: message.ts } },
    look.compact
      ? h("div", { class: "gutter" }, timeOf(message, true))
      : avatar(authorOf(message, view.known)),
    h(
      "div",
      { class: "content" },
      look.compact ? null : head(message, view.known),
      onlyYou(message, look),
      body,
      foot(message, view, look),
    ),
    message.deleted ? null : toolbar(message, view, look),
  );
}

const mentionsMe = (message, known) => message.would_notify.includes(known.me.name) && !message.deleted;

function labelOf(message) {
  const text = message.deleted ? "deleted" : message.text.replace(/\s+/g, " ");
  const cut = text.length > LABEL_MAX ? `${text.slice(0, LABEL_MAX)}…` : text;
  return `${message.user} at ${clockTime(instant(message.ts))}: ${cut}`;
}

export function authorOf(message, known) {
  return (
    known.members.get(message.user_id) ?? {
      name: message.user,
      real_name: message.user,
      color: "#777777",
      is_bot: message.bot,
    }
  );
}

export function avatar(member) {
  const shown = h(
    "div",
    { class: member.is_bot ? "avatar bot" : "avatar", "aria-hidden": "true" },
    member.name.slice(0, 1).toUpperCase(),
  );
  shown.style.setProperty("--who", /^#[0-9a-f]{6}$/i.test(member.color) ? member.color : "#777777");
  return shown;
}

function head(message, known) {
  const author = authorOf(message, known);
  const tags = [
    message.bot ? h("span", { class: "tag" }, "app") : null,
    author.is_foreign ? h("span", { class: "tag" }, "other team") : null,
    author.is_guest ? h("span", { class: "tag" }, "guest") : null,
  ];
  return h(
    "div",
    { class: "head" },
    h("strong", { title: author.real_name }, message.user),
    tags,
    timeOf(message),
    editedMark(message),
    pinned(message),
    message.broadcast ? h("span", { class: "tag" }, icon("reply"), "from a thread") : null,
  );
}

function timeOf(message, isShort = false) {
  const at = instant(message.ts);
  const text = isShort ? clockTime(at).slice(0, 5) : clockTime(at);
  return h("time", { datetime: at.toISOString(), title: `${whole(at)} · ts ${message.ts}` }, text);
}

function editedMark(message) {
  if (!message.edited && !message.edits) return null;
  const times = message.edits === 1 ? "once" : `${message.edits} times`;
  return h("span", { class: "edited", title: `changed ${times}` }, message.edited ? "(edited)" : "(updated)");
}

const pinned = (message) => (message.pinned ? h("span", { class: "tag" }, icon("pin"), "pinned") : null);

function onlyYou(message, look) {
  if (!message.ephemeral_to) return null;
  const place = message.thread_ts && !look.inThread ? " · in a thread" : "";
  return h("div", { class: "only-you" }, icon("eye"), `Only visible to you${place}`);
}

function contentOf(message, scene) {
  const text =
    message.blocks.length || !message.text
      ? null
      : h("div", { class: "text" }, mrkdwn(message.text, scene.known));
  return [
    text,
    message.blocks.length ? h("div", { class: "blocks" }, blocksOf(message.blocks, scene)) : null,
    message.attachments.map((it) => attachment(it, scene)),
    message.files.map(file),
  ];
}

function foot(message, view, look) {
  const notified =
    message.would_notify.length && !message.deleted
      ? h("div", { class: "notify" }, icon("bell"), `would notify: ${message.would_notify.join(", ")}`)
      : null;
  return [
    reactions(message, view),
    look.inThread ? null : threadLine(message, view, look.replies ?? []),
    notified,
  ];
}

function reactions(message, view) {
  if (!message.reactions.length) return null;
  const one = (it) => {
    const isMine = it.users.includes(view.known.me.name);
    const label = `${it.name}: ${it.users.join(", ")}`;
    const press = () => view.acting.react(message.channel, message.ts, it.name);
    return h(
      "button",
      {
        type: "button",
        class: "reaction",
        "aria-pressed": String(isMine),
        "aria-label": label,
        title: label,
        on: { click: press },
      },
      emoji(it.name) ?? `:${it.name}:`,
      h("span", {}, it.users.length),
    );
  };
  return h("div", { class: "reactions" }, message.reactions.map(one));
}

function threadLine(message, view, replies) {
  if (!replies.length) return null;
  const words = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const last = h("small", {}, `last at ${clockTime(instant(replies.at(-1).ts))}`);
  return h(
    "button",
    {
      type: "button",
      class: "thread-line",
      on: { click: () => view.openThread(message.channel, message.ts) },
    },
    h("strong", {}, words),
    last,
  );
}

function toolbar(message, view, look) {
  const menus = { "aria-haspopup": "menu", "aria-expanded": "false" };
  const add = iconButton(
    "smile",
    "Add reaction",
    () => openMenu(add, "Reactions", reactionItems(message, view), "row"),
    menus,
  );
  add.classList.add("quiet");
  const more = iconButton(
    "more",
    "More actions",
    () => openMenu(more, "More actions", moreItems(message, view)),
    menus,
  );
  const root = message.thread_ts ?? message.ts;
  const reply = iconButton("reply", "Reply in thread", () => view.openThread(message.channel, root));
  const withThread = !look.inThread && !message.ephemeral_to;
  return h("div", { class: "toolbar" }, message.ephemeral_to ? null : add, withThread ? reply : null, more);
}

function reactionItems(message, view) {
  return REACTIONS.map((name) => ({
    label: name,
    shown: emoji(name),
    act: () => view.acting.react(message.channel, message.ts, name),
  }));
}

function moreItems(message, view) {
  const shortcuts = view.known.shortcuts.filter(
    (shortcut) => shortcut.type === "message" && !message.ephemeral_to,
  );
  const where = { channel: message.channel, ts: message.ts };
  return [
    ...shortcuts.map((shortcut) => ({
      label: shortcut.name,
      note: view.known.app.name,
      act: () => view.acting.shortcut(shortcut.callback_id, where),
    })),
    { label: "Show as JSON", act: () => lookAt(`Message ${message.ts}`, json(message)) },
    {
      label: "Show the text of notifications",
      act: () =>
        lookAt(
          "What notifications and screen readers get",
          h("p", { class: "text" }, message.text || "Nothing: the text is empty."),
        ),
    },
  ];
}
