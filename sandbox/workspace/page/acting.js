// What the person at the page does, sent to the workspace as the member who is acting.

import { Refused, post, query, get } from "./server.js";
import { placeOf } from "./known.js";

export class Acting {
  /** `toast` shows a sentence; `known` is told what waits and what failed. */
  constructor(known, toast) {
    this.known = known;
    this.toast = toast;
  }

  get user() {
    return this.known.me.name;
  }

  /** A command or a message. True when it went out. */
  async typed(channelId, text, threadTs = null) {
    if (/^\/[a-z]/.test(text)) {
      if (threadTs) {
        this.toast("Slack takes no commands in threads: type it in the channel.");
        return false;
      }
      await this.tell("/_sim/command", { channel: channelId, text });
      return true;
    }
    const told = threadTs ? { thread_ts: threadTs } : {};
    return (await this.tell("/_sim/post", { channel: channelId, text, ...told })) !== null;
  }

  /** `where` is {channel, ts} or {view_id}. A button sends no value: it carries its own. */
  async press(where, blockId, actionId, value) {
    const place = where.view_id ?? placeOf(where.channel, where.ts);
    const chosen = value === undefined ? {} : { value };
    const { user } = this;
    this.known.press(place, "*", actionId, null, user);
    this.known.press(place, blockId, actionId, "pending", user);
    const told = await this.tell("/_sim/click", {
      ...where,
      block_id: blockId,
      action_id: actionId,
      ...chosen,
    });
    const failed = told?.ok === false ? `It failed with the error "${told.error}"` : "It was not sent";
    this.known.press(place, "*", actionId, null, user);
    this.known.press(place, blockId, actionId, told?.ok ? null : failed, user);
  }

  /** The errors by block, or null; undefined when something else went wrong, which was said. */
  async submit(viewId, values) {
    const told = await this.tell("/_sim/submit", { view_id: viewId, values });
    if (told?.ok) return null;
    return told?.errors;
  }

  async suggest(where, actionId, typed) {
    const told = await this.tell("/_sim/suggest", { ...where, action_id: actionId, value: typed });
    return told?.options ?? (told?.option_groups ?? []).flatMap((group) => group.options);
  }

  close = (viewId) => this.tell("/_sim/close", { view_id: viewId });
  openHome = () => this.tell("/_sim/home", {});
  shortcut = (callbackId, where = {}) => this.tell("/_sim/shortcut", { callback_id: callbackId, ...where });
  react = (channelId, ts, name) => this.tell("/_sim/react", { channel: channelId, ts, name });

  /** Null when the workspace refused it, which was said. */
  async tell(path, body) {
    return this.said(() => post(path, { user: this.user, ...body }));
  }

  async said(ask) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.toast(error.message, "trouble");
      return null;
    }
  }

  state = (name) => get(query("/_ui/state", { as: name }));
  messages = async (name, channelId) =>
    (await get(query("/_ui/messages", { as: name, channel: channelId }))).messages;

  /** Everything that a member sees, from the beginning. Raises Refused. */
  async load(name) {
    const state = await this.state(name);
    const [home, views, ...messages] = await Promise.all([
      get(query("/_ui/home", { as: name })),
      get(query("/_ui/views", { as: name })),
      ...state.channels.map((channel) => this.messages(name, channel.id)),
    ]);
    return { state, home: home.view, stack: views.stack, messages };
  }

  /** The state, and the messages of channels that were not among the known ones. Raises Refused. */
  async around(name, known) {
    const state = await this.state(name);
    const ids = state.channels.map((channel) => channel.id).filter((id) => !known.has(id));
    const messages = await Promise.all(ids.map((id) => this.messages(name, id)));
    return { state, joined: ids.map((id, at) => [id, messages[at]]) };
  }
}
