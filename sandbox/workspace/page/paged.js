// Whatever reached a person without ringing: text messages, notifications, incidents, mail, webhooks.

import { h, icon, json, link } from "./dom.js";
import { action } from "./part.js";

const TEXTS_SHOWN = 8;
const clock = (at) => at.slice(11, 19);

function stamp(page) {
  const bad = ["undelivered", "failed"].includes(page.state);
  const pressed = page.history.at(-1)?.pressed;
  const how = pressed ? `${page.state}: ${pressed}` : page.state;
  return h("small", { class: bad ? "bad" : null }, `${clock(page.at)} · ${how}`);
}

/** The thread with the desk's number, and a field to reply with. */
export function texts(pages, name, hand) {
  if (!pages.length) return null;
  const bubble = (page) =>
    h("li", { class: page.is_reply ? "own" : null }, h("p", {}, page.text), stamp(page));
  const last = pages.findLast((page) => !page.is_reply && ["delivered", "answered"].includes(page.state));
  return h(
    "section",
    { class: "thread", "aria-label": `Text messages of ${name}` },
    h("ol", {}, pages.slice(-TEXTS_SHOWN).map(bubble)),
    last ? replyForm(last, name, hand) : null,
  );
}

function replyForm(page, name, hand) {
  const field = h("input", {
    type: "text",
    autocomplete: "off",
    placeholder: "Reply, e.g. ACK 7K2",
    "aria-label": `Reply as ${name}`,
    on: { input: () => hand.draft(page.to, field.value) },
  });
  field.value = hand.draft(page.to);
  const submit = (event) => {
    event.preventDefault();
    const words = field.value.trim();
    if (!words) return;
    hand.draft(page.to, "");
    field.value = "";
    hand.answer(page, { reply: words });
  };
  const send = h("button", { class: "send", "aria-label": `Send as ${name}` }, icon("send"));
  return h("form", { on: { submit } }, field, send);
}

export function push(page, hand) {
  const { title, message, actions = [], click, priority } = page.detail;
  const button = (one) =>
    action(one.label, () => hand.answer(page, { action: one.label }), {
      "data-key": `${page.id} ${one.id}`,
    });
  return h(
    "div",
    { class: priority >= 4 ? "notification urgent" : "notification" },
    h("p", {}, icon("bell"), h("strong", {}, title ?? page.to), stamp(page)),
    h("p", { class: "words" }, message),
    click ? h("p", {}, link(click, "Open")) : null,
    actions.length ? h("div", { class: "actions" }, actions.map(button)) : null,
  );
}

export function incident(page, hand) {
  const { severity } = page.detail.payload;
  const press = (label, how) =>
    action(label, () => hand.answer(page, how), { "data-key": `${page.id} ${label}` });
  const rings = page.state === "ringing";
  const state = rings ? "triggered" : page.state;
  const by = page.detail.by ? ` by ${page.detail.by}` : "";
  return h(
    "div",
    { class: rings ? "notification urgent" : "notification" },
    h(
      "p",
      {},
      icon("warning"),
      h("strong", {}, `Incident #${page.detail.incident_number} · ${severity}`),
      h("small", {}, `${clock(page.at)} · ${state}${by}`),
    ),
    h("p", { class: "words" }, page.text),
    page.state === "resolved"
      ? null
      : h(
          "div",
          { class: "actions" },
          rings ? press("Acknowledge", { acknowledge: true }) : null,
          press("Resolve", { resolve: true }),
        ),
  );
}

export function mail(page) {
  return h(
    "details",
    { class: "mail" },
    h("summary", {}, icon("file"), h("strong", {}, page.detail.subject || "(no subject)"), stamp(page)),
    h("p", {}, h("small", {}, `from ${page.detail.sender} to ${page.to}`)),
    h("p", { class: "words" }, page.detail.body),
  );
}

export function webhook(page) {
  const repeats = page.detail.repeats ? `, came ${page.detail.repeats + 1} times` : "";
  const about = `${clock(page.at)} · signature ${page.detail.signature}${repeats}`;
  return h(
    "details",
    { class: "mail" },
    h("summary", {}, icon("bolt"), h("strong", {}, page.text.split("\n")[0]), h("small", {}, about)),
    json(page.detail.body),
  );
}
