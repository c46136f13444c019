/** Which of several matches a scorebug shows. Pure. */
import { FINISHED, IN_PLAY, naming } from "../ui/words.js";

/** A match that is in play stays for so long at least, ms on the wall: a scorebug that jumps cannot be read. */
export const STAY = 8_000;

/** The rank of what has not begun or is over: of those the nearest is shown. */
const ASIDE = 2;

export const NOBODY = Object.freeze({ id: null, since: -Infinity });

/**
 * The match to show when it is `now`, as `{ id, since }`, given the one that was shown. `matches` are
 * `{ id, status, told, distance }`: `told` the number of the last event that matters, `null` if none was told; `distance` how
 * far in time the match is away, ms.
 */
export function which(had, matches, now) {
  const best = [...matches].sort(compare)[0];
  const shown = matches.find(({ id }) => id === had.id);
  if (!best) return NOBODY;
  if (!shown) return { id: best.id, since: now };
  const settled = rank(shown) > 0 || now - had.since >= STAY;
  return settled && compare(best, shown) < 0 ? { id: best.id, since: now } : had;
}

function compare(one, other) {
  const told = rank(one) === ASIDE ? 0 : last(other) - last(one);
  return rank(one) - rank(other) || told || one.distance - other.distance;
}

/** In play goes before a break, and that before what has not begun or is over. */
function rank({ status }) {
  if (IN_PLAY.includes(status)) return 0;
  return status === "scheduled" || FINISHED.includes(status) ? ASIDE : 1;
}

const last = ({ told }) => told ?? -1;

/** The number of the last event of a match that matters, of those that were told since its snapshot. */
export function lastTold(match) {
  return match?.told.findLast((event) => naming(event).weight !== "minor")?.n ?? null;
}

/** How far a place of the timeline is from a match, by its phases, ms. */
export function distance(phases, at) {
  if (!phases.length) return Infinity;
  const [from, to] = [phases[0].from, phases.at(-1).to ?? at];
  return Math.max(0, from - at, at - to);
}
