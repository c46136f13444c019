/** A position in a match as text: on the bar, for screen readers, and in the server's syntax. */
import { clockText, clockWords } from "../ui/format.js";
import { IN_PLAY, STATUS } from "../ui/labels.js";

const SHORT_STATUS = {
  scheduled: "Pre", half_time: "HT", extra_time_break: "ET", extra_half_time: "ET HT", shootout_break: "Pens", shootout: "Pens",
  full_time: "FT", suspended: "Susp.", abandoned: "Abd.", postponed: "Ppd.",
};

/** Short, as on a scoreboard: `85:12`, `45+1:12`, `HT`. `reading` is that of the client; `awarded`: whether the result is. */
export function positionText(reading, awarded = false) {
  if (!reading) return "";
  const { status, clock, stoppage } = reading;
  if (awarded && status === "abandoned") return "Awd.";
  if (SHORT_STATUS[status] || !IN_PLAY.includes(status)) return SHORT_STATUS[status] ?? "";
  return stoppage === null ? clockText(clock) : `${regularMinute(reading)}+${stoppageText(stoppage)}`;
}

/** For screen readers: "44 minutes 7 seconds, first half". */
export function spokenPosition(reading) {
  if (!reading) return "";
  const { status, clock, stoppage } = reading;
  const phase = { half_time: "half-time", scheduled: "before kick-off" }[status] ?? status.replaceAll("_", " ");
  if (!IN_PLAY.includes(status) || status === "shootout") return phase;
  if (stoppage === null) return `${clockWords(clock)}, ${phase}`;
  return `${regularMinute(reading)} minutes and ${clockWords(stoppage)} of stoppage time, ${phase}`;
}

/** With the phase: `45+1:12 · 1st half`, "Half-time". */
export function positionWithPhase(reading) {
  const phase = STATUS[reading.status] ?? "";
  return SHORT_STATUS[reading.status] ? phase : [positionText(reading), phase].filter(Boolean).join(" · ");
}

/**
 * A reading as a position to seek to: `85:12`, `45+1:12`, `HT`; `null` if only a percentage can express it. A plain clock means
 * the later of two periods that contain it, so stoppage time is written with a plus.
 */
export function seekPosition(reading) {
  if (!reading) return null;
  const { status, clock, stoppage } = reading;
  if (status === "half_time") return "HT";
  if (!IN_PLAY.includes(status) || status === "shootout") return null;
  return stoppage === null ? clockText(clock) : `${regularMinute(reading)}+${stoppageText(stoppage)}`;
}

/** The minute at which stoppage time began. */
const regularMinute = ({ clock, stoppage }) => Math.round((clock - stoppage) / 60_000);
const stoppageText = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
