// Where a person types: messages and commands, with what could be meant offered while typing.

import { Offers } from "./offers.js";
import { h, icon, iconButton } from "./dom.js";
import { openMenu } from "./popup.js";

const REMEMBERED = 50;
const sent = [];

export class Composer {
  constructor(view, channelId, label, threadTs = null) {
    this.view = view;
    this.channelId = channelId;
    this.threadTs = threadTs;
    this.recalled = sent.length;
    const placeholder = threadTs ? "Reply…" : `${label}, or / for a command`;
    this.field = h("textarea", {
      rows: 1,
      "aria-label": label,
      placeholder,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.offers = new Offers(this.field, view.known, Boolean(threadTs));
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"));
    const form = h("form", { class: "composer" }, this.shortcuts(), this.field, this.button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.fit());
    this.element = h("div", { class: "composer-place" }, this.offers.element, form);
  }

  shortcuts() {
    const globals = this.view.known.shortcuts.filter((shortcut) => shortcut.type === "global");
    if (this.threadTs || !globals.length) return null;
    const items = globals.map((shortcut) => ({
      label: shortcut.name,
      note: this.view.known.app.name,
      act: () => this.view.acting.shortcut(shortcut.callback_id),
    }));
    const button = iconButton("bolt", "Shortcuts", () => openMenu(button, "Shortcuts", items), {
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    });
    return button;
  }

  key(event) {
    if (event.isComposing || this.offers.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (
      event.key === "ArrowUp" &&
      (this.field.value === "" || this.field.value === sent[this.recalled])
    ) {
      this.recall(event, -1);
    } else if (
      event.key === "ArrowDown" &&
      this.field.value !== "" &&
      this.field.value === sent[this.recalled]
    ) {
      this.recall(event, 1);
    }
  }

  /** Walks through what was sent before, as a terminal does. */
  recall(event, step) {
    const at = Math.max(0, Math.min(sent.length, this.recalled + step));
    if (at === this.recalled) return;
    event.preventDefault();
    this.recalled = at;
    this.put(sent[at] ?? "");
  }

  /** Fills in a text, as if it had been typed. */
  put(text) {
    this.field.value = text;
    this.offers.close();
    this.fit();
    this.field.setSelectionRange(text.length, text.length);
  }

  async send() {
    const text = this.field.value.trim();
    if (!text) return;
    this.put("");
    if (sent.at(-1) !== text) sent.push(text);
    if (sent.length > REMEMBERED) sent.shift();
    this.recalled = sent.length;
    this.view.onSent?.();
    const went = await this.view.acting.typed(this.channelId, text, this.threadTs);
    if (!went && this.field.value === "") this.put(text);
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 180)}px`;
  }

  focus() {
    this.field.focus();
  }
}
