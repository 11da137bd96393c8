// What the pager knows: asked again as soon as it changes, and sorted by whom it reaches.

import { Refused, get, query } from "./server.js";

const PAGES = "/_ui/pager/_sim/pages";
const SHOWN_MAX = 300;
const WAIT_S = 20;
const PAUSE_MS = 60;
const RETRY_MS = 2000;

/** Calls `changed(told)` with everything at each change, or with null while the pager does not answer. */
export async function follow(changed) {
  let version = null;
  for (;;) {
    try {
      const after = version === null ? {} : { after: version, wait_s: WAIT_S };
      const told = await get(query(PAGES, { replies: 1, limit: SHOWN_MAX, ...after }));
      if (told.version !== version) changed(told);
      version = told.version;
      await pause(PAUSE_MS);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      version = null;
      changed(null);
      await pause(RETRY_MS);
    }
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whose a page is: a person's where the pager knows it, else the number's, topic's or mailbox's own. */
export function sorted({ pages, phones }) {
  const owners = new Map(phones.map((phone) => [phone.to, phone.owner]));
  const people = new Map();
  for (const page of pages) {
    const reached = page.is_reply ? page.detail.from : page.to;
    const name = owners.get(reached) || reached;
    if (!people.has(name)) people.set(name, { name, addresses: new Set(), pages: [] });
    people.get(name).addresses.add(reached);
    people.get(name).pages.push(page);
  }
  for (const phone of phones) people.get(phone.owner || phone.to)?.addresses.add(phone.to);
  const last = (person) => person.pages.at(-1).number;
  return [...people.values()].sort(
    (one, other) => isUrgent(other) - isUrgent(one) || last(other) - last(one),
  );
}

export const isCall = (page) => page.provider === "twilio-voice";
export const isRinging = (page) => isCall(page) && page.state === "ringing";
export const isTalking = (page) => isCall(page) && page.state === "in-progress";
const isUrgent = (person) => Number(person.pages.some((page) => isRinging(page) || isTalking(page)));
