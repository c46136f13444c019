/** How counts grew over a match. */
import { isShot } from "./attempts.js";

/** The shots of a side: `[{ place, count, event }]`, each with the count after it. `told` as `inPlace` gives them. */
export function shotSteps(told, side) {
  return told.filter(({ event }) => event.side === side && isShot(event)).map((step, at) => ({ ...step, count: at + 1 }));
}

/** The goals of a side, each with the height of the side's line there: an own goal is no step of it. */
export function goalsOn(told, steps, side) {
  return told
    .filter(({ event }) => event.side === side && event.type === "goal")
    .map(({ event, place }) => ({ event, place, count: steps.filter((step) => step.place <= place).length }));
}

/** A stepped line as a path on a field of `width` by `height`, over the whole length; the eye sees it up to now. */
export function steppedPath(steps, length, most, { width, height }) {
  const x = (place) => ((place / length) * width).toFixed(1);
  const y = (count) => (height - (count / most) * height).toFixed(1);
  return `M0 ${y(0)}${steps.map(({ place, count }) => `H${x(place)}V${y(count)}`).join("")}H${width}`;
}

/** The top of a scale for counts, and what stands beside its lines: at least five, in steps that can be read. */
export function scaleFor(count) {
  const step = count <= 6 ? 2 : count <= 15 ? 5 : count <= 40 ? 10 : 20;
  const most = Math.max(4, count + 1);
  const lines = [];
  for (let at = step; at <= most; at += step) lines.push(at);
  return { most, lines };
}
