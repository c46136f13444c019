/** Where matches are, by what was told of them. */
import { NOTHING, lastStanding, mediaTime, reading } from "../client.js";
import { isAwarded } from "./goals.js";
import { FINISHED, RESULTS, STATUS } from "./words.js";

/** A match's status: as its last event says, or a tick since then, which also counts the whistles that a sparse feed leaves out. */
export function statusOf(state, id) {
  const match = state.matches[id];
  const { tick } = state;
  return (tick && !(tick.n < match?.n) ? tick.matches[id]?.status : null) ?? match?.status ?? "scheduled";
}

/** Statuses that are the last word on a match, however long the replay goes on. */
const SETTLED = [...FINISHED, "scheduled", "suspended"];

/** Whether the replay has come to its end, and stands there. */
export const isAtEnd = ({ state, at, length }) => state === "ended" || (state !== "playing" && at >= length);

/** Whether nothing more will come of a match that is not over. */
export const isCutShort = (playback, status) => isAtEnd(playback) && !SETTLED.includes(status);

/** Whether nothing more will come of a match that has not begun: no time is left to count. */
export const neverBegins = (playback, status) => status === "scheduled" && isAtEnd(playback);

/** Whether a replay has nothing to tell of these matches. */
export const haveNoEvents = (fixtures) => fixtures.length > 0 && fixtures.every(({ events }) => events === 0);

/** What stands in place of the clock of a match of which nothing more will come. */
export const nothingMore = (fixture) => (haveNoEvents([fixture]) ? "No events" : "No more events");

/** Which of `RESULTS` a match has; `null` while it is not over, and where it ended in normal time. */
export function resultOf(status, match) {
  if (isAwarded(match)) return RESULTS.awarded;
  if (status !== "full_time" || !match) return null;
  return match.shootout ? RESULTS.penalties : hadExtraTime(match) ? RESULTS.extra_time : null;
}

/** A snapshot says so only where extra time allows more changes. */
const hadExtraTime = ({ extraTime, happenings }) => extraTime || happenings.some(({ event, removed }) => !removed && [3, 4].includes(event.period));

/** When a match kicks off, in ms since 1970: as it was told last, else as scheduled. */
export function kickoffOf({ kickoff }, match) {
  return Date.parse(kickoff) + (lastStanding(match, "delayed")?.delay ?? 0) * MINUTE;
}

const MINUTE = 60_000;

/** How a match stands, in words; `short` has those statuses for which there are shorter ones, and asks for the short form of a result. */
export function statusWords(playback, status, match, short = null) {
  const result = resultOf(status, match);
  if (result) return short ? result.short : result.word;
  return isCutShort(playback, status) ? "No more events" : (short?.[status] ?? STATUS[status] ?? status);
}

/** The score as it is shown: a match that is postponed has none. */
export const shownScore = (status, score) => (status === "postponed" ? null : score);

/** What a match's clock reads at a place of the timeline, as `reading` of the client; `null` without phases. */
export function readingNow(state, phases, id, at) {
  if (!phases?.length) return null;
  const now = reading(phases, at);
  // Standing on the very moment of a whistle that has not been told yet: what it ends is still going on.
  const whistled = now.phase.from !== at || now.status === statusOf(state, id);
  return whistled ? now : (reading(phases.filter(({ from }) => from < at), at) ?? now);
}

/** Calls `draw` for each state that looks different from the one before. */
export function onVisibleChange(draw) {
  let last = NOTHING;
  return (state) => {
    const isSeen = !looksAlike(last, state);
    last = state;
    if (isSeen) draw();
  };
}

/** Whether nothing that is shown differs between two states. Ticks come also while nothing moves, and then repeat the last one. */
function looksAlike(one, other) {
  const ticked = ({ tick }) => JSON.stringify(tick?.matches);
  return Object.keys(other).every((key) => (key === "tick" ? ticked(one) === ticked(other) : one[key] === other[key]));
}

/** Where the replay is on its timeline, in ms, at a moment of the server's clock; at full speed what was told says how far. */
export function placeNow({ playback, tick }, now) {
  const at = mediaTime(playback, now);
  return playback.speed === "max" && tick ? Math.max(at, tick.at) : at;
}
