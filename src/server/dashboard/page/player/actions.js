/** What can be done to playback, for the knobs and the keys alike. */
import { scrubOf } from "./scrub.js";
import { stretchOf } from "./stretch.js";
import { HIGHLIGHTS } from "../ui/pace.js";
import { factor, nextSpeed } from "../ui/speeds.js";

/** How long before a goal one lands, in ms on the wall, and at most in ms of the match. */
const LEAD = 3_000;
const LONGEST_LEAD = 60_000;

/** The speed that was asked for; under a pace another may be in force. */
export const speedOf = (playback) => playback.nominal ?? playback.speed;

/** As much of the match before a goal as it takes to see it coming, as the server reads it. */
export function leadFor(speed) {
  return `${Math.round(Math.min(LONGEST_LEAD, LEAD * factor(speed))) / 1000}s`;
}

/** How long the rest of the timeline takes, in ms on the wall; `null` where that cannot be said. */
export function restOf(playback, at) {
  const speed = speedOf(playback);
  return typeof speed === "number" && playback.length !== undefined ? Math.max(0, playback.length - at) / speed : null;
}

const matchOf = ({ fixture, fixtures }) => (fixture && fixtures.length > 1 ? { match: fixture.id } : {});

export function playOrPause(model) {
  return model.command({ command: model.playback.state === "playing" ? "pause" : "play" });
}

export const setSpeed = (model, to) => model.command({ command: "speed", to });
export const changeSpeed = (model, by) => setSpeed(model, nextSpeed(speedOf(model.playback), by));

/** To the next goal (`next`) or the last one (`prev`), a little before it. */
export function goToGoal(model, direction) {
  const lead = leadFor(speedOf(model.playback));
  // The one that was sought last counts as passed: whoever asks again means the one after it.
  const none = direction === "next" ? "No other goal lies ahead." : "No other goal lies before.";
  return model.command({ command: "seek", to: `${direction}:goal`, lead, ...matchOf(model) }, ({ code, message }) => (code === "not_found" ? none : message));
}

/** A little before something that happened; where the scenario names a place, to it. */
export function goToMarker(model, marker) {
  const { match, id, name } = marker;
  return model.command({ command: "seek", to: name ?? id, match, lead: leadFor(speedOf(model.playback)) });
}

export const stepOn = (model) => model.command({ command: "step", count: 1 });

/** To just before the last thing that was told, and there it stays. */
export async function stepBack(model) {
  const { state } = model.playback;
  const last = lastTold(Object.values(model.state.matches).filter(({ id }) => !model.fixture || id === model.fixture.id))
    ?? lastMarked(model.markers, model.at(), model.state.n);
  if (!last) return model.say("Nothing has been told before this.");
  // From where it has ended a seek would play on; from where it was led by steps it does not.
  const halt = { playing: { command: "pause" }, ended: { command: "step", until: "100%" } }[state];
  if (halt && !(await model.command(halt))) return;
  // What corrects something has its id, and that is found where it was told first.
  const found = last.op === "add" ? await model.command({ command: "seek", to: last.id, match: last.match }) : await model.seekTo(last.at - 1);
  if (found?.playback.state === "playing") await model.command({ command: "pause" });
}

/** The event that was told last, as far as these matches know. */
export function lastTold(matches) {
  const told = matches.flatMap(({ happenings }) => happenings.map(({ event }) => event)).filter(({ n }) => n !== undefined);
  return told.reduce((last, event) => (event.n > (last?.n ?? 0) ? event : last), null);
}

/** Where no more than a snapshot is known: the last of the timeline's marks. */
function lastMarked(markers, at, n) {
  return markers.findLast((marker) => marker.n !== undefined && marker.at <= at && (n === null || marker.n <= n)) ?? null;
}

/** Whether it begins again at its end. */
export const looped = ({ playback }) => playback.loop === true;
/** Whether it plays by any pace, and whether by that of highlights. */
export const paced = ({ playback }) => playback.pace !== undefined;
export const highlighted = ({ playback }) => playback.pace === HIGHLIGHTS;

export const toggleLoop = (model) => model.command({ command: "loop", to: !looped(model) });
/** Off again, a replay plays at the pace that it had before. */
export const toggleHighlights = (model) => model.command({ command: "pace", to: highlighted(model) ? (model.paceBefore ?? "off") : HIGHLIGHTS });

/** So much of the match on or back, in ms. */
export const skip = (model, by) => scrubOf(model).go(model.at() + by);

/** To a share of what the bar shows. */
export function goToShare(model, share) {
  const { from, to } = stretchOf(model);
  scrubOf(model).go(from + share * (to - from));
}

export function toggleFullscreen() {
  const { fullscreenElement, documentElement } = document;
  const done = fullscreenElement ? document.exitFullscreen() : documentElement.requestFullscreen?.();
  // Where it is not allowed there is nothing to be said that the browser has not said.
  done?.catch(() => {});
}
