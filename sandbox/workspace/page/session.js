// As whom the page looks: connects, fetches everything at each connection, and lets frames change what is known.

import { Feed } from "./feed.js";
import { placeOf } from "./known.js";
import { Refused } from "./server.js";

const FIRST_MEMBER = "alice";
const ACTING = "workspace.acting";

/** Tells `known`: switching, loaded, lost, state, views, home. */
export class Session {
  constructor(known, acting, toasts) {
    this.known = known;
    this.acting = acting;
    this.toasts = toasts;
    this.feed = new Feed({
      live: () => this.live(),
      lost: () => this.lost(),
      frame: (frame) => this.take(frame),
    });
    this.loading = null;
    this.held = [];
  }

  start(name) {
    this.name = name ?? sessionStorage.getItem(ACTING) ?? FIRST_MEMBER;
    this.feed.open(this.name);
  }

  /** Resolves when everything is shown as that member. */
  become(name) {
    if (name === this.known.me?.name && !this.loading) return Promise.resolve();
    this.name = name;
    sessionStorage.setItem(ACTING, name);
    this.known.tell("switching");
    const shown = new Promise((resolve) => (this.whenShown = resolve));
    this.feed.open(name);
    return shown;
  }

  /** Frames that come while everything is fetched wait until it is there. */
  async live() {
    this.held = [];
    const loading = this.acting.load(this.name);
    this.loading = loading;
    try {
      const loaded = await loading;
      if (this.loading === loading) this.takeAll(loaded);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.loading === loading) this.refused(error);
    }
  }

  refused(error) {
    this.loading = null;
    this.toasts.show(error.message, "trouble");
    if (!this.known.me && this.name !== FIRST_MEMBER) this.become(FIRST_MEMBER);
    else if (this.known.me && this.known.me.name !== this.name) this.become(this.known.me.name);
  }

  takeAll({ state, home, stack, messages }) {
    const { known } = this;
    known.forget();
    known.takeState(state);
    state.channels.forEach((channel, at) => known.takeMessages(channel.id, messages[at]));
    known.home = home;
    known.stack = stack;
    this.loading = null;
    for (const frame of this.held.splice(0)) this.take(frame);
    known.tell("loaded");
    this.whenShown?.();
  }

  lost() {
    this.loading = null;
    this.known.app = { ...this.known.app, connections: 0 };
    this.known.tell("lost");
  }

  take(frame) {
    if (this.loading) return void this.held.push(frame);
    const { known } = this;
    const kinds = {
      message: () => known.takeMessage(frame.channel, frame.message),
      envelope: () => known.takeEnvelope(frame.envelope),
      request: () => known.takeRequest(frame.request),
      views: () => {
        known.stack = frame.stack;
        known.tell("views");
      },
      home: () => {
        known.home = frame.view;
        known.tell("home");
      },
      state: () => this.refetch(),
      trouble: () => this.trouble(frame),
    };
    kinds[frame.kind]?.();
  }

  /** Members, channels or connections changed. Of a channel that one came into there is more than frames told. */
  async refetch() {
    if (this.refetching) return void (this.again = true);
    this.refetching = true;
    const { name } = this;
    const told = await this.acting.said(() => this.acting.around(name, this.known.channels));
    this.refetching = false;
    if (told !== null && name === this.name && !this.loading) {
      this.known.takeState(told.state);
      for (const [channelId, messages] of told.joined) this.known.takeOlder(channelId, messages);
      this.known.tell("state");
    }
    if (this.again) {
      this.again = false;
      this.refetch();
    }
  }

  trouble(frame) {
    this.toasts.show(frame.text, "trouble");
    if (!frame.action_id) return;
    const place = frame.view_id ?? placeOf(frame.channel, frame.ts);
    this.known.press(place, "*", frame.action_id, frame.text);
  }
}
