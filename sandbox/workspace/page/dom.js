// Makes elements. What comes from outside becomes a text node or an attribute, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** Properties: `class`, `on` (listeners), `data` (data-*), everything else an attribute; true is "", false and null are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, text] of Object.entries(value)) element.dataset[key] = text;
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(element, children);
  return element;
}

/** Appends nodes and texts; lists are taken apart, null and false are nothing. */
export function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

/** Fills anew what is shown already; whoever stands on a control with a key, a name or an address stays on it. */
export function refill(element, ...children) {
  const before = element.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  fill(element, ...children);
  if (before === null) return;
  const found = [...element.querySelectorAll("a, button, input, select, summary")].find(
    (one) => nameOf(one) === before,
  );
  found?.focus({ preventScroll: true });
}

const nameOf = (control) =>
  control.dataset.key ??
  control.getAttribute("aria-label") ??
  control.getAttribute("href") ??
  control.textContent;

/** Only addresses that a person may follow; null for anything else. */
export function safeAddress(address) {
  return /^(https?:\/\/|mailto:)/i.test(String(address).trim()) ? String(address).trim() : null;
}

export function link(address, ...label) {
  const safe = safeAddress(address);
  if (safe === null) return h("span", { title: String(address) }, ...label);
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

export function json(value) {
  return h(
    "pre",
    { class: "json", tabindex: "0", role: "group", "aria-label": "JSON" },
    JSON.stringify(value, null, 2),
  );
}

const PATHS = {
  hash: "M6 2 4.5 14M11.5 2 10 14M2.5 5.5h11M2 10.5h11",
  person: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5.5 6c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5",
  home: "M2.5 7.5 8 2.5l5.5 5M4 6.5V13.5h8V6.5M6.7 13.5V9.5h2.6v4",
  table: "M2 3h12v10H2ZM2 6.3h12M6 6.3V13",
  switches:
    "M2 5h7M13 5h1M11 3.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6ZM14 11H7M3 11H2M5 9.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z",
  guide: "M3 2.5h8.5l1.5 1.5v9.5H3ZM5.5 6h5M5.5 8.5h5M5.5 11h3",
  reply: "M6.5 3.5 2.5 7.5l4 4M2.8 7.5H9c3 0 4.5 1.5 4.5 5",
  smile: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM5.7 9.5c1 1.8 3.6 1.8 4.6 0M6 6.3v.4M10 6.3v.4",
  more: "M3.5 8h.010M8 8h.010M12.5 8h.010",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8Z",
  send: "M2.5 13.5 14 8 2.5 2.5 4 8ZM4 8h6",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8ZM6.7 14h2.6",
  eye: "M1.5 8C3 5 5.3 3.5 8 3.5S13 5 14.5 8C13 11 10.7 12.5 8 12.5S3 11 1.5 8ZM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z",
  pin: "M9.5 2 14 6.5l-3.5 1-2.5 4L4.5 8l4-2.5ZM5.5 10.5 2.5 13.5",
  check: "M3 8.5 6.5 12 13 4.5",
  warning: "M8 2 14.5 13.5h-13ZM8 6.5v3M8 11.5v.1",
  file: "M4 1.5h5.5L12.5 4.5v10H4ZM9.5 1.5v3h3",
  down: "M3.5 6 8 10.5 12.5 6",
  phone:
    "M5.5 2 3 3c-.6 5 5 10.6 10 10l1-2.5-3-2-1.5 1.5c-1.5-.6-2.900-2-3.5-3.5L7.5 5Z",
  sound: "M2.5 6.2v3.6H5L8.5 13V3L5 6.2ZM10.800 5.800c1 1.300 1 3.100 0 4.400M12.700 4c1.900 2.300 1.900 5.700 0 8",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon; its name is for readers and for the tooltip. */
export function iconButton(name, label, act, more = {}) {
  return h(
    "button",
    { type: "button", class: "quiet", "aria-label": label, title: label, on: { click: act }, ...more },
    icon(name),
  );
}
