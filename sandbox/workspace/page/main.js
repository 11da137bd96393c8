// Puts the page together: what is known, what a person does, and what is shown of it.

import { Acting } from "./acting.js";
import { Known } from "./known.js";
import { Page } from "./page.js";
import { Session } from "./session.js";
import { applyTheme } from "./theme.js";
import { Toasts } from "./toast.js";

applyTheme();
const known = new Known();
const toasts = new Toasts();
const acting = new Acting(known, (text, kind) => toasts.show(text, kind));
const session = new Session(known, acting, toasts);
new Page(known, acting, session, toasts, document.getElementById("page")).start();
