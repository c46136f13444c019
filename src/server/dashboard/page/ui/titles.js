/** The titles of scenarios and replays. */
import { count } from "./format.js";

/** Titles tell scores ("Juventus 0-1 Napoli"); without spoilers a scenario is called by who plays. */
export function titleOf({ title, matches }, spoilers) {
  if (spoilers) return title;
  if (matches.length === 1) return `${matches[0].home.name} v ${matches[0].away.name}`;
  const competitions = new Set(matches.map(({ competition }) => competition));
  const [competition] = competitions;
  const number = count(matches.length, "match", "matches");
  return competitions.size === 1 && competition ? `${competition}: ${number}` : number;
}

/** A replay tells only its title. Without spoilers it is called as its scenario is, or, where that is not known, by its id. */
export function titleOfReplay({ id, title }, scenarios, spoilers) {
  if (spoilers) return title || id;
  const scenario = scenarios.find((scenario) => scenario.title === title);
  return scenario ? titleOf(scenario, false) : id;
}
