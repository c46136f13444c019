/** What is shown of a two-legged tie beside the score of one of its matches. */
import { tieOf } from "../client.js";

/** Statuses before which there is nothing to add up. */
const BEFORE = ["scheduled", "postponed"];

/**
 * `Agg 3–2`, and who goes through once that is decided: `Agg 3–2, Eastmoor through`. `null` for other matches, and for a first
 * leg before the second has begun: its score says the same. `name`: what a team is called.
 */
export function tieWords(state, fixture, name = (team) => team.name) {
  const tie = tieOf(state, fixture.id);
  if (!tie) return null;
  const second = tie.leg === 2 ? fixture.id : tie.other.match;
  if (tie.leg === 1 && BEFORE.includes(state.matches[second]?.status ?? "scheduled")) return null;
  const { aggregate, winner } = tie;
  const sum = `Agg ${aggregate.home}–${aggregate.away}`;
  return winner ? `${sum}, ${name(fixture[winner])} through` : sum;
}
