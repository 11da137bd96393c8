// Asks the workspace's server. Anything but a clean answer is a Refused whose text can be shown to a person.

export class Refused extends Error {}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

/** An answer with ok false is returned like any other: the caller knows what it means. */
async function ask(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  let reply;
  try {
    reply = await fetch(path, options);
  } catch {
    throw new Refused("The workspace does not answer. Is its process still running?");
  }
  const text = await reply.text();
  if (!reply.ok) throw new Refused(refusal(reply.status, text));
  return parsed(text);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused("The workspace answered with something that is not JSON.");
  }
}

function refusal(status, text) {
  try {
    return JSON.parse(text).error || `The workspace refused this (${status}).`;
  } catch {
    return `The workspace refused this (${status}): ${text.slice(0, 200)}`;
  }
}

export function query(path, values) {
  return `${path}?${new URLSearchParams(values)}`;
}
