// The acting member's open modals: the top one is shown, what was typed stays, errors stand at their fields.

import { blocksOf } from "./blocks.js";
import { fill, h, iconButton } from "./dom.js";
import { keyOf } from "./held.js";
import { plain } from "./mrkdwn.js";
import { viewScene } from "./scene.js";

export class Modals {
  constructor(known, acting) {
    this.known = known;
    this.acting = acting;
    this.view = null;
    this.fields = [];
    this.dialog = null;
  }

  /** Brings the page to the stack that is known. */
  show() {
    const view = this.known.stack.at(-1) ?? null;
    if (view === null) this.shut();
    else if (view.id !== this.view?.id || view.hash !== this.view?.hash) this.draw(view);
  }

  shut() {
    this.view = null;
    this.fields = [];
    this.dialog?.close();
    this.dialog = null;
  }

  draw(view) {
    const typed =
      view.id === this.view?.id
        ? new Map(this.fields.map(({ block, it, read }) => [keyOf(block, it), read()]))
        : new Map();
    const focused = this.dialog?.contains(document.activeElement)
      ? document.activeElement.dataset.key
      : undefined;
    this.view = view;
    this.fields = [];
    if (!this.dialog) this.makeDialog();
    const gather = (block, it, read) => this.fields.push({ block, it, read });
    const scene = viewScene(this.known, this.acting, view, gather, typed);
    fill(
      this.form,
      this.headOf(view),
      h("div", { class: "modal-body blocks" }, blocksOf(view.blocks, scene)),
      this.trouble,
      this.footOf(view),
    );
    this.say("");
    this.focus(focused);
  }

  makeDialog() {
    this.form = h("form", { class: "modal-form", novalidate: true });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title" }, this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.dialog.addEventListener("cancel", (event) => {
      if (event.target !== this.dialog) return;
      event.preventDefault();
      this.close();
    });
    const own = this.dialog;
    own.addEventListener("close", () => own.remove());
    document.body.append(own);
    own.showModal();
  }

  headOf(view) {
    const depth = this.known.stack.length;
    const title = h("h2", { id: "modal-title" }, plain(view.title?.text ?? ""));
    const level = depth > 1 ? h("small", {}, `above ${depth - 1} more`) : null;
    return h(
      "header",
      { class: "pane-head" },
      title,
      level,
      iconButton("close", "Close", () => this.close()),
    );
  }

  footOf(view) {
    const isOnTop = this.known.stack.length > 1;
    const close = h(
      "button",
      { type: "button", class: "button", on: { click: () => this.close() } },
      view.close?.text ?? (isOnTop ? "Back" : "Cancel"),
    );
    this.go = view.submit
      ? h("button", { type: "submit", class: "button primary" }, plain(view.submit.text))
      : null;
    return h("footer", { class: "choices" }, close, this.go);
  }

  focus(key) {
    const before = key && this.form.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const first = this.form.querySelector(
      "[autofocus], .modal-body input, .modal-body textarea, .modal-body select",
    );
    (before || first || this.go || this.form.querySelector("button"))?.focus();
  }

  close() {
    if (this.view) this.acting.close(this.view.id);
  }

  async submit() {
    if (!this.go || this.go.getAttribute("aria-busy")) return;
    const view = this.view;
    this.say("");
    if (this.showErrors(this.ownErrors())) return;
    this.go.setAttribute("aria-busy", "true");
    const errors = await this.acting.submit(view.id, this.values());
    this.go?.removeAttribute("aria-busy");
    if (this.view?.id !== view.id || errors === null) return;
    if (errors === undefined) this.say("We had some trouble connecting. Try again?");
    else this.showErrors(errors);
  }

  values() {
    const values = {};
    for (const { block, it, read } of this.fields) (values[block.block_id] ??= {})[it.action_id] = read();
    return values;
  }

  /** What the browser itself finds wrong: bounds of numbers, shapes of addresses, lengths. */
  ownErrors() {
    const errors = {};
    for (const field of this.form.querySelectorAll(".input input, .input textarea")) {
      if (!field.checkValidity())
        errors[field.closest(".input").dataset.inputBlock] = field.validationMessage;
    }
    return errors;
  }

  /** True when there are any; the first one gets the focus. */
  showErrors(errors) {
    let first = null;
    for (const block of this.form.querySelectorAll(".input")) {
      const text = errors[block.dataset.inputBlock] ?? "";
      fill(block.querySelector(":scope > .error"), text);
      block.classList.toggle("wrong", Boolean(text));
      for (const field of block.querySelectorAll("input, textarea, select")) {
        if (text) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
        if (text) first ??= field;
      }
    }
    first?.focus();
    return Object.keys(errors).length > 0;
  }

  say(text) {
    fill(this.trouble, text);
  }
}
