// Light, dark, or as the system says; remembered by this browser.

const KEY = "workspace.theme";
const NAMES = ["as the system", "light", "dark"];

const stored = () => localStorage.getItem(KEY) ?? NAMES[0];

export const themeName = () => (NAMES.includes(stored()) ? stored() : NAMES[0]);

export function applyTheme() {
  const name = themeName();
  if (name === NAMES[0]) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

/** The one that looks different from what is shown now comes first. */
export function nextTheme() {
  const order = matchMedia("(prefers-color-scheme: dark)").matches
    ? [NAMES[0], "light", "dark"]
    : [NAMES[0], "dark", "light"];
  localStorage.setItem(KEY, order[(order.indexOf(themeName()) + 1) % order.length]);
  applyTheme();
}
