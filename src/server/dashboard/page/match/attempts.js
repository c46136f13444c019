/** Attempts at goal, and how each outcome is drawn: its shape tells the outcome, its colour only the team. */
import { h } from "../ui/dom.js";
import { shapesOf } from "../ui/icons.js";

/** The outcomes of an attempt, in the order of a legend. */
export const OUTCOMES = {
  goal: "Goal",
  saved: "Saved",
  off_target: "Off target",
  blocked: "Blocked",
  woodwork: "Woodwork",
  saved_woodwork: "Saved onto the woodwork",
  disallowed: "Disallowed",
  unknown: "Shot",
};

const KNOWN_OUTCOMES = ["saved", "off_target", "blocked", "woodwork", "saved_woodwork"];
const ATTEMPTS = ["goal", "shot", "penalty_missed", "disallowed_goal"];

/** The outcome of an event; `null` if it is no attempt at goal. Shoot-out kicks have a score of their own. */
export function outcomeOf({ type, outcome }) {
  if (!ATTEMPTS.includes(type)) return null;
  if (type === "goal") return "goal";
  if (type === "disallowed_goal") return "disallowed";
  return KNOWN_OUTCOMES.includes(outcome) ? outcome : "unknown";
}

/** Whether an event counts among a side's shots, as in the statistics. */
export const isShot = ({ type, own_goal }) => (type === "goal" && !own_goal) || type === "shot" || type === "penalty_missed";

/** The attempts that stand and have coordinates; goals last, so that they are drawn on top. */
export function attemptsOn(match) {
  const attempts = match.happenings.filter(({ event, removed }) => !removed && hasCoordinates(event) && outcomeOf(event));
  return [...attempts.filter(({ event }) => event.type !== "goal"), ...attempts.filter(({ event }) => event.type === "goal")].map(({ event }) => event);
}

/** Whether an event has coordinates. */
export const hasCoordinates = ({ x, y }) => Number.isFinite(x) && Number.isFinite(y);

const circle = (r, of) => h("circle", { r, class: of });
const path = (d, of) => h("path", { d, class: of });
/** An outline drawn twice: the wider one separates the team's colour from the grass. */
const cased = (shape, ...rest) => [shape(...rest, "casing"), shape(...rest, "colour")];

const DIAMOND = "M0 -1.85L1.85 0L0 1.85L-1.85 0Z";
const CROSS = "M-1.5 -1.5L1.5 1.5M1.5 -1.5L-1.5 1.5";
const ball = (scale) => h("g", { transform: `scale(${scale}) translate(-12 -12)` }, shapesOf("ball"));

/** The shapes of an outcome around 0,0, in metres of the field. */
export function shapeOf(outcome) {
  switch (outcome) {
    case "goal":
      return [circle(2.5, "filled"), ball(0.185)];
    case "saved":
      return [circle(1.45, "filled")];
    case "blocked":
      return [path("M-2.3 0H2.3", "casing"), circle(1.3, "casing"), circle(1.3, "colour"), path("M-2.2 0H2.2", "colour")];
    case "woodwork":
      return cased(path, DIAMOND);
    case "saved_woodwork":
      return [path(DIAMOND, "filled")];
    case "disallowed":
      return [...cased(circle, 1.9), path(CROSS, "crossed-behind"), path(CROSS, "crossed-out")];
    case "off_target":
      return cased(circle, 1.3);
    default:
      return [circle(0.8, "filled")];
  }
}
