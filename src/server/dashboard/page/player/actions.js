/** Playback actions, for buttons and keys. */
import { scrubOf } from "./scrub.js";
import { visibleRange } from "./visible-range.js";
import { HIGHLIGHTS } from "../ui/pace.js";
import { factor, nextSpeed } from "../ui/speeds.js";

/** The lead before a goal, in ms of real time, and its limit in ms of the match. */
const LEAD = 3_000;
const LONGEST_LEAD = 60_000;

/** The lead before a fault of the feed, in ms of the match. */
const FAULT_LEAD = 10_000;

/** The requested speed; a pace may have put another in force. */
export const speedOf = (playback) => playback.nominal ?? playback.speed;

/** The lead before a goal at a speed, in the server's syntax. */
export function leadFor(speed) {
  return `${Math.round(Math.min(LONGEST_LEAD, LEAD * factor(speed))) / 1000}s`;
}

/** The remaining real time, in ms; `null` if unknown. */
export function remainingTime(playback, at) {
  const speed = speedOf(playback);
  return typeof speed === "number" && playback.length !== undefined ? Math.max(0, playback.length - at) / speed : null;
}

const matchOf = ({ fixture, fixtures }) => (fixture && fixtures.length > 1 ? { match: fixture.id } : {});

export function playOrPause(model) {
  return model.command({ command: model.playback.state === "playing" ? "pause" : "play" });
}

export const setSpeed = (model, to) => model.command({ command: "speed", to });
export const changeSpeed = (model, by) => setSpeed(model, nextSpeed(speedOf(model.playback), by));

/** Seeks to shortly before the next goal (`next`) or the previous one (`prev`). */
export function goToGoal(model, direction) {
  const lead = leadFor(speedOf(model.playback));
  // The server skips the goal of the last seek, so a repeated command finds the next one.
  const none = direction === "next" ? "No other goal lies ahead." : "No other goal lies before.";
  return model.command({ command: "seek", to: `${direction}:goal`, lead, ...matchOf(model) }, ({ code, message }) => (code === "not_found" ? none : message));
}

/** Seeks to shortly before an event; to a named position exactly. */
export function goToMarker(model, marker) {
  const { match, id, name, type, at } = marker;
  // What a fault has changed may not be on the timeline.
  if (type === "fault") return model.seekTo(at - FAULT_LEAD);
  return model.command({ command: "seek", to: name ?? id, match, lead: leadFor(speedOf(model.playback)) });
}

export const stepForward = (model) => model.command({ command: "step", count: 1 });

/** Seeks to just before the last event and pauses there. */
export async function stepBack(model) {
  const { state } = model.playback;
  const last = lastEvent(Object.values(model.state.matches).filter(({ id }) => !model.fixture || id === model.fixture.id))
    ?? lastMarker(model.markers, model.at(), model.state.matches);
  if (!last) return model.notify("No events before this.");
  // A seek from the end would start playback, unless steps led to the end.
  const halt = { playing: { command: "pause" }, ended: { command: "step", until: "100%" } }[state];
  if (halt && !(await model.command(halt))) return;
  // A correction has the id of the event it corrects, and a seek to an id finds its first revision.
  const reply = last.op === "add" && !model.journal.has(last) ? await model.command({ command: "seek", to: last.id, match: last.match }) : await model.seekTo((last.at ?? model.at()) - 1);
  if (reply?.playback.state === "playing") await model.command({ command: "pause" });
}

/** The event with the highest number in these matches. */
export function lastEvent(matches) {
  const events = matches.flatMap(({ happenings }) => happenings.map(({ event }) => event)).filter(({ n }) => n !== undefined);
  return events.reduce((last, event) => (event.n > (last?.n ?? 0) ? event : last), null);
}

/** If only a snapshot is known: the last marker of the timeline. Of this very moment the snapshot may have some. */
export function lastMarker(markers, at, matches) {
  const isPast = ({ match, id }) => matches[match]?.happenings.some((happening) => happening.id === id);
  return markers.findLast((marker) => marker.n !== undefined && (marker.at < at || (marker.at === at && isPast(marker)))) ?? null;
}

/** Whether the replay loops. */
export const isLooping = ({ playback }) => playback.loop === true;
/** Whether a pace is set, and whether it is that of highlights. */
export const hasPace = ({ playback }) => playback.pace !== undefined;
export const playsHighlights = ({ playback }) => playback.pace === HIGHLIGHTS;

export const toggleLoop = (model) => model.command({ command: "loop", to: !isLooping(model) });
/** Switched off, the replay returns to its previous pace. */
export const toggleHighlights = (model) => model.command({ command: "pace", to: playsHighlights(model) ? (model.paceToRestore ?? "off") : HIGHLIGHTS });

/** Seeks by this much of the match, in ms. */
export const skip = (model, by) => scrubOf(model).go(model.at() + by);

/** Seeks to a fraction of the visible range. */
export function goToFraction(model, share) {
  const { from, to } = visibleRange(model);
  scrubOf(model).go(from + share * (to - from));
}

export function toggleFullscreen() {
  const { fullscreenElement, documentElement } = document;
  const done = fullscreenElement ? document.exitFullscreen() : documentElement.requestFullscreen?.();
  // The browser reports a refusal itself.
  done?.catch(() => {});
}
