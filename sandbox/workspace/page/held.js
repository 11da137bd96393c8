// What an element holds now: what was chosen before, or what it began with, as one plain value.

/** One element of a message or a view, as a name of its own. */
export const keyOf = (block, it) => JSON.stringify([block.block_id ?? "", it.action_id ?? ""]);

/** A text, a list of texts, or null. */
export function heldValue(it, block, scene) {
  const before = scene.held(block, it);
  return before === undefined ? initial(it) : before;
}

function initial(it) {
  if (it.initial_options) return it.initial_options.map((option) => option.value);
  if (it.initial_option) return it.initial_option.value;
  const names = [
    "initial_users",
    "initial_conversations",
    "initial_channels",
    "initial_user",
    "initial_conversation",
    "initial_channel",
  ];
  for (const name of [...names, "initial_date_time", "initial_date", "initial_time", "initial_value"]) {
    if (it[name] !== undefined && it[name] !== null) return it[name];
  }
  return null;
}

/** The same out of a view's `state.values`; undefined when it holds nothing there. */
export function valueOfState(state) {
  if (!state) return undefined;
  if (state.selected_options) return state.selected_options.map((option) => option.value);
  if ("selected_option" in state) return state.selected_option?.value ?? null;
  const names = Object.keys(state).filter((name) => name !== "type");
  return names.length ? state[names[0]] : undefined;
}
