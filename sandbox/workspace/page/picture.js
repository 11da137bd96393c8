// Images and files. Only what this workspace holds is loaded; an image from elsewhere is named, with its address.

import { h, icon, link } from "./dom.js";

const PREVIEW_LINES = 14;
const PREVIEW_BYTES_MAX = 200_000;

/** An image element or block. */
export function picture(it, known, size) {
  const address = ownAddress(it);
  if (address === null) return elsewhere(it);
  return h("img", {
    class: `picture ${size}`,
    src: address,
    alt: it.alt_text ?? "",
    title: size === "small" ? it.alt_text : null,
    loading: "lazy",
  });
}

function ownAddress(it) {
  if (it.slack_file) return fileAddress(it.slack_file.id ?? fileIdIn(it.slack_file.url));
  const url = String(it.image_url ?? "");
  if (url.startsWith("data:image/")) return url;
  if (!url.startsWith(`${location.origin}/`)) return null;
  const id = fileIdIn(url);
  return id ? fileAddress(id) : url;
}

const fileIdIn = (url) => /-(F[A-Z0-9]+)\//.exec(String(url))?.[1];
const fileAddress = (id) => `/_ui/file/${encodeURIComponent(id)}`;

function elsewhere(it) {
  const what = it.alt_text || "Image";
  return h(
    "span",
    { class: "elsewhere", role: "img", "aria-label": what },
    icon("eye"),
    h("span", {}, what),
    link(it.image_url ?? "", "from elsewhere, not loaded"),
  );
}

/** A file that was shared with a message. */
export function file(it) {
  const address = fileAddress(it.id);
  const size = it.size < 1024 ? `${it.size} B` : `${Math.round(it.size / 1024)} kB`;
  const name = h("a", { href: address, download: it.name, class: "name" }, it.title || it.name);
  const head = h(
    "div",
    { class: "head" },
    icon("file"),
    name,
    h("small", {}, `${it.pretty_type || it.mimetype} · ${size}`),
  );
  const alt = it.alt_txt || it.title || it.name;
  const shown = h("figure", { class: "file", "aria-label": `File ${it.name}` }, head);
  if (it.mimetype?.startsWith("image/"))
    shown.append(h("img", { class: "picture", src: address, alt, loading: "lazy" }));
  else if (isText(it)) shown.append(textPreview(it, address));
  return shown;
}

const isText = (it) => /^text\/|json|csv|yaml|xml/.test(it.mimetype ?? "") && it.size < PREVIEW_BYTES_MAX;

function textPreview(it, address) {
  const shown = h(
    "pre",
    { class: "code", tabindex: "0", role: "group", "aria-label": `Beginning of ${it.name}` },
    "…",
  );
  fetch(address).then(
    async (reply) => {
      const lines = (await reply.text()).split("\n");
      const rest = lines.length > PREVIEW_LINES ? `\n… ${lines.length - PREVIEW_LINES} more lines` : "";
      shown.textContent = reply.ok
        ? lines.slice(0, PREVIEW_LINES).join("\n") + rest
        : "The file cannot be read.";
    },
    () => (shown.textContent = "The file cannot be read."),
  );
  return shown;
}
