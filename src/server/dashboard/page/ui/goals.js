/** The goals of a match, and what an event changes about them. */
import { SIDES, lastStanding } from "../client.js";

/** Whether the result of a match was decided off the field. */
export const isAwarded = (match) => lastStanding(match, "awarded") !== null;

/** The score as it was played: where a result is awarded, the goals that stand. */
export function playedScore(match) {
  if (!isAwarded(match)) return match.score;
  const goals = (side) => match.happenings.filter(({ event, removed }) => !removed && event.type === "goal" && event.side === side).length;
  return Object.fromEntries(SIDES.map((side) => [side, goals(side)]));
}

/** Whether an event, or what it corrects, tells a goal that stands. */
export const scored = (event) => event?.type === "goal" && event.op !== "remove";

/** `{ kind: "goal", side }` of a goal that is told, `{ kind: "no-goal", side }` of one taken back, `null` of all else. */
export function goalChange(event) {
  const [before, after] = [scored(event.was), scored(event)];
  if (before === after) return null;
  return after ? { kind: "goal", side: event.side } : { kind: "no-goal", side: event.was.side };
}
