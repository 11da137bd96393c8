// What a choice means: among what it is made, the question before it, and the telling of the app.

import { confirmed } from "./confirm.js";
import { isPending } from "./pressed.js";

/** Asks first where the element says so, then tells the app; false when a person or an earlier click said no. */
export async function press(it, block, scene, value) {
  if (isPending(it, block, scene)) return false;
  if (it.confirm && !(await confirmed(it.confirm, scene.known))) return false;
  if (value !== undefined) scene.hold?.(block, it, value);
  await scene.act(block, it, value);
  return true;
}

/** In an input block only those with dispatch_action tell the app at once. */
export async function acted(it, block, scene, label, value) {
  return label && !block.dispatch_action ? true : press(it, block, scene, value);
}

/** {value, label, note} or {label, choices}. */
export function choicesOf(it, known) {
  if (it.type.endsWith("users_select"))
    return known.people().map((member) => ({ value: member.id, label: member.name, note: member.real_name }));
  if (it.type.endsWith("conversations_select") || it.type.endsWith("channels_select")) {
    const all = [...known.channels.values()].filter(
      (channel) => channel.kind !== "im" || it.type.endsWith("conversations_select"),
    );
    return all.map((channel) => ({
      value: channel.id,
      label: (channel.kind === "im" ? "" : "#") + known.titleOf(channel),
    }));
  }
  const one = (option) => ({ value: option.value, label: option.text.text, note: option.description?.text });
  if (it.option_groups)
    return it.option_groups.map((group) => ({ label: group.label.text, choices: group.options.map(one) }));
  return (it.options ?? []).map(one);
}
