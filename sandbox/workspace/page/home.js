// The app's Home tab, as the acting member sees it.

import { blocksOf } from "./blocks.js";
import { fill, h, icon, iconButton, json } from "./dom.js";
import { lookAt } from "./confirm.js";
import { replaceKeepingFocus } from "./list.js";
import { viewScene } from "./scene.js";

export class HomePane {
  constructor(known, acting) {
    this.known = known;
    this.acting = acting;
    this.head = h("header", { class: "pane-head" });
    this.body = h("div", { class: "rows" });
    this.scroller = h(
      "div",
      { class: "list home", role: "region", "aria-label": "Home tab", tabindex: "0" },
      this.body,
    );
    this.element = h(
      "section",
      { class: "pane", "aria-label": "App Home", hidden: true },
      this.head,
      this.scroller,
    );
  }

  /** Slack tells the app each time that a person looks. */
  open() {
    this.show();
    this.acting.openHome();
  }

  show() {
    const { home, app } = this.known;
    const look = iconButton("more", "Show the view as JSON", () => lookAt("Home tab", json(home)));
    fill(
      this.head,
      h("h1", {}, icon("home"), `${app.name} Home`),
      h("span", { class: "gap" }),
      home ? look : null,
    );
    const scene = home ? viewScene(this.known, this.acting, home) : null;
    const shown = h(
      "div",
      { class: "rows blocks" },
      home
        ? blocksOf(home.blocks, scene)
        : h("p", { class: "empty" }, "The app has published nothing here yet."),
    );
    const top = this.scroller.scrollTop;
    replaceKeepingFocus(this.body, shown);
    this.body = shown;
    this.scroller.scrollTop = top;
  }
}
