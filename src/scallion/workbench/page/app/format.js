// Numbers and times as people read them.

/** A fraction as the commands print it: exact halves to the even digit, below 1 never 100 %. */
export function percent(value) {
  if (value === null || value === undefined) return "–";
  const exact = 100 * value;
  const rounded = exact % 1 === 0.25 ? exact - 0.05 : exact;
  return `${value < 1 && exact >= 99.95 ? "99.9" : rounded.toFixed(1)}\u00a0%`;
}

export const count = (value) =>
  value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en-US");

export const number = (value, digits = 3) =>
  value === null || value === undefined ? "–" : Number(value).toPrecision(digits);

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}\u00a0s`;
  if (seconds < 3600) {
    const rest = Math.round(seconds % 60);
    return `${Math.floor(seconds / 60)}\u00a0min${rest ? ` ${rest}\u00a0s` : ""}`;
  }
  return `${Math.floor(seconds / 3600)}\u00a0h ${Math.round((seconds % 3600) / 60)}\u00a0min`;
}

export const bytes = (value) =>
  value === null || value === undefined ? "–" : `${(value / 1e6).toFixed(0)}\u00a0MB`;

export function moment(text) {
  const date = new Date(text);
  if (!text || Number.isNaN(date.getTime())) return "–";
  const today = new Date().toDateString() === date.toDateString();
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return today ? `today, ${time}` : `${day}, ${time}`;
}

export const shape = (sides) => (sides ? sides.join("\u202f×\u202f") : "–");

/** A text whose numbers and percent signs stay on one line. */
export const unbroken = (text) => text.replaceAll(" %", "\u00a0%");
