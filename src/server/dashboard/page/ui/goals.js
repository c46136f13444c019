/** What an event changes about the goals of its match. */

/** Whether an event, or what it corrects, tells a goal that stands. */
export const scored = (event) => event?.type === "goal" && event.op !== "remove";

/** `{ kind: "goal", side }` of a goal that is told, `{ kind: "no-goal", side }` of one taken back, `null` of all else. */
export function goalChange(event) {
  const [before, after] = [scored(event.was), scored(event)];
  if (before === after) return null;
  return after ? { kind: "goal", side: event.side } : { kind: "no-goal", side: event.was.side };
}
