// The steps of the guided rehearsal. Each tells what it is for, does it, and knows from the workspace whether it has happened.

import { CRASHED, bend } from "./market.js";

export const DESK = "perps-desk";

const sentS = (envelope) => Date.parse(envelope.sent_at) / 1000;

/** The latest acknowledged command of somebody that begins with a word, since an instant. */
function command(known, word, user, since_s) {
  const fits = (envelope) =>
    envelope.type === "slash_commands" &&
    envelope.outcome === "acked" &&
    sentS(envelope) >= since_s &&
    envelope.payload.text.split(/\s/)[0] === word &&
    (!user || envelope.payload.user_name === user);
  return [...known.envelopes.values()].findLast(fits);
}

const buttonsOf = (message) =>
  message.blocks.flatMap((block) => (block.type === "actions" ? block.elements : []));
const confirmButton = (message) =>
  buttonsOf(message).find((it) => it.type === "button" && /^confirm/i.test(it.text.text));

/** The bot's answer to a command: with its acknowledgement, or as a message, which another member may not see. */
function answered(known, envelope) {
  if (!envelope) return false;
  if (envelope.ack_payload?.text || envelope.ack_payload?.blocks) return true;
  const mine = known
    .everyMessage()
    .some(
      (message) =>
        message.bot && message.user_id === known.app.bot_user_id && Number(message.ts) >= sentS(envelope) - 1,
    );
  return (
    mine ||
    known.requests.some(
      (request) =>
        request.path.startsWith("/response/") &&
        request.status === 200 &&
        Date.parse(request.at) / 1000 >= sentS(envelope),
    )
  );
}

/** The card that waits for a second person. */
export function openCard(known, since_s) {
  return known
    .everyMessage()
    .filter(
      (message) =>
        message.bot && !message.ephemeral_to && Number(message.ts) >= since_s - 1 && confirmButton(message),
    )
    .sort((one, other) => other.ts - one.ts)[0];
}

/** A press of a confirming button by somebody, acknowledged, whose card no longer asks. */
function confirmedBy(known, user, after) {
  if (!after) return false;
  return [...known.envelopes.values()].some((envelope) => {
    if (
      envelope.type !== "interactive" ||
      envelope.outcome !== "acked" ||
      envelope.payload.user?.name !== user
    )
      return false;
    if (sentS(envelope) < sentS(after)) return false;
    if (!envelope.payload.actions?.some((action) => /^confirm/i.test(action.text?.text ?? ""))) return false;
    const card = known
      .everyMessage()
      .find((message) => message.ts === envelope.payload.container?.message_ts);
    return Boolean(card) && !confirmButton(card);
  });
}

const says = (user, text) => ({ label: `Do it as ${user}`, act: (view) => view.sayAs(user, DESK, text) });
const shows = (user) => ({
  label: `Switch to ${user}`,
  act: (view, since_s) => view.showCardAs(user, since_s),
});

const bends = (label, how) => ({ label, act: (view) => bend(view.known, view.acting, CRASHED, how) });

function moved(known, since_s, test) {
  const seen = known.market.get(CRASHED);
  return Boolean(seen) && seen.at / 1000 >= since_s && test(seen.how.jump_pct ?? 0);
}

export const STEPS = [
  {
    title: "Ask how the desk is",
    text: "/perps status",
    about: "The answer is for alice alone: mode, limits, who is watching.",
    does: says("alice", "/perps status"),
    done: (known, since) => answered(known, command(known, "status", null, since)),
  },
  {
    title: "See what it holds",
    text: "/perps positions",
    about: "Positions with their marks and stops, as the store last read them.",
    does: says("alice", "/perps positions"),
    done: (known, since) => answered(known, command(known, "positions", null, since)),
  },
  {
    title: "Pull the brake, as alice",
    text: "/perps kill it looks wrong",
    about:
      "One voice holds the desk at once: nothing new leaves. A card asks for a second person before anything is closed.",
    does: says("alice", "/perps kill it looks wrong"),
    done: (known, since) => {
      const kill = command(known, "kill", null, since);
      return (
        Boolean(kill) &&
        known
          .everyMessage()
          .some(
            (message) =>
              message.bot &&
              !message.ephemeral_to &&
              Number(message.ts) >= sentS(kill) - 1 &&
              message.blocks.length > 0,
          )
      );
    },
  },
  {
    title: "The second voice, as bob",
    text: "Press Confirm on the card",
    about:
      "Nobody confirms their own request. With bob’s word everything is cancelled, closed and verified; the card is edited in place.",
    does: shows("bob"),
    done: (known, since) => confirmedBy(known, "bob", command(known, "kill", null, since)),
  },
  {
    title: "Trade on: alice asks, bob agrees",
    text: "/perps resume drill over",
    about:
      "Loosening always needs two: send it as alice, then confirm as bob. Preflight and a clean look at the exchange must pass.",
    does: says("alice", "/perps resume drill over"),
    also: shows("bob"),
    done: (known, since) => confirmedBy(known, "bob", command(known, "resume", null, since)),
  },
  {
    title: "Crash the market by 8 %",
    text: `${CRASHED} −8 %`,
    about: "Watch what the desk does by itself: stops, limits, constraints. Ask /perps status again.",
    needsExchange: true,
    does: bends("Crash it", { jump_pct: -8 }),
    done: (known, since) => moved(known, since, (jump) => jump < 0),
  },
  {
    title: "Lift it again",
    text: `${CRASHED} +8.7 %`,
    about:
      "Or kill, if you like. Faults & market has more to try: a lost reply, silent sockets, a slow exchange.",
    needsExchange: true,
    does: bends("Lift it", { jump_pct: 8.7 }),
    done: (known, since) => moved(known, since, (jump) => jump > 0),
  },
];
