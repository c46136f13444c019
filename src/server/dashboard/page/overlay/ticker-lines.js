/** The lines of a ticker, and the text of each. Pure. */
import { reason } from "./parts.js";
import { minuteText } from "../ui/format.js";
import { eventDetails, eventLabel, participants, removalTitle, unnamedCardText } from "../ui/labels.js";

/** How many scores fit in one line. */
const SCORES_PER_LINE = 4;
/** How many of the last events are in the rotation: of one match, and of several, whose scores are in it too. */
const EVENTS_OF_ONE = 6;
const EVENTS_OF_SEVERAL = 4;

export const keyOf = (match, id) => `${match}/${id}`;

/**
 * The lines in the order of their turns: `{ key, scores }` with some of the fixtures, `{ key, match, happening }`, or, for a
 * match without events, `{ key, fixture }`. `matchOf(id)` returns the state of a match.
 */
export function tickerLines(fixtures, matchOf) {
  const known = fixtures.filter(({ id }) => matchOf(id));
  const hasSeveral = fixtures.length > 1;
  const happenings = known
    .flatMap(({ id }) => matchOf(id).happenings.filter(isTickerEvent).map((happening) => ({ key: keyOf(id, happening.id), match: id, happening })))
    // Events of a snapshot have no `n`, so those of several matches cannot be ordered.
    .filter(({ happening }) => !hasSeveral || happening.event.n !== undefined)
    .sort((one, other) => (one.happening.event.n ?? 0) - (other.happening.event.n ?? 0))
    .slice(hasSeveral ? -EVENTS_OF_SEVERAL : -EVENTS_OF_ONE)
    .reverse();
  if (!hasSeveral) return happenings.length || !known.length ? happenings : [{ key: "fixture", fixture: known[0] }];
  const pages = Math.ceil(known.length / SCORES_PER_LINE);
  const scores = Array.from({ length: pages }, (_, page) => {
    // Distributed evenly over the lines.
    const [from, to] = [page, page + 1].map((at) => Math.round((at * known.length) / pages));
    return { key: `scores/${page}`, scores: known.slice(from, to) };
  });
  return [...scores, ...happenings];
}

/** Whether the ticker shows a happening: if any of its revisions is important. */
export function isTickerEvent({ event, was }) {
  return [event, ...was].some((telling) => eventLabel(telling).weight !== "minor");
}

/** The text of a line: `{ sign, title, who, beside, minute, isStruck, goal }`; `isStruck`: the event was removed. */
export function lineText({ event, was, removed }) {
  const first = was[0] ?? event;
  // The last revision before the removal.
  const last = removed ? (was.at(-1) ?? event) : event;
  const { sign, title } = eventLabel(last);
  const goal = last.type === "goal";
  const line = { sign, title, who: participants(last), beside: eventDetails(event) || unnamedCardText(last), minute: minuteText(last), isStruck: removed, goal: goal && !removed };
  if (removed) {
    const why = reason(event);
    const word = removalTitle(last);
    return { ...line, sign: goal ? "no-goal" : sign, title: why ? `${word}: ${why}` : word, beside: "" };
  }
  if (first.type === "goal" && !goal) {
    return { ...line, sign: "no-goal", title: "No goal", beside: reason(event), goal: false };
  }
  const corrected = was.length > 0 && (first.type !== event.type || participants(first) !== participants(event) || first.side !== event.side);
  return corrected ? { ...line, beside: ["corrected", line.beside].filter(Boolean).join(", ") } : line;
}
