// Menus that open beside a button: arrow keys move, Escape and a click elsewhere close.

import { h } from "./dom.js";

/** `items` are {label, act, shown?, note?}; `kind` is a class for the whole menu. */
export function openMenu(anchor, label, items, kind = "") {
  const menu = h(
    "div",
    { class: `menu ${kind}`, role: "menu", "aria-label": label, popover: "auto" },
    items.map((item) => entry(item, () => menu.hidePopover())),
  );
  menu.addEventListener("keydown", (event) => move(event, menu));
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (hadFocus && anchor.isConnected) anchor.focus();
  });
  (anchor.closest("dialog") ?? document.body).append(menu);
  anchor.setAttribute("aria-expanded", "true");
  menu.showPopover();
  placeBeside(menu, anchor);
  menu.querySelector("[role=menuitem]")?.focus();
}

function entry(item, close) {
  const press = () => {
    close();
    item.act();
  };
  const note = item.note ? h("small", {}, item.note) : null;
  const name = item.shown ? item.label : null;
  return h(
    "button",
    {
      type: "button",
      role: "menuitem",
      tabindex: "-1",
      "aria-label": name,
      title: name,
      on: { click: press },
    },
    item.shown ?? item.label,
    note,
  );
}

function move(event, menu) {
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (!step) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

function placeBeside(menu, anchor) {
  const near = anchor.getBoundingClientRect();
  const own = menu.getBoundingClientRect();
  const below = near.bottom + 4 + own.height < innerHeight;
  const top = below ? near.bottom + 4 : Math.max(4, near.top - own.height - 4);
  const left = Math.max(4, Math.min(near.left, innerWidth - own.width - 8));
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}
