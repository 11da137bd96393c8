// What a channel or a thread shows, in order: days, messages, and the commands that the acting member typed.

import { dayName } from "./dates.js";
import { instant } from "./message.js";

export const SHOWN_AT_FIRST = 150;
const SAME_BREATH_S = 180;

/** Replies by the timestamp of their root. */
function repliesOf(messages) {
  const replies = new Map();
  for (const message of messages) {
    if (!message.thread_ts || message.thread_ts === message.ts || message.deleted || message.ephemeral_to)
      continue;
    if (!replies.has(message.thread_ts)) replies.set(message.thread_ts, []);
    replies.get(message.thread_ts).push(message);
  }
  return replies;
}

const isTopLevel = (message) =>
  !message.thread_ts || message.thread_ts === message.ts || message.broadcast || message.ephemeral_to;

export function channelEntries(known, channelId, most = SHOWN_AT_FIRST) {
  const messages = known.messagesOf(channelId);
  const replies = repliesOf(messages);
  const tops = messages.filter(
    (message) => isTopLevel(message) && (!message.deleted || replies.has(message.ts)),
  );
  const entries = tops.map((message) => ({
    kind: "message",
    at: Number(message.ts),
    key: message.ts,
    message,
    replies: replies.get(message.ts) ?? [],
  }));
  const all = [...entries, ...commands(known, channelId)].sort((one, other) => one.at - other.at);
  const earlier = Math.max(0, all.length - most);
  const shown = withDays(known, all.slice(earlier));
  return earlier
    ? [{ kind: "earlier", key: "earlier", signature: `earlier ${earlier}`, earlier }, ...shown]
    : shown;
}

export function threadEntries(known, channelId, rootTs) {
  const inThread = (message) => message.ts === rootTs || (message.thread_ts === rootTs && !message.deleted);
  const messages = known.messagesOf(channelId).filter(inThread);
  return signed(
    known,
    messages.map((message) => ({
      kind: "message",
      at: Number(message.ts),
      key: message.ts,
      message,
      replies: [],
      inThread: true,
    })),
  );
}

/** Slack shows nobody what was typed; here it stands between the messages, with what became of it. */
function commands(known, channelId) {
  const mine = [...known.envelopes.values()].filter((envelope) => {
    const payload = envelope.payload ?? {};
    return (
      envelope.type === "slash_commands" &&
      payload.channel_id === channelId &&
      payload.user_id === known.me.id
    );
  });
  return mine.map((envelope) => ({
    kind: "command",
    at: Date.parse(envelope.sent_at) / 1000,
    key: envelope.envelope_id,
    envelope,
    signature: envelope.outcome,
  }));
}

function withDays(known, entries) {
  const found = [];
  let day = null;
  for (const entry of signed(known, entries)) {
    const name = dayName(instant(entry.at), known.now());
    if (name !== day) found.push({ kind: "day", key: `day ${name}`, signature: name, name });
    if (name !== day) withHead(known, entry);
    day = name;
    found.push(entry);
  }
  return found;
}

function withHead(known, entry) {
  if (entry.kind !== "message" || !entry.compact) return;
  entry.compact = false;
  entry.signature = signatureOf(known, entry);
}

/** Messages of one author in one breath stand under one head. */
function signed(known, entries) {
  let before = null;
  for (const entry of entries) {
    if (entry.kind === "message") {
      entry.compact = before !== null && continues(before, entry.message);
      entry.signature = signatureOf(known, entry);
      before = entry.message;
    } else {
      before = null;
    }
  }
  return entries;
}

function continues(before, message) {
  const plain = (one) => !one.blocks.length && !one.ephemeral_to && !one.deleted && !one.pinned && !one.edits;
  return (
    before.user === message.user &&
    plain(before) &&
    plain(message) &&
    message.ts - before.ts < SAME_BREATH_S &&
    !message.broadcast
  );
}

/** Everything that a message's look depends on; also whose eyes see it. */
function signatureOf(known, entry) {
  const last = entry.replies.at(-1);
  return JSON.stringify([
    known.me.name,
    entry.message,
    entry.compact,
    entry.replies.length,
    last?.ts,
    Boolean(entry.inThread),
  ]);
}
