/** The lines of a ticker: what they are, and what each says. Pure. */
import { reason } from "./parts.js";
import { minuteText } from "../ui/format.js";
import { how, naming, ofNobody, takenBack, who } from "../ui/words.js";

/** How many scores stand in one line. */
const SCORES = 4;
/** How many of the last happenings take turns: of one match, and of several, whose scores take turns too. */
const OF_ONE = 6;
const OF_SEVERAL = 4;

export const keyOf = (match, id) => `${match}/${id}`;

/**
 * The lines in the order of their turns: `{ key, scores }` with some of the fixtures, `{ key, match, happening }`, or, of a
 * match of which there is nothing to say yet, `{ key, fixture }`. `matchOf(id)` is what is known of a match.
 */
export function linesOf(fixtures, matchOf) {
  const known = fixtures.filter(({ id }) => matchOf(id));
  const several = fixtures.length > 1;
  const happenings = known
    .flatMap(({ id }) => matchOf(id).happenings.filter(matters).map((happening) => ({ key: keyOf(id, happening.id), match: id, happening })))
    // A snapshot does not say when, so of several matches what it tells has no order.
    .filter(({ happening }) => !several || happening.event.n !== undefined)
    .sort((one, other) => (one.happening.event.n ?? 0) - (other.happening.event.n ?? 0))
    .slice(several ? -OF_SEVERAL : -OF_ONE)
    .reverse();
  if (!several) return happenings.length || !known.length ? happenings : [{ key: "fixture", fixture: known[0] }];
  const pages = Math.ceil(known.length / SCORES);
  const scores = Array.from({ length: pages }, (_, page) => {
    // As many in each line, as far as that goes.
    const [from, to] = [page, page + 1].map((at) => Math.round((at * known.length) / pages));
    return { key: `scores/${page}`, scores: known.slice(from, to) };
  });
  return [...scores, ...happenings];
}

/** A match is told by what is important, and by what was important before it was corrected. */
export function matters({ event, was }) {
  return [event, ...was].some((telling) => naming(telling).weight !== "minor");
}

/** What a line says of a happening: `{ sign, title, who, beside, minute, struck, goal }`; what is `struck` did not happen. */
export function said({ event, was, removed }) {
  const first = was[0] ?? event;
  // As it was last told before it was taken back.
  const last = removed ? (was.at(-1) ?? event) : event;
  const { sign, title } = naming(last);
  const goal = last.type === "goal";
  const line = { sign, title, who: who(last), beside: how(event) || ofNobody(last), minute: minuteText(last), struck: removed, goal: goal && !removed };
  if (removed) {
    const why = reason(event);
    const word = takenBack(last);
    return { ...line, sign: goal ? "no-goal" : sign, title: why ? `${word}: ${why}` : word, beside: "" };
  }
  if (first.type === "goal" && !goal) {
    return { ...line, sign: "no-goal", title: "No goal", beside: reason(event), goal: false };
  }
  const corrected = was.length > 0 && (first.type !== event.type || who(first) !== who(event) || first.side !== event.side);
  return corrected ? { ...line, beside: ["corrected", line.beside].filter(Boolean).join(", ") } : line;
}
