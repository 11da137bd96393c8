// The top line: which workspace this is, as whom one acts, whether the app is connected, and how it looks.

import { fill, h, icon, iconButton, refill } from "./dom.js";
import { avatar } from "./message.js";
import { showKeys } from "./keys.js";
import { nextTheme, themeName } from "./theme.js";

export class Topbar {
  constructor(known, act) {
    this.known = known;
    this.act = act;
    this.team = h("strong", { class: "team" });
    this.members = h("fieldset", { class: "members", "aria-label": "Act as" });
    this.app = h("span", { class: "app-state", role: "status" });
    this.look = iconButton("sun", "", () => this.changeTheme());
    const keys = h(
      "button",
      { type: "button", class: "quiet", "aria-label": "Keys", title: "Keys", on: { click: showKeys } },
      h("kbd", {}, "?"),
    );
    this.element = h(
      "header",
      { class: "topbar" },
      this.team,
      this.members,
      h("span", { class: "gap" }),
      this.app,
      keys,
      this.look,
    );
    this.nameTheme();
  }

  /** Something that wants to be seen wherever one is. */
  show(element) {
    this.app.before(element);
  }

  draw() {
    this.team.textContent = this.known.team.name;
    refill(
      this.members,
      h("span", { class: "caption", "aria-hidden": "true" }, "Act as"),
      this.known.people().map((member, at) => this.choice(member, at + 1)),
    );
    this.drawApp();
  }

  choice(member, digit) {
    const gone = member.deleted ? " (deactivated)" : "";
    const about = [
      member.real_name,
      member.is_foreign && "of another team",
      member.is_guest && "a guest",
      member.deleted && "deactivated",
    ]
      .filter(Boolean)
      .join(", ");
    const input = h("input", {
      type: "radio",
      name: "act-as",
      value: member.name,
      "aria-label": member.name,
      checked: member.name === this.known.me.name,
      on: { change: () => this.act(member.name) },
    });
    const hint = digit <= 9 ? h("kbd", { "aria-hidden": "true" }, digit) : null;
    return h(
      "label",
      { title: about, class: member.deleted ? "gone" : null },
      input,
      avatar(member),
      h("span", {}, member.name, gone),
      hint,
    );
  }

  drawApp() {
    const { connections, name } = this.known.app;
    const isOn = connections > 0;
    this.app.className = isOn ? "app-state on" : "app-state off";
    const words = isOn
      ? `${connections} ${connections === 1 ? "connection" : "connections"}`
      : "not connected";
    fill(this.app, h("span", { class: "dot", "aria-hidden": "true" }), `${name}: ${words}`);
  }

  changeTheme() {
    nextTheme();
    this.nameTheme();
  }

  nameTheme() {
    const label = `Colours: ${themeName()}`;
    this.look.setAttribute("aria-label", label);
    this.look.title = label;
    fill(this.look, icon("sun"));
  }
}
