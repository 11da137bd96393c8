// How far each member has read each channel, remembered by this browser.

const key = (known) => `workspace.read.${known.team.id}.${known.me.name}`;
const SINCE = "workspace.read.since";

export class Unread {
  constructor(known) {
    this.known = known;
  }

  marks() {
    return JSON.parse(localStorage.getItem(key(this.known)) ?? "{}");
  }

  /** What was there before this browser first looked counts as read. */
  since() {
    if (!localStorage.getItem(SINCE)) localStorage.setItem(SINCE, String(this.known.now().getTime() / 1000));
    return Number(localStorage.getItem(SINCE));
  }

  of(channelId) {
    const from = Number(this.marks()[channelId] ?? this.since());
    const { me } = this.known;
    const isNew = (message) =>
      Number(message.ts) > from &&
      message.user_id !== me.id &&
      !message.deleted &&
      (!message.thread_ts || message.thread_ts === message.ts || message.broadcast || message.ephemeral_to);
    const found = this.known.messagesOf(channelId).filter(isNew);
    return {
      count: found.length,
      mentions: found.filter((message) => message.would_notify.includes(me.name)).length,
    };
  }

  total() {
    return [...this.known.channels.keys()].reduce((sum, id) => sum + this.of(id).count, 0);
  }

  read(channelId) {
    const last = this.known.messagesOf(channelId).at(-1);
    if (!last) return;
    const marks = this.marks();
    if (Number(marks[channelId] ?? 0) >= Number(last.ts)) return;
    localStorage.setItem(key(this.known), JSON.stringify({ ...marks, [channelId]: last.ts }));
  }
}
