/** The titles of scenarios and replays. */
import { count } from "./format.js";

/** A title may contain the score ("Juventus 0-1 Napoli"); without spoilers it is built from the teams. */
export function titleOf({ title, matches }, spoilers) {
  if (spoilers) return title;
  if (matches.length === 1) return `${matches[0].home.name} v ${matches[0].away.name}`;
  const competitions = new Set(matches.map(({ competition }) => competition));
  const [competition] = competitions;
  const number = count(matches.length, "match", "matches");
  return competitions.size === 1 && competition ? `${competition}: ${number}` : number;
}

/**
 * The server gives only a replay's title. Without spoilers it becomes that of its scenario, or, if unknown, the replay's id.
 */
export function titleOfReplay({ id, title }, scenarios, spoilers) {
  if (spoilers) return title || id;
  const scenario = scenarios.find((scenario) => scenario.title === title);
  return scenario ? titleOf(scenario, false) : id;
}
