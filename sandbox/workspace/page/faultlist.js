// The faults that have a switch of their own: what a person calls them, and how control is told.

const POST_MESSAGE = "/api/chat.postMessage";
const ORDERS = "/api/v3/brokerage/orders";

export const SLACK_FAULTS = [
  {
    name: "Sockets fall silent",
    note: "connected, but nothing comes any more",
    order: { kind: "silence", match: { socket: true } },
  },
  {
    name: "Sockets half-open",
    note: "not even pings are read",
    order: { kind: "half_open", match: { socket: true } },
  },
  {
    name: "Handshakes refused",
    note: "503 for every new connection",
    order: { kind: "handshake_503", match: { path: "/link/" } },
  },
  { name: "Envelopes lost", note: "sent, never delivered", order: { kind: "gap", match: { socket: true } } },
  {
    name: "Envelopes twice",
    note: "over two connections",
    order: { kind: "duplicate", match: { socket: true } },
  },
  {
    name: "Lost reply of chat.postMessage",
    note: "posted, and nobody is told",
    order: { kind: "drop_after", match: { path: POST_MESSAGE } },
  },
  {
    name: "Rate limited (429)",
    note: "chat.postMessage, try again in 5 s",
    order: { kind: "status", match: { path: POST_MESSAGE }, args: { code: 429, retry_after: 5 } },
  },
  {
    name: "Late answers",
    note: "every call of the Web API takes 4 s",
    order: { kind: "latency", match: { path: "/api/*" }, args: { ms: 4000 } },
  },
  {
    name: "Web API fails (500)",
    note: "every call",
    order: { kind: "status", match: { path: "/api/*" }, args: { code: 500 } },
  },
];

export const EXCHANGE_FAULTS = [
  {
    name: "Slow",
    note: "every reply takes 1.5 s",
    order: { kind: "latency", match: {}, args: { ms: 1500 } },
  },
  { name: "Failing (503)", note: "every request", order: { kind: "status", match: {}, args: { code: 503 } } },
  {
    name: "Replies of orders lost",
    note: "the order is taken, its reply never comes",
    order: { kind: "drop_after", match: { method: "POST", path: ORDERS } },
  },
  { name: "Key refused", note: "authentication errors", order: { kind: "auth_error", match: {} } },
  {
    name: "Market data silent",
    note: "the feeds stay connected and say nothing",
    order: { kind: "silence", match: { socket: true } },
  },
];

const TWILIO = "/2010-04-01/*";
const PAGERDUTY = "/v2/enqueue";

export const PAGER_FAULTS = [
  {
    name: "Twilio fails (503)",
    note: "text messages and calls",
    order: { kind: "status", match: { path: TWILIO }, args: { code: 503 } },
  },
  {
    name: "Replies of Twilio lost",
    note: "it rings, and nobody is told",
    order: { kind: "drop_after", match: { path: TWILIO } },
  },
  {
    name: "PagerDuty limited (429)",
    note: "try again in 5 s",
    order: { kind: "status", match: { path: PAGERDUTY }, args: { code: 429, retry_after: 5 } },
  },
  {
    name: "Mail put off (451)",
    note: "the server says: later",
    order: { kind: "status", match: { path: "/smtp" }, args: { code: 451 } },
  },
  {
    name: "Every provider silent",
    note: "connected, and never answered",
    order: { kind: "half_open", match: {} },
  },
];

/** Whether a fault in force is the one of this switch. */
export function isOf(fault, entry) {
  const { kind, match, args = {} } = entry.order;
  return (
    fault.kind === kind &&
    same(fault.match, match) &&
    Object.entries(args).every(([name, value]) => fault.args[name] === value)
  );
}

function same(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}
