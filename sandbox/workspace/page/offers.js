// A list of what could be typed next: the app's commands and their words after /, names after @.

import { fill, h } from "./dom.js";

const OFFERED_MAX = 8;
let count = 0;

export class Offers {
  constructor(field, known, inThread) {
    this.field = field;
    this.known = known;
    this.inThread = inThread;
    count += 1;
    this.id = `offers-${count}`;
    this.found = [];
    this.at = -1;
    this.element = h("ul", {
      class: "offers",
      role: "listbox",
      id: this.id,
      "aria-label": "Offers",
      hidden: true,
    });
    for (const [name, value] of [
      ["aria-autocomplete", "list"],
      ["aria-haspopup", "listbox"],
      ["aria-controls", this.id],
    ])
      field.setAttribute(name, value);
    field.addEventListener("input", () => this.look());
    field.addEventListener("blur", () => this.close());
  }

  look() {
    const typed = this.field.value.slice(0, this.field.selectionStart);
    this.found = offersFor(typed, this.known, this.inThread).slice(0, OFFERED_MAX);
    this.at = this.found.length ? 0 : -1;
    this.draw();
  }

  draw() {
    const rows = this.found.map((offer, place) => {
      const choose = (event) => {
        event.preventDefault();
        this.take(offer);
      };
      const attributes = {
        role: "option",
        id: `${this.id}-${place}`,
        "aria-selected": String(place === this.at),
        on: { mousedown: choose },
      };
      return h("li", attributes, h("code", {}, offer.shown), h("small", {}, offer.note ?? ""));
    });
    fill(this.element, rows);
    const isOpen = rows.length > 0;
    this.element.hidden = !isOpen;
    if (isOpen) this.field.setAttribute("aria-activedescendant", `${this.id}-${this.at}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  close() {
    this.found = [];
    this.draw();
  }

  take(offer) {
    const rest = this.field.value.slice(this.field.selectionStart);
    this.field.value = offer.text + rest;
    this.field.setSelectionRange(offer.text.length, offer.text.length);
    this.found = [];
    this.draw();
    this.field.dispatchEvent(new Event("input"));
  }

  /** True when the key was for the list. Enter sends what is complete already. */
  key(event) {
    if (!this.found.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.at = (this.at + step + this.found.length) % this.found.length;
    else if (event.key === "Escape") this.found = [];
    else if (event.key === "Tab") this.take(this.found[this.at]);
    else if (
      event.key === "Enter" &&
      !event.shiftKey &&
      this.found[this.at].text.trim() !== this.field.value.trim()
    )
      this.take(this.found[this.at]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
    return true;
  }
}

function offersFor(typed, known, inThread) {
  const name = /(^|\s)@([a-z0-9._-]*)$/i.exec(typed);
  if (name) return named(typed, name[2], known);
  if (!typed.startsWith("/") || inThread || typed.includes("\n")) return [];
  return known.commands.flatMap((command) => commandOffers(command, typed));
}

function named(typed, begun, known) {
  const before = typed.slice(0, typed.length - begun.length);
  const people = known.people().map((member) => ({ name: member.name, note: member.real_name }));
  const groups = [...known.groups.values()].map((group) => ({ name: group.handle, note: group.name }));
  const all = [...people, ...groups, { name: "here", note: "everybody in this channel" }];
  const fitting = all.filter((one) => one.name.startsWith(begun.toLowerCase()) && one.name !== begun);
  return fitting.map((one) => ({ text: `${before}${one.name} `, shown: `@${one.name}`, note: one.note }));
}

/** The usage hint names the words: "status | kill [reason]". */
function commandOffers(command, typed) {
  const whole = `${command.command} `;
  if (!typed.startsWith(whole)) {
    return command.command.startsWith(typed)
      ? [{ text: whole, shown: command.command, note: command.description }]
      : [];
  }
  const begun = typed.slice(whole.length).toLowerCase();
  const words = command.usage_hint
    .split("|")
    .map((word) => word.trim())
    .filter(Boolean);
  const fitting = words.filter((word) => word.split(" ")[0].startsWith(begun) && word !== begun);
  return fitting.map((word) => ({ text: `${whole}${word.split(" ")[0]} `, shown: `${whole}${word}` }));
}
