// Ringing phones beside the conversation: everybody whom the pager reaches, and what they do about it.

import { fill, h, icon, iconButton, refill } from "./dom.js";
import { follow, isRinging, sorted } from "./phonebook.js";
import { newlySpoken, phone } from "./phone.js";
import { post } from "./server.js";
import { Sound } from "./sound.js";

const PAGER = "/_ui/pager/_sim";

export class Phones {
  constructor(known, acting, changed) {
    this.known = known;
    this.acting = acting;
    this.changed = changed;
    this.sound = new Sound();
    this.before = null;
    this.drafts = new Map();
    this.openDetails = new Set();
    this.announcer = h("div", { class: "unseen", "aria-live": "assertive", role: "log" });
    this.bell = h("button", { type: "button", class: "bell", hidden: true, on: { click: () => this.open() } });
    this.body = h("div", {
      class: "list panel-body",
      tabindex: "0",
      role: "region",
      "aria-label": "People's phones",
    });
    this.hear = iconButton("sound", "", () => this.switchSound(), { "aria-pressed": "false" });
    this.nameSound();
    const head = h(
      "header",
      { class: "pane-head" },
      h("h2", {}, "Phones"),
      h("span", { class: "gap" }),
      this.hear,
      iconButton("close", "Close phones", () => this.toggle()),
    );
    this.element = h("section", { class: "pane phones", "aria-label": "Phones", hidden: true }, head, this.body);
    this.hand = {
      answer: (page, how) => this.answer(page, how),
      line: (to, line) => this.acting.said(() => post(`${PAGER}/phone`, { to, line })),
      draft: (to, text) => (text === undefined ? (this.drafts.get(to) ?? "") : this.drafts.set(to, text)),
    };
    this.draw(null);
  }

  isOpen = () => !this.element.hidden;

  toggle = () => {
    this.element.hidden = !this.element.hidden;
    this.changed();
  };

  open() {
    if (!this.isOpen()) this.toggle();
    this.body.querySelector(".ringing button, .talking .key")?.focus();
  }

  /** Once, as soon as it is known whether there is a pager. */
  begin() {
    if (!this.known.pager || this.following) return;
    this.following = follow((told) => this.take(told));
    this.draw({ pages: [], phones: [] });
  }

  take(told) {
    if (told) this.announce(told);
    else this.ringAt([]);
    this.draw(told);
  }

  announce(told) {
    const people = sorted(told);
    this.before ??= new Map(told.pages.map((page) => [page.id, page]));
    const said = people.flatMap((person) => person.pages.flatMap((page) => this.news(person, page)));
    if (said.length) this.announcer.textContent = said.join(" ");
    this.before = new Map(told.pages.map((page) => [page.id, page]));
    const ringing = people.filter((person) => person.pages.some(isRinging));
    if (ringing.length && this.bell.hidden) this.known.tell("ringing");
    this.ringAt(ringing.map((person) => person.name));
  }

  news(person, page) {
    const was = this.before.get(page.id);
    const spoken = newlySpoken(this.before, page);
    spoken.forEach((text) => this.sound.say(text));
    if (isRinging(page) && was?.state !== "ringing") return [`The phone of ${person.name} rings.`];
    if (spoken.length) return [`On the phone of ${person.name}: ${spoken.join(" ")}`];
    if (!was && !page.is_reply && page.provider !== "twilio-voice") return [`For ${person.name}: ${page.text}`];
    return [];
  }

  ringAt(names) {
    this.sound.ring(names.length > 0);
    this.bell.hidden = names.length === 0;
    const who = names.length > 2 ? `${names.length} phones ring` : `${names.join(" and ")}: ringing`;
    fill(this.bell, icon("phone"), h("span", {}, who));
  }

  draw(told) {
    if (!this.known.pager)
      return void fill(this.body, empty("No pager here: start the workspace with --pager-control URL."));
    if (told === null) return void fill(this.body, empty("The pager does not answer. Trying again…"));
    const lines = new Map(told.phones.map((one) => [one.to, one]));
    const people = sorted(told).map((person) => phone(person, lines, this.hand));
    this.keepDetails();
    refill(this.body, people.length ? people : empty("Nobody has been called or written to yet."));
    this.restoreDetails();
    this.toKeypad();
  }

  /** Whoever has just answered stands on the keys as soon as they are there. */
  toKeypad() {
    const key = this.answered && this.body.querySelector(`[data-key="4 ${this.answered}"]:enabled`);
    if (!key) return;
    this.answered = null;
    key.focus();
  }

  async answer(page, how) {
    if (how.answer) this.answered = page.id;
    const told = await this.acting.said(() =>
      post(`${PAGER}/answer`, { id: page.id, as: this.acting.user, ...how }),
    );
    const deaf = told?.app.find((heard) => heard.error || heard.status >= 400);
    if (deaf) this.acting.toast(`The app did not take it: ${deaf.error ?? `status ${deaf.status}`}`, "trouble");
  }

  keepDetails() {
    for (const one of this.body.querySelectorAll("details")) {
      const title = one.querySelector("summary").textContent;
      if (one.open) this.openDetails.add(title);
      else this.openDetails.delete(title);
    }
  }

  restoreDetails() {
    for (const one of this.body.querySelectorAll("details"))
      one.open = this.openDetails.has(one.querySelector("summary").textContent);
  }

  switchSound() {
    this.sound.toggle();
    this.sound.ring(!this.bell.hidden);
    this.nameSound();
  }

  nameSound() {
    const label = this.sound.isOn ? "Sound: on" : "Sound: off";
    this.hear.setAttribute("aria-label", label);
    this.hear.setAttribute("aria-pressed", String(this.sound.isOn));
    this.hear.title = label;
  }
}

const empty = (text) => h("p", { class: "empty" }, text);
