/** The goals of a match, and how an event changes them. */
import { SIDES, lastStanding } from "../client.js";
import { scoreText } from "./format.js";

/** Whether the result of a match was awarded. */
export const isAwarded = (match) => lastStanding(match, "awarded") !== null;

/** The score as played: for an awarded result, the goals that stand. */
export function playedScore(match) {
  if (!isAwarded(match)) return match.score;
  const goals = (side) => match.happenings.filter(({ event, removed }) => !removed && event.type === "goal" && event.side === side).length;
  return Object.fromEntries(SIDES.map((side) => [side, goals(side)]));
}

/** `played 0–1` for an awarded result of a match that has begun, else `null`. */
export function playedText(match) {
  const begun = match?.happenings.some(({ event, removed }) => !removed && event.period);
  return begun && isAwarded(match) ? `played ${scoreText(playedScore(match))}` : null;
}

/** Whether an event is a goal that stands. */
export const isStandingGoal = (event) => event?.type === "goal" && event.op !== "remove";

/** `{ kind: "goal", side }` for a new goal, `{ kind: "no-goal", side }` for one taken back, else `null`. */
export function goalChange(event) {
  const [before, after] = [isStandingGoal(event.was), isStandingGoal(event)];
  if (before === after) return null;
  return after ? { kind: "goal", side: event.side } : { kind: "no-goal", side: event.was.side };
}
