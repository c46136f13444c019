/** The text about a two-legged tie beside a score. */
import { tieOf } from "../client.js";
import { scoreText } from "./format.js";

/** Statuses before which there is nothing to add up. */
const NOT_STARTED = ["scheduled", "postponed"];

/**
 * `Agg 3–2`, and, once decided, the winner and what decided a level aggregate: `Agg 2–2, Eastmoor through on away goals`.
 * `null` for other matches, and for a first leg before the second begins. `name` gives a team's name.
 */
export function tieText(state, fixture, name = (team) => team.name) {
  const tie = tieOf(state, fixture.id);
  const sum = aggregateText(state, fixture, tie);
  return tie?.winner && sum ? `${sum}, ${name(fixture[tie.winner])} through${decidedBy(tie, state.matches[fixture.id].score)}` : sum;
}

/** Only the aggregate: `Agg 3–2`. */
export function aggregateText(state, fixture, tie = tieOf(state, fixture.id)) {
  if (!tie) return null;
  const second = tie.leg === 2 ? fixture.id : tie.other.match;
  if (tie.leg === 1 && NOT_STARTED.includes(state.matches[second]?.status ?? "scheduled")) return null;
  return `Agg ${scoreText(tie.aggregate)}`;
}

/** A level tie was decided by away goals, or, if these are level too, by penalties. */
function decidedBy({ aggregate, away_goals, other }, score) {
  if (aggregate.home !== aggregate.away) return "";
  return away_goals && other.score.home !== score.away ? " on away goals" : " on penalties";
}
