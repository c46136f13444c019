/** The status of matches and of the replay, from the state of the stream. */
import { NOTHING, clockMs, lastStanding, mediaTime, reading } from "../client.js";
import { isAwarded } from "./goals.js";
import { FINISHED, RESULTS, STATUS } from "./labels.js";

/** A match's status: of its last event, or of a later tick, which also knows the whistles that a sparse feed omits. */
export function statusOf(state, id) {
  const match = state.matches[id];
  const { tick } = state;
  return (tick && !(tick.n < match?.n) ? tick.matches[id]?.status : null) ?? match?.status ?? "scheduled";
}

/** Statuses that are final, however long the replay continues. */
const FINAL_STATUSES = [...FINISHED, "scheduled", "suspended"];

/** Whether the replay stands at its end. */
export const isAtEnd = ({ state, at, length }) => state === "ended" || (state !== "playing" && at >= length);

/** Whether the replay is over before the match is. */
export const isCutShort = (playback, status) => isAtEnd(playback) && !FINAL_STATUSES.includes(status);

/** Whether the replay is over before the match begins: nothing to count down to. */
export const neverBegins = (playback, status) => status === "scheduled" && isAtEnd(playback);

/** Whether a replay has no events of these matches. */
export const haveNoEvents = (fixtures) => fixtures.length > 0 && fixtures.every(({ events }) => events === 0);

/** The text in place of the clock of a match without further events. */
export const noMoreEventsText = (fixture) => (haveNoEvents([fixture]) ? "No events" : "No more events");

/** The match's entry of `RESULTS`; `null` before the end, and after a normal end. */
export function resultOf(status, match) {
  if (isAwarded(match)) return RESULTS.awarded;
  if (status !== "full_time" || !match) return null;
  return match.shootout ? RESULTS.penalties : hadExtraTime(match) ? RESULTS.extra_time : null;
}

/** A snapshot has `extraTime` only where extra time allows more substitutions. */
const hadExtraTime = ({ extraTime, happenings }) => extraTime || happenings.some(({ event, removed }) => !removed && [3, 4].includes(event.period));

/** The last announced delay, in ms. */
const delayOf = (match) => (lastStanding(match, "delayed")?.delay ?? 0) * MINUTE;

/** The kick-off, in ms since 1970: with the last announced delay. */
export const kickoffOf = ({ kickoff }, match) => Date.parse(kickoff) + delayOf(match);

/** By how many ms a countdown reads less than it would without delays. */
const putOffBy = ([first], { clock }, at) => clockMs(first.clock) + at - first.from - clock;

const MINUTE = 60_000;

/** The status as a text. `short` maps statuses to shorter texts, and selects the short form of a result. */
export function statusText(playback, status, match, short = null) {
  const result = resultOf(status, match);
  if (result) return short ? result.short : result.word;
  return isCutShort(playback, status) ? "No more events" : (short?.[status] ?? STATUS[status] ?? status);
}

/** The score as shown: none for a postponed match. */
export const shownScore = (status, score) => (status === "postponed" ? null : score);

/** A match's clock at a position of the timeline, as the client's `reading`; `null` without phases. */
export function currentReading(state, phases, id, at) {
  if (!phases?.length) return null;
  const now = reading(phases, at);
  const isKnown = now.status === statusOf(state, id) && (now.status !== "scheduled" || putOffBy(phases, now, at) === delayOf(state.matches[id]));
  // Exactly at a whistle or a delay whose event has not come: the phase before it still runs.
  const isReached = now.phase.from !== at || isKnown;
  return isReached ? now : (reading(phases.filter(({ from }) => from < at), at) ?? now);
}

/** Calls `draw` for each state that looks different from the last. */
export function onVisibleChange(draw) {
  let last = NOTHING;
  return (state) => {
    const isVisible = !rendersAlike(last, state);
    last = state;
    if (isVisible) draw();
  };
}

/** Whether two states look the same. Ticks also come while paused, and then repeat the last one. */
function rendersAlike(one, other) {
  const tickedMatches = ({ tick }) => JSON.stringify(tick?.matches);
  return Object.keys(other).every((key) => (key === "tick" ? tickedMatches(one) === tickedMatches(other) : one[key] === other[key]));
}

/** The position of the replay, in ms, at a moment of the server's clock; at speed `max`, that of the last tick. */
export function currentPosition({ playback, tick }, now) {
  const at = mediaTime(playback, now);
  return playback.speed === "max" && tick ? Math.max(at, tick.at) : at;
}
