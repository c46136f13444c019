/** The markers on the bar: which events have one, where, and which are clustered because they would overlap. */
import { scoreText } from "../ui/format.js";
import { eventLabel, oneLineLabel, spaced } from "../ui/labels.js";

/** The importance of event types with a mark; phases already show periods and breaks. */
const RANKS = {
  goal: 9, red_card: 8, second_yellow_card: 8, disallowed_goal: 7, penalty_missed: 7, shootout_penalty: 6, penalty_awarded: 6,
  abandoned: 6, suspended: 5, var_decision: 4, substitution: 3, yellow_card: 3, var_review: 2, injury: 2,
};
const UNMARKED_TYPES = ["period_start", "period_end", "match_end", "resumed", "added_time"];
const MAJOR_RANK = 6;
/** A removed event ranks above a throw-in and below what stands. */
const REMOVED_RANK = 5;

const wasGoal = ({ type, was }) => type !== "goal" && was === "goal";
/** Whether the event was removed, or is no longer a goal. */
export const isRemoved = (marker) => marker.op === "remove" || wasGoal(marker);

function rankOf(marker) {
  if (isRemoved(marker)) return REMOVED_RANK;
  return RANKS[marker.type] ?? 1;
}

/** The lane: major events above the bar, others below, faults of the feed on it. A former goal stays above. */
const laneOf = (marker) => (marker.type === "fault" ? "on" : (RANKS[marker.type] ?? 1) >= MAJOR_RANK || wasGoal(marker) ? "above" : "below");

/** The icon of a marker. */
export const signOf = (marker) => {
  if (marker.type === "fault") return "fault";
  if (wasGoal(marker)) return "ball-outline";
  const { sign } = eventLabel(marker);
  return isRemoved(marker) && sign === "ball" ? "ball-outline" : sign;
};

/**
 * Clusters markers that would overlap: `[{ key, lane, at, lead, all }]` in timeline order. `toPixels(at)` is a position in px; a
 * marker nearer than `reach` to a more important one in its lane joins it. `majorOnly`: leaves out minor events.
 */
export function clusterMarkers(markers, { toPixels, reach, majorOnly = false }) {
  const marked = markers.filter((marker) => marker.type && !UNMARKED_TYPES.includes(marker.type) && (!majorOnly || laneOf(marker) !== "below"));
  const marks = [];
  const byRank = marked.toSorted((a, b) => rankOf(b) - rankOf(a) || a.at - b.at);
  for (const marker of byRank) {
    const lane = laneOf(marker);
    const x = toPixels(marker.at);
    const near = (mark) => (mark.lane === lane ? Math.abs(mark.x - x) : Infinity);
    const cluster = marks.reduce((best, mark) => (near(mark) < near(best ?? mark) || !best ? mark : best), null);
    if (cluster && near(cluster) < reach) cluster.all.push(marker);
    else marks.push({ key: `${marker.match} ${marker.id}`, lane, x, at: marker.at, lead: marker, all: [marker] });
  }
  for (const mark of marks) mark.all.sort((a, b) => a.at - b.at || a.n - b.n);
  return marks.sort((a, b) => a.at - b.at);
}

/** The named positions of the scenario, without duplicates. */
export function namedPositions(markers) {
  const seen = new Set();
  return markers.filter(({ name, at }) => {
    const key = `${at} ${name}`;
    return name !== undefined && !seen.has(key) && seen.add(key);
  });
}

/** The label of a marker: `{ text, note, gone }`; `fixture` is its match, `round`: markers of several matches are shown. */
export function labelOf(marker, fixture, round = false) {
  if (marker.name !== undefined) return { text: marker.name, note: "", gone: false };
  if (marker.type === "fault") return { text: `${marker.kind}: ${marker.what}`, note: "", gone: false };
  const gone = isRemoved(marker);
  const team = fixture?.[marker.side]?.short;
  const between = fixture && round ? `${fixture.home.short} ${scoreText(marker.score)} ${fixture.away.short}` : scoreText(marker.score);
  const counts = marker.type === "goal" && !gone;
  const said = gone
    ? [team, "taken back", marker.reason && spaced(marker.reason)]
    : counts && round ? [between] : [team, counts || round ? between : null];
  return { text: oneLineLabel(marker), note: said.filter(Boolean).join(", "), gone };
}
