// The whole page: panes and their places, and what is shown when something that is known changes.

import { ChannelPane } from "./channel.js";
import { Controls } from "./controls.js";
import { h } from "./dom.js";
import { Guide } from "./guide.js";
import { HomePane } from "./home.js";
import { Inspector } from "./inspector.js";
import { listenToKeys } from "./keys.js";
import { Modals } from "./modal.js";
import { Phones } from "./phones.js";
import { showPressed } from "./pressed.js";
import { Sidebar } from "./sidebar.js";
import { DESK, openCard } from "./steps.js";
import { ThreadPane } from "./thread.js";
import { Topbar } from "./topbar.js";
import { Unread } from "./unread.js";

const HOME = "home";

export class Page {
  constructor(known, acting, session, toasts, root) {
    this.known = known;
    this.session = session;
    this.toasts = toasts;
    this.unread = new Unread(known);
    this.makePanes(known, acting);
    this.put(root);
    this.listen();
  }

  makePanes(known, acting) {
    const view = {
      known,
      acting,
      openThread: (channelId, ts) => this.openThread(channelId, ts),
      onSent: () => this.channel.list?.toBottom(),
      sayAs: (user, channelName, text) => this.sayAs(user, channelName, text),
      showCardAs: (user, since_s) => this.showCardAs(user, since_s),
    };
    const layout = () => this.layout();
    this.topbar = new Topbar(known, (name) => this.session.become(name));
    this.channel = new ChannelPane(view);
    this.home = new HomePane(known, acting);
    this.thread = new ThreadPane(view, layout);
    this.guide = new Guide(view, layout);
    this.controls = new Controls(known, acting, layout);
    this.phones = new Phones(known, acting, () => this.phonesToggled());
    this.inspector = new Inspector(known, layout);
    this.modals = new Modals(known, acting);
    this.sidebar = new Sidebar(known, this.unread, [
      { name: "Guided drill", icon: "guide", isOpen: this.guide.isOpen, toggle: this.guide.toggle },
      {
        name: "Faults & market",
        icon: "switches",
        isOpen: this.controls.isOpen,
        toggle: () => this.toggleControls(),
      },
      { name: "Phones", icon: "phone", isOpen: this.phones.isOpen, toggle: this.phones.toggle },
      { name: "Inspector", icon: "table", isOpen: this.inspector.isOpen, toggle: this.inspector.toggle },
    ]);
  }

  put(root) {
    this.banner = h(
      "div",
      { class: "banner", role: "alert", hidden: true },
      "The workspace does not answer. Trying again…",
    );
    this.announcer = h("div", { class: "unseen", "aria-live": "polite" });
    const side = h(
      "aside",
      { class: "side", "aria-label": "Beside the conversation" },
      this.guide.element,
      this.thread.element,
      this.controls.element,
      this.phones.element,
    );
    this.main = h("main", {}, this.channel.element, this.home.element, this.inspector.element);
    this.frame = h(
      "div",
      { class: "frame" },
      this.topbar.element,
      this.banner,
      this.sidebar.element,
      this.main,
      side,
      this.announcer,
      this.phones.announcer,
    );
    this.topbar.show(this.phones.bell);
    root.replaceWith(this.frame);
    this.layout();
  }

  listen() {
    const { known } = this;
    const topics = {
      // Nothing is pressed as the one while the page becomes the other's.
      switching: () => (this.main.inert = true),
      loaded: () => this.loaded(),
      lost: () => this.lost(),
      state: () => this.changedAround(),
      views: () => this.modals.show(),
      home: () => this.home.show(),
      messages: (channelId, message, isNew) => this.changed(channelId, message, isNew),
      envelope: () => this.redrawSoon(),
      ringing: () => this.showRinging(),
      pressed: (place) => showPressed(place, known),
      open: (channelId) => (location.hash = channelId),
    };
    for (const [topic, listener] of Object.entries(topics)) known.on(topic, listener);
    addEventListener("hashchange", () => this.open());
    document.addEventListener("visibilitychange", () => this.redrawSoon());
    listenToKeys(this);
  }

  /** The address may name a member, a channel and a message. */
  start() {
    const asked = new URLSearchParams(location.search);
    if (asked.get("channel")) location.hash = asked.get("channel");
    this.wanted_ts = asked.get("ts");
    history.replaceState(null, "", location.pathname + location.hash);
    this.session.start(asked.get("as"));
  }

  // What happened.

  loaded() {
    this.main.inert = false;
    this.banner.hidden = true;
    this.topbar.draw();
    this.open();
    if (this.thread.where && !this.known.channels.has(this.thread.where.channelId)) this.thread.close();
    this.thread.show();
    this.modals.show();
    this.controls.draw();
    this.phones.begin();
    this.guide.begin();
    if (this.wanted_ts) this.channel.reveal(this.wanted_ts);
    this.wanted_ts = null;
    this.inspector.load();
  }

  lost() {
    this.banner.hidden = false;
    if (this.known.me) this.topbar.drawApp();
  }

  changedAround() {
    this.topbar.draw();
    this.controls.draw();
    this.sidebar.draw(this.current);
    const channel = this.known.channels.get(this.current);
    if (channel) this.channel.open(channel);
    else if (this.current !== HOME) this.open();
  }

  changed(channelId, message, isNew) {
    const isHeard = isNew && message.user_id !== this.known.me.id && channelId === this.current;
    if (isHeard) this.announcer.textContent = `${message.user}: ${message.text.slice(0, 300)}`;
    this.redrawSoon();
  }

  // What the guided drill and the keys do.

  async sayAs(user, channelName, text) {
    await this.session.become(user);
    const channel = this.known.channelNamed(channelName);
    if (!channel) return this.toasts.show(`${user} is not in ${channelName}.`, "trouble");
    this.go(channel.id);
    this.channel.composer.put(text);
    await this.channel.composer.send();
  }

  async showCardAs(user, since_s) {
    await this.session.become(user);
    const card = openCard(this.known, since_s);
    if (!card) return this.toasts.show("No card waits for a second person: ask first, as alice.");
    this.go(card.channel);
    this.channel.reveal(card.ts);
    this.channel.list.rows
      .get(card.ts)
      ?.element.querySelector(".actions button")
      ?.focus({ preventScroll: true });
  }

  actAsNumber(number) {
    const member = this.known.people()[number - 1];
    if (member) this.session.become(member.name);
  }

  nextChannel(step) {
    const targets = [...this.sidebar.lists.querySelectorAll("a")].map((entry) =>
      entry.getAttribute("href").slice(1),
    );
    this.go(targets[(targets.indexOf(this.current) + step + targets.length) % targets.length]);
  }

  focusComposer(text) {
    if (this.current === HOME) return;
    const { composer } = this.channel;
    composer.focus();
    if (!composer.field.value) composer.put(text);
    composer.offers.look();
  }

  // What is shown.

  go(target) {
    if (location.hash !== `#${target}`) history.replaceState(null, "", `#${target}`);
    this.open();
  }

  /** What the address names; the desk's channel where the member may not see that. */
  open() {
    const { known } = this;
    if (!known.me) return;
    const asked = decodeURIComponent(location.hash.slice(1));
    const was = this.current;
    const first = known.channelNamed(DESK) ?? known.channels.values().next().value;
    this.current = asked === HOME || known.channels.has(asked) ? asked : (first?.id ?? HOME);
    const isHome = this.current === HOME;
    this.home.element.hidden = !isHome;
    this.channel.element.hidden = isHome;
    if (isHome) this.home.open();
    else this.channel.open(known.channels.get(this.current));
    if (was !== this.current && this.thread.where && this.thread.where.channelId !== this.current)
      this.thread.close();
    this.redraw();
  }

  /** There is room for one of them beside the conversation. */
  openThread(channelId, ts) {
    if (this.controls.isOpen()) this.controls.toggle();
    if (this.phones.isOpen()) this.phones.toggle();
    this.thread.open(channelId, ts);
  }

  toggleControls() {
    if (!this.controls.isOpen()) this.thread.close();
    if (!this.controls.isOpen() && this.phones.isOpen()) this.phones.toggle();
    this.controls.toggle();
  }

  /** Where a thread or the switches are open, the top line says it alone. */
  showRinging() {
    const isTaken = this.controls.isOpen() || !this.thread.element.hidden;
    if (!isTaken && !this.phones.isOpen()) this.phones.toggle();
  }

  /** There is room for one of them beside the conversation. */
  phonesToggled() {
    if (this.phones.isOpen()) {
      this.thread.close();
      if (this.controls.isOpen()) this.controls.toggle();
    }
    this.layout();
  }

  redrawSoon() {
    if (this.waiting) return;
    this.waiting = true;
    // Not with the screen's frames: a hidden page still counts what is unread.
    setTimeout(() => {
      this.waiting = false;
      if (this.known.me) this.redraw();
    }, 16);
  }

  redraw() {
    if (this.current !== HOME) {
      this.channel.show();
      if (!document.hidden) this.unread.read(this.current);
    }
    this.thread.show();
    this.sidebar.draw(this.current);
    const total = this.unread.total();
    document.title = `${total ? `(${total}) ` : ""}${this.known.me.name} · ${this.known.team.name}`;
  }

  layout() {
    const { guide, controls, phones, thread } = this;
    const isOpen = guide.isOpen() || controls.isOpen() || phones.isOpen() || !thread.element.hidden;
    this.frame.classList.toggle("with-side", isOpen);
    this.frame.classList.toggle("with-inspector", this.inspector.isOpen());
    if (this.known.me) this.sidebar.drawTools();
  }
}
