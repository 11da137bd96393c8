// One person's phone: the call that rings or is being held, and everything else that reached them.

import { h, icon } from "./dom.js";
import { action } from "./part.js";
import { isCall, isRinging, isTalking } from "./phonebook.js";
import { incident, mail, push, texts, webhook } from "./paged.js";

const CALLS_SHOWN = 3;
const OTHERS_SHOWN = 4;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** `hand` is {answer(page, how), line(to, line), draft(to, text?)}; `lines` maps an address to its phone. */
export function phone(person, lines, hand) {
  const rings = person.pages.some(isRinging);
  const talks = person.pages.some(isTalking);
  const kind = rings ? "phone ringing" : talks ? "phone talking" : "phone";
  const of = (provider) => person.pages.filter((page) => page.provider === provider);
  const latest = (provider) => of(provider).slice(-OTHERS_SHOWN).reverse();
  const calls = of("twilio-voice").slice(-CALLS_SHOWN).reverse();
  return h(
    "article",
    { class: kind, "aria-label": `Phone of ${person.name}` },
    head(person, lines, hand),
    calls.map((page) => call(page, person.name, hand)),
    latest("pagerduty").map((page) => incident(page, hand)),
    latest("ntfy")
      .filter((page) => page.state !== "replaced")
      .map((page) => push(page, hand)),
    texts(of("twilio-sms"), person.name, hand),
    latest("smtp").map(mail),
    latest("webhook").map(webhook),
  );
}

function head(person, lines, hand) {
  const addresses = [...person.addresses];
  const number = addresses.find((address) => /^\+\d+$/.test(address));
  const others = addresses.filter((address) => address !== person.name);
  return h(
    "header",
    {},
    icon(number ? "phone" : person.name === "on-call" ? "bell" : "person"),
    h("h3", {}, person.name),
    h("small", {}, others.join(" · ")),
    number ? lineOf(number, person.name, lines.get(number)?.line ?? "on", hand) : null,
  );
}

/** Whether the phone is on, as its person would switch it. */
function lineOf(number, name, line, hand) {
  const change = (event) => hand.line(number, event.target.value);
  const options = ["on", "off", "busy"].map((value) =>
    h("option", { value, selected: value === line }, value),
  );
  return h("select", { "aria-label": `Phone of ${name} is`, on: { change } }, options);
}

function call(page, name, hand) {
  if (isRinging(page)) return ringing(page, name, hand);
  if (isTalking(page)) return talking(page, name, hand);
  const words = page.detail.spoken.join(" ");
  const pressed = page.detail.pressed ? `, pressed ${page.detail.pressed}` : "";
  const note = page.history.at(-1)?.note;
  return h(
    "p",
    { class: "past" },
    h("strong", {}, `Call ${page.state}${pressed}`),
    words ? ` “${words}”` : "",
    note ? h("small", {}, note) : null,
  );
}

function ringing(page, name, hand) {
  return h(
    "div",
    { class: "call", role: "group", "aria-label": `Call for ${name}` },
    h("p", { class: "rings" }, icon("phone"), h("strong", {}, "Ringing"), ` from ${page.detail.from}`),
    h(
      "div",
      { class: "actions" },
      action("Answer", () => hand.answer(page, { answer: true }), {
        class: "button primary",
        "aria-label": `Answer the phone of ${name}`,
        "data-key": `answer ${page.id}`,
      }),
      action("Decline", () => hand.answer(page, { decline: true }), {
        "aria-label": `Decline the call for ${name}`,
      }),
      action("Voicemail", () => hand.answer(page, { voicemail: true }), {
        "aria-label": `Voicemail for ${name}`,
      }),
    ),
  );
}

function talking(page, name, hand) {
  const asks = page.detail.asks !== null;
  const press = (key) => hand.answer(page, { press: key });
  const byKeyboard = (event) => {
    if (!asks || event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
    event.preventDefault();
    press(event.key);
  };
  const key = (sign) =>
    h(
      "button",
      {
        type: "button",
        class: "key",
        disabled: !asks,
        "aria-label": `Key ${sign} on the phone of ${name}`,
        "data-key": `${sign} ${page.id}`,
        on: { click: () => press(sign) },
      },
      sign,
    );
  return h(
    "div",
    { class: "call", role: "group", "aria-label": `Call for ${name}`, on: { keydown: byKeyboard } },
    page.detail.spoken.map((said) => h("p", { class: "spoken" }, said)),
    h("div", { class: "keypad" }, KEYS.map(key)),
    h(
      "div",
      { class: "actions" },
      h("small", {}, asks ? "It waits for a key" : "It is busy"),
      h("span", { class: "gap" }),
      action("Hang up", () => hand.answer(page, { hang_up: true }), {
        class: "button danger",
        "aria-label": `Hang up the phone of ${name}`,
      }),
    ),
  );
}

/** What is worth saying aloud of a call: each text once. */
export function newlySpoken(before, page) {
  const known = isCall(page) ? (before.get(page.id)?.detail.spoken.length ?? 0) : 0;
  return isCall(page) ? page.detail.spoken.slice(known) : [];
}
