// Rows of the inspector: how an envelope and a request are put into one line.

import { ackMs } from "./channel.js";
import { clockTime } from "./dates.js";
import { h } from "./dom.js";

export const envelopeColumns = ["Time", "Type", "What", "Who", "Connection", "Ack ms", "Outcome"];
export const requestColumns = ["Time", "Method", "Path", "Status", "Body"];

const TONES = { acked: "", pending: "dim", timeout: "bad", late: "bad", undelivered: "bad" };
const precise = (text) => {
  const at = new Date(Date.parse(text));
  return `${clockTime(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
};

export function envelopeRow(envelope, known) {
  const payload = envelope.payload ?? {};
  const what = whatOf(envelope.type, payload);
  const who = payload.user_name ?? payload.user?.name ?? nameOf(payload.event, known);
  const ms = ackMs(envelope);
  const retried = envelope.retry_attempt ? ` · try ${envelope.retry_attempt + 1}` : "";
  const outcome = h("span", { class: `outcome ${envelope.outcome}` }, envelope.outcome + retried);
  const took = ms === null ? "–" : ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
  return {
    key: envelope.envelope_id,
    name: `${envelope.type} ${what}`,
    cells: [precise(envelope.sent_at), envelope.type, what, who, envelope.connection ?? "–", took, outcome],
    tone: TONES[envelope.outcome] ?? "",
    words:
      `${envelope.type} ${what} ${who} ${envelope.connection} ${envelope.outcome} ${envelope.envelope_id}`.toLowerCase(),
    whole: envelope,
  };
}

function nameOf(event, known) {
  const id = typeof event?.user === "string" ? event.user : (event?.user?.id ?? "");
  return known.members.get(id)?.name ?? id;
}

function whatOf(type, payload) {
  if (type === "slash_commands") return `${payload.command} ${payload.text}`.trim();
  if (type === "events_api") return [payload.event?.type, payload.event?.subtype].filter(Boolean).join(" ");
  const actions = (payload.actions ?? []).map((action) => action.action_id).join(", ");
  return [payload.type, actions || payload.callback_id || payload.view?.callback_id || payload.action_id]
    .filter(Boolean)
    .join(" ");
}

export function requestRow(request) {
  const body =
    request.body === null || request.body === undefined ? request.query : JSON.stringify(request.body);
  const status = request.status ?? "–";
  const isBad = request.status === null || request.status >= 400;
  return {
    key: `${request.monotonic_ns} ${request.path}`,
    name: `${request.method} ${request.path}`,
    cells: [
      precise(request.at),
      request.method,
      request.path,
      h("span", { class: `outcome ${isBad ? "timeout" : "acked"}` }, status),
      h("span", { class: "one-line" }, String(body ?? "").slice(0, 160)),
    ],
    tone: isBad ? "bad" : "",
    words: `${request.method} ${request.path} ${status} ${body}`.toLowerCase(),
    whole: request,
  };
}
