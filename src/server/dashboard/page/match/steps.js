/** The growth of counts over a match. */
import { isShot } from "./attempts.js";

/** The shots of a side: `[{ place, count, event }]`, each with the count after it. `events` as `eventsOnAxis` returns them. */
export function shotSteps(events, side) {
  return events.filter(({ event }) => event.side === side && isShot(event)).map((step, at) => ({ ...step, count: at + 1 }));
}

/** The goals of a side, each with the height of the side's line there: an own goal adds no step. */
export function goalsOn(events, steps, side) {
  return events
    .filter(({ event }) => event.side === side && event.type === "goal")
    .map(({ event, position }) => ({ event, position, count: steps.filter((step) => step.position <= position).length }));
}

/**
 * A stepped line as a path on a field of `width` by `height`, over the whole length; the style sheet shows it up to the
 * playhead.
 */
export function steppedPath(steps, length, top, { width, height }) {
  const x = (position) => ((position / length) * width).toFixed(1);
  const y = (count) => (height - (count / top) * height).toFixed(1);
  return `M0 ${y(0)}${steps.map(({ position, count }) => `H${x(position)}V${y(count)}`).join("")}H${width}`;
}

/** The top of a scale for counts, and the labels of its lines: at least four high, in readable steps. */
export function scaleFor(count) {
  const step = count <= 6 ? 2 : count <= 15 ? 5 : count <= 40 ? 10 : 20;
  const top = Math.max(4, count + 1);
  const lines = [];
  for (let at = step; at <= top; at += step) lines.push(at);
  return { top, lines };
}
