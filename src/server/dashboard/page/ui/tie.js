/** What is shown of a two-legged tie beside the score of one of its matches. */
import { tieOf } from "../client.js";
import { scoreText } from "./format.js";

/** Statuses before which there is nothing to add up. */
const BEFORE = ["scheduled", "postponed"];

/**
 * `Agg 3–2`, and who goes through once that is decided, and by what where the aggregate is level: `Agg 2–2, Eastmoor through on
 * away goals`. `null` for other matches, and for a first leg before the second has begun: its score says the same. `name`: what
 * a team is called.
 */
export function tieWords(state, fixture, name = (team) => team.name) {
  const tie = tieOf(state, fixture.id);
  const sum = aggregateWords(state, fixture, tie);
  return tie?.winner && sum ? `${sum}, ${name(fixture[tie.winner])} through${decidedBy(tie, state.matches[fixture.id].score)}` : sum;
}

/** The first part of that alone: `Agg 3–2`. */
export function aggregateWords(state, fixture, tie = tieOf(state, fixture.id)) {
  if (!tie) return null;
  const second = tie.leg === 2 ? fixture.id : tie.other.match;
  if (tie.leg === 1 && BEFORE.includes(state.matches[second]?.status ?? "scheduled")) return null;
  return `Agg ${scoreText(tie.aggregate)}`;
}

/** A level tie that is decided was so by the goals that each team scored as the guest, or, where these are level too, by penalties. */
function decidedBy({ aggregate, away_goals, other }, score) {
  if (aggregate.home !== aggregate.away) return "";
  return away_goals && other.score.home !== score.away ? " on away goals" : " on penalties";
}
