/** The moments that a bar marks: which of them, where, and which stand for others that would lie on top of each other. */
import { scoreText } from "../ui/format.js";
import { inOneLine, inWords, naming } from "../ui/words.js";

/** What is worth a mark, the more the higher; the phases themselves show periods and breaks. */
const RANKS = {
  goal: 9, red_card: 8, second_yellow_card: 8, disallowed_goal: 7, penalty_missed: 7, shootout_penalty: 6, penalty_awarded: 6,
  abandoned: 6, suspended: 5, var_decision: 4, substitution: 3, yellow_card: 3, var_review: 2, injury: 2,
};
const UNMARKED = ["period_start", "period_end", "match_end", "resumed", "added_time"];
const LOUD = 6;
/** What was taken back is rather to be seen than a throw-in, and less than what stands. */
const TAKEN_BACK = 5;

const wasGoal = ({ type, was }) => type !== "goal" && was === "goal";
/** Whether it no longer is what it was told to be. */
export const takenBack = (marker) => marker.op === "remove" || wasGoal(marker);

function rankOf(marker) {
  if (takenBack(marker)) return TAKEN_BACK;
  return RANKS[marker.type] ?? 1;
}

/** Above the bar what changes matches, below it the rest. What was loud once stays where it was. */
const laneOf = (marker) => ((RANKS[marker.type] ?? 1) >= LOUD || wasGoal(marker) ? "above" : "below");

/** What stands on the bar in its place: of a round only what is loud. */
export const signOf = (marker) => {
  if (wasGoal(marker)) return "ball-outline";
  const { sign } = naming(marker);
  return takenBack(marker) && sign === "ball" ? "ball-outline" : sign;
};

/**
 * Marks that can be told apart: `[{ key, lane, at, lead, all }]` in their order on the timeline. `place(at)` says where a
 * moment lies, in px; whatever is nearer than `reach` to a weightier one of its lane goes in with it.
 */
export function arrange(markers, { place, reach, loudOnly = false }) {
  const marked = markers.filter((marker) => marker.type && !UNMARKED.includes(marker.type) && (!loudOnly || laneOf(marker) === "above"));
  const marks = [];
  const weighty = marked.toSorted((a, b) => rankOf(b) - rankOf(a) || a.at - b.at);
  for (const marker of weighty) {
    const lane = laneOf(marker);
    const x = place(marker.at);
    const near = (mark) => (mark.lane === lane ? Math.abs(mark.x - x) : Infinity);
    const host = marks.reduce((best, mark) => (near(mark) < near(best ?? mark) || !best ? mark : best), null);
    if (host && near(host) < reach) host.all.push(marker);
    else marks.push({ key: `${marker.match} ${marker.id}`, lane, x, at: marker.at, lead: marker, all: [marker] });
  }
  for (const mark of marks) mark.all.sort((a, b) => a.at - b.at || a.n - b.n);
  return marks.sort((a, b) => a.at - b.at);
}

/** The places that the scenario names, once for each instant and name. */
export function namedPlaces(markers) {
  const seen = new Set();
  return markers.filter(({ name, at }) => {
    const key = `${at} ${name}`;
    return name !== undefined && !seen.has(key) && seen.add(key);
  });
}

/** What a marker says: `{ text, note, gone }`; `fixture` is its match, `round` whether others are looked at with it. */
export function labelOf(marker, fixture, round = false) {
  if (marker.name !== undefined) return { text: marker.name, note: "", gone: false };
  const gone = takenBack(marker);
  const team = fixture?.[marker.side]?.short;
  const between = fixture && round ? `${fixture.home.short} ${scoreText(marker.score)} ${fixture.away.short}` : scoreText(marker.score);
  const counts = marker.type === "goal" && !gone;
  const said = gone
    ? [team, "taken back", marker.reason && inWords(marker.reason)]
    : counts && round ? [between] : [team, counts || round ? between : null];
  return { text: inOneLine(marker), note: said.filter(Boolean).join(", "), gone };
}
