/** A place of a match in words: on the bar, for those who listen, and as a position that the server reads. */
import { clockText, clockWords } from "../ui/format.js";
import { IN_PLAY, STATUS } from "../ui/words.js";

const SHORT = {
  scheduled: "Pre", half_time: "HT", extra_time_break: "ET", extra_half_time: "ET HT", shootout_break: "Pens", shootout: "Pens",
  full_time: "FT", suspended: "Susp.", abandoned: "Abd.", postponed: "Ppd.",
};

/** As short as a scoreboard has it: `85:12`, `45+1:12`, `HT`. `reading` is that of the client. */
export function placeText(reading) {
  if (!reading) return "";
  const { status, clock, stoppage } = reading;
  if (SHORT[status] || !IN_PLAY.includes(status)) return SHORT[status] ?? "";
  return stoppage === null ? clockText(clock) : `${regular(reading)}+${pastText(stoppage)}`;
}

/** For those who listen: "44 minutes 7 seconds, first half". */
export function placeWords(reading) {
  if (!reading) return "";
  const { status, clock, stoppage } = reading;
  const phase = { half_time: "half-time", scheduled: "before kick-off" }[status] ?? status.replaceAll("_", " ");
  if (!IN_PLAY.includes(status) || status === "shootout") return phase;
  if (stoppage === null) return `${clockWords(clock)}, ${phase}`;
  return `${regular(reading)} minutes and ${clockWords(stoppage)} of stoppage time, ${phase}`;
}

/** With room for both: `45+1:12 · 1st half`, "Half-time". */
export function whereText(reading) {
  const phase = STATUS[reading.status] ?? "";
  return SHORT[reading.status] ? phase : [placeText(reading), phase].filter(Boolean).join(" · ");
}

/**
 * A reading as a position: `85:12`, `45+1:12`, `HT`; `null` where only a share of the timeline says it. A clock alone means
 * the later of two periods that have it, so stoppage time is written as such.
 */
export function position(reading) {
  if (!reading) return null;
  const { status, clock, stoppage } = reading;
  if (status === "half_time") return "HT";
  if (!IN_PLAY.includes(status) || status === "shootout") return null;
  return stoppage === null ? clockText(clock) : `${regular(reading)}+${pastText(stoppage)}`;
}

/** The minute at which stoppage time began. */
const regular = ({ clock, stoppage }) => Math.round((clock - stoppage) / 60_000);
const pastText = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
