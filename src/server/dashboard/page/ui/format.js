/** Formats clocks, durations and counts. */

/** `89:07` of milliseconds; before kick-off `-1:00`. */
export function clockText(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${ms < 0 ? "-" : ""}${String(minutes).padStart(ms < 0 ? 1 : 2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The same for screen readers: "89 minutes 7 seconds". */
export function clockWords(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  return `${count(Math.floor(seconds / 60), "minute")} ${count(seconds % 60, "second")}`;
}

/** A duration in real time: `4:30`, `1:02:05`. */
export function lengthText(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

const HOUR = 60 * 60 * 1_000;
const DAY = 24 * HOUR;

/** The time until a kick-off, by the match's clock: `01:00`, `1:15:00`, `14 days`. */
export const untilText = (ms) => (ms > 2 * DAY ? count(Math.floor(ms / DAY), "day") : ms > HOUR ? lengthText(ms) : clockText(ms));

export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** The date of a kick-off, in the viewer's time zone. */
export function dateText(moment) {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

/** The same without the year. */
export const dayText = (moment) => new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "long" });

export function timeText(moment) {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** The delay of a kick-off: `7 min late`, `2 h 30 min late`, `14 days late`. */
export const delayText = (minutes) => `${minutesText(Math.round(Math.abs(minutes)))} ${minutes < 0 ? "early" : "late"}`;

function minutesText(minutes) {
  if (minutes < LONG_DELAY) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return count(Math.round(hours / 24), "day");
  return [`${hours} h`, minutes % 60 ? `${minutes % 60} min` : ""].filter(Boolean).join(" ");
}

/** From this many minutes on, a delay is not shown in minutes. */
export const LONG_DELAY = 120;

/** Labels outside play that are not capitals already. */
const LABELS = { pre: "Pre", susp: "Susp.", abd: "Abd.", ppd: "Ppd." };

const SHOOTOUT = 5;

/**
 * The minute of an event or a tick: `89′` and `45+2′` if the label is a minute, `Susp.` for `susp`, else the label: `HT`. A
 * shoot-out has none: its minutes count from 120 whatever was played.
 */
export function minuteText({ label, period }) {
  if (period === SHOOTOUT) return "Pens";
  return /^\d/.test(label ?? "") ? `${label}′` : (LABELS[label] ?? label ?? "");
}

/** A fraction as a CSS percentage. */
export const percent = (share) => `${(share * 100).toFixed(3)}%`;

export const scoreText = (score) => `${score?.home ?? 0}–${score?.away ?? 0}`;
