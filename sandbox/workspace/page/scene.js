// Where blocks stand and what acting on them means: in a message, or in a view (modal or Home tab).

import { keyOf, valueOfState } from "./held.js";
import { placeOf } from "./known.js";

export function messageScene(known, acting, message) {
  const place = placeOf(message.channel, message.ts);
  const where = { channel: message.channel, ts: message.ts };
  const key = (block, it) => `${known.me.name} ${place} ${keyOf(block, it)}`;
  return {
    known,
    place,
    held: (block, it) => known.chosen.get(key(block, it)),
    hold: (block, it, value) => known.chosen.set(key(block, it), value),
    act: (block, it, value) => acting.press(where, block.block_id, it.action_id, value),
    suggest: (block, it, typed) => acting.suggest(where, it.action_id, typed),
  };
}

/** `field` is told how to read each field of a form; `typed` holds what was typed before it was drawn anew. */
export function viewScene(known, acting, view, field = null, typed = new Map()) {
  const where = { view_id: view.id };
  return {
    known,
    place: view.id,
    field,
    held: (block, it) => {
      const key = keyOf(block, it);
      return typed.has(key)
        ? typed.get(key)
        : valueOfState(view.state?.values?.[block.block_id]?.[it.action_id]);
    },
    act: (block, it, value) => acting.press(where, block.block_id, it.action_id, value),
    suggest: (block, it, typedText) => acting.suggest(where, it.action_id, typedText),
  };
}
