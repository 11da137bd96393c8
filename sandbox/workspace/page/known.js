// What the page knows of the workspace, seen by one member; whoever shows a part of it listens to its topic.

const LOG_MAX = 2000;

export class Known {
  constructor() {
    this.listeners = new Map();
    this.envelopes = new Map();
    this.requests = [];
    this.market = new Map();
    this.pressed = new Map();
    this.chosen = new Map();
    this.forget();
  }

  /** Everything that belongs to the member who was acting. */
  forget() {
    this.me = null;
    this.team = null;
    this.members = new Map();
    this.channels = new Map();
    this.groups = new Map();
    this.app = { connections: 0, name: "the app" };
    this.commands = [];
    this.shortcuts = [];
    this.exchange = false;
    this.pager = false;
    this.messages = new Map();
    this.home = null;
    this.stack = [];
  }

  /** Topics: switching, loaded, lost, state, messages, views, home, envelope, request, pressed, market, open, ringing. */
  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, []);
    this.listeners.get(topic).push(listener);
  }

  tell(topic, ...details) {
    for (const listener of this.listeners.get(topic) ?? []) listener(...details);
  }

  takeState(state) {
    this.me = state.me;
    this.team = state.team;
    this.members = new Map(state.members.map((member) => [member.id, member]));
    this.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
    this.groups = new Map(state.usergroups.map((group) => [group.id, group]));
    this.app = state.app;
    this.commands = state.commands;
    this.shortcuts = state.shortcuts;
    this.exchange = state.exchange;
    this.pager = state.pager;
    this.offsetMs = Date.parse(state.now) - Date.now();
  }

  /** The workspace's own clock, which control can move. */
  now() {
    return new Date(Date.now() + (this.offsetMs ?? 0));
  }

  takeMessages(channelId, messages) {
    this.messages.set(channelId, new Map(messages.map((message) => [message.ts, message])));
  }

  /** What a frame told of a message is not older. */
  takeOlder(channelId, messages) {
    const newer = this.messages.get(channelId) ?? new Map();
    this.messages.set(channelId, new Map([...messages.map((message) => [message.ts, message]), ...newer]));
  }

  takeMessage(channelId, message) {
    if (!this.messages.has(channelId)) this.messages.set(channelId, new Map());
    const isNew = !this.messages.get(channelId).has(message.ts);
    this.messages.get(channelId).set(message.ts, message);
    this.tell("messages", channelId, message, isNew);
  }

  takeEnvelope(envelope) {
    this.envelopes.set(envelope.envelope_id, envelope);
    if (this.envelopes.size > LOG_MAX) this.envelopes.delete(this.envelopes.keys().next().value);
    this.tell("envelope");
  }

  /** A request is told of when it is read and again when it has its status. */
  takeRequest(request) {
    const at = this.requests.findLastIndex(
      (one) => one.monotonic_ns === request.monotonic_ns && one.path === request.path,
    );
    if (at >= 0) this.requests[at] = request;
    else this.requests.push(request);
    if (this.requests.length > LOG_MAX) this.requests.shift();
    this.tell("request");
  }

  /** What happened while the page did not look. What a frame has told to its end is not older. */
  takePast(envelopes, requests) {
    for (const envelope of envelopes) {
      if (!this.envelopes.get(envelope.envelope_id)?.acked_monotonic_ns)
        this.envelopes.set(envelope.envelope_id, envelope);
    }
    const sent = [...this.envelopes].sort(
      ([, one], [, other]) => one.sent_monotonic_ns - other.sent_monotonic_ns,
    );
    this.envelopes = new Map(sent.slice(-LOG_MAX));
    const read = new Map(
      [...requests, ...this.requests].map((one) => [`${one.monotonic_ns} ${one.path}`, one]),
    );
    this.requests = [...read.values()]
      .sort((one, other) => one.monotonic_ns - other.monotonic_ns)
      .slice(-LOG_MAX);
    this.tell("envelope");
    this.tell("request");
  }

  messagesOf(channelId) {
    const found = [...(this.messages.get(channelId)?.values() ?? [])];
    return found.sort((one, other) => Number(one.ts) - Number(other.ts));
  }

  everyMessage() {
    return [...this.messages.values()].flatMap((channel) => [...channel.values()]);
  }

  memberNamed(name) {
    return [...this.members.values()].find((member) => member.name === name);
  }

  people() {
    return [...this.members.values()].filter((member) => !member.is_bot);
  }

  channelNamed(name) {
    return [...this.channels.values()].find((channel) => channel.kind !== "im" && channel.name === name);
  }

  /** Of a direct conversation: the name of the other side. */
  titleOf(channel) {
    if (channel.kind !== "im") return channel.name;
    const other = this.members.get(channel.user);
    if (other && other.id !== this.me.id) return other.is_bot ? this.app.name : other.name;
    return this.app.name;
  }

  // What was pressed and waits for its acknowledgement, or failed. `place` is a message or a view.

  press(place, blockId, actionId, state, user = this.me.name) {
    const key = `${user} ${place}|${blockId}|${actionId}`;
    if (state === null) this.pressed.delete(key);
    else this.pressed.set(key, state);
    this.tell("pressed", place);
  }

  pressedState(place, blockId, actionId) {
    const own = `${this.me.name} ${place}`;
    return (
      this.pressed.get(`${own}|${blockId}|${actionId}`) ?? this.pressed.get(`${own}|*|${actionId}`) ?? null
    );
  }
}

export const placeOf = (channelId, ts) => `${channelId}/${ts}`;
