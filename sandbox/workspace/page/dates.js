// Instants in words, in the zone of whoever looks.

const pad = (number) => String(number).padStart(2, "0");

export function clockTime(date) {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

const shortTime = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}`;

export function dayName(date, now) {
  return near(date, now) ?? words(date, { weekday: "long", month: "long", day: "numeric", year: "numeric" });
}

export function whole(date) {
  return `${words(date, { weekday: "short", month: "short", day: "numeric", year: "numeric" })}, ${clockTime(date)}`;
}

function words(date, options) {
  return new Intl.DateTimeFormat("en-GB", options).format(date);
}

function near(date, now) {
  const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(now)) / 86_400_000);
  return { [-1]: "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

function ago(date, now) {
  const seconds = Math.round((date - now) / 1000);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, size] of [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(seconds, "second");
}

const day = { month: "long", day: "numeric", year: "numeric" };
const short = { month: "short", day: "numeric", year: "numeric" };
const long = { weekday: "long", ...day };

const TOKENS = {
  date_num: (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`,
  date_slash: (date) => words(date, { day: "2-digit", month: "2-digit", year: "numeric" }),
  date: (date) => words(date, day),
  date_short: (date) => words(date, short),
  date_long: (date) => words(date, long),
  date_pretty: (date, now) => near(date, now) ?? words(date, day),
  date_short_pretty: (date, now) => near(date, now) ?? words(date, short),
  date_long_pretty: (date, now) => near(date, now) ?? words(date, long),
  time: shortTime,
  time_secs: clockTime,
  ago,
};

/** `format` holds tokens in braces; null when it holds none that is known, and the fallback is shown. */
export function formatted(unix, format, now) {
  const date = new Date(Number(unix) * 1000);
  if (Number.isNaN(date.getTime()) || !format) return null;
  let known = false;
  const text = format.replace(/\{(\w+)\}/g, (all, token) => {
    if (!(token in TOKENS)) return all;
    known = true;
    return TOKENS[token](date, now);
  });
  return known ? { text, date } : null;
}
