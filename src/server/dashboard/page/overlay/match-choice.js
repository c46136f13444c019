/** Chooses which of several matches a scorebug shows. Pure. */
import { eventLabel, FINISHED, IN_PLAY } from "../ui/labels.js";

/** A match in play is shown at least this long, ms of real time: frequent changes could not be read. */
export const MIN_MATCH_MS = 8_000;

/** The rank of a match that has not begun or is over: the nearest of them is shown. */
const IDLE_RANK = 2;

export const NO_MATCH = Object.freeze({ id: null, since: -Infinity });

/**
 * The match to show at `now`, as `{ id, since }`, given the current one. `matches` are `{ id, status, lastEvent, distance }`:
 * `lastEvent` the number of the last key event, or `null`; `distance` the distance of the match in time, ms.
 */
export function chooseMatch(current, matches, now) {
  const best = [...matches].sort(compare)[0];
  const shown = matches.find(({ id }) => id === current.id);
  if (!best) return NO_MATCH;
  if (!shown) return { id: best.id, since: now };
  const mayLeave = rank(shown) > 0 || now - current.since >= MIN_MATCH_MS;
  return mayLeave && compare(best, shown) < 0 ? { id: best.id, since: now } : current;
}

function compare(one, other) {
  const recency = rank(one) === IDLE_RANK ? 0 : numberOf(other) - numberOf(one);
  return rank(one) - rank(other) || recency || one.distance - other.distance;
}

/** A match in play ranks before one in a break, and that before one not begun or over. */
function rank({ status }) {
  if (IN_PLAY.includes(status)) return 0;
  return status === "scheduled" || FINISHED.includes(status) ? IDLE_RANK : 1;
}

const numberOf = ({ lastEvent }) => lastEvent ?? -1;

/** The number of the last key event of a match since its snapshot. */
export function lastKeyEvent(match) {
  return match?.told.findLast((event) => eventLabel(event).weight !== "minor")?.n ?? null;
}

/** The distance of a position of the timeline from a match, by its phases, ms. */
export function timeDistance(phases, at) {
  if (!phases.length) return Infinity;
  const [from, to] = [phases[0].from, phases.at(-1).to ?? at];
  return Math.max(0, from - at, at - to);
}
