/** The field with all attempts, and the position of the latest event. */
import { h } from "../ui/dom.js";
import { playedScore } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { eventLabel, FINISHED, oneLineLabel } from "../ui/labels.js";
import { attemptsOn, hasCoordinates, outcomeOf, OUTCOMES, shapeOf } from "./attempts.js";
import { bothSidesText, feedDetail } from "./feed-detail.js";
import { directions, field, VIEW } from "./field.js";

/** The legend always has these in a detailed feed, others only if they occurred. */
const ALWAYS_SHOWN = ["goal", "saved", "off_target", "blocked", "woodwork"];

export function pitch({ fixture, match }) {
  const attempts = match ? attemptsOn(match) : [];
  const latest = match ? latestWithCoordinates(match) : null;
  return h("div", { key: "pitch", class: "pitch" },
    h("div", { class: "pitch-head" },
      h("h2", null, "Pitch"),
      latest ? caption(latest, fixture) : h("p", { key: "none", class: "pitch-none" }, match ? emptyText(match) : "")),
    h("div", { class: "pitch-ground" },
      h("svg", { class: "pitch-field", viewBox: VIEW, role: "img", "aria-label": summary(match, fixture, latest) },
        field(),
        directions(fixture),
        h("g", { key: "attempts" }, attempts.map((event) => attempt(event, fixture))),
        latest ? trace(latest) : null)),
    legend(attempts, match && feedDetail(match) === "plain" ? ["goal"] : ALWAYS_SHOWN));
}

/** The last event that stands and has coordinates. */
export const latestWithCoordinates = ({ happenings }) => happenings.findLast(({ event, removed }) => !removed && hasCoordinates(event))?.event ?? null;

function emptyText({ status, happenings }) {
  if (FINISHED.includes(status)) return "This feed does not tell where things happened.";
  return happenings.some(({ event }) => event.period > 0) ? "No positions so far." : "Nothing on the pitch yet.";
}

function summary(match, fixture, latest) {
  if (!match) return "The field";
  const [name, counts] = feedDetail(match) !== "plain" ? ["Shots", { home: match.statistics.home.shots ?? 0, away: match.statistics.away.shots ?? 0 }] : ["Goals", playedScore(match)];
  return `${bothSidesText(name, fixture, counts)}.${latest ? ` Latest: ${oneLineLabel(latest)}.` : ""}`;
}

function caption(event, fixture) {
  return h("p", { key: `${event.id} ${event.rev}`, class: "pitch-latest" },
    icon(eventLabel(event).sign),
    h("span", { class: "pitch-latest-text" }, oneLineLabel(event)),
    event.side ? h("span", { class: `chip chip-${event.side}`, "aria-hidden": "true" }) : null,
    event.side ? h("span", { class: "pitch-latest-team" }, fixture[event.side].short) : null);
}

function attempt(event, fixture) {
  return h("g", { key: `${event.id} ${outcomeOf(event)}`, class: `attempt of-${event.side}`, transform: `translate(${event.x} ${event.y})` },
    h("title", null, [oneLineLabel(event), fixture[event.side]?.name].filter(Boolean).join(", ")),
    h("g", { class: "attempt-shape" }, shapeOf(outcomeOf(event))));
}

/** The radius of the ring, in metres: a goal's mark is larger than the others. */
const ringRadius = ({ type }) => (type === "goal" ? 4 : 3.2);

/** A ring around the position, and a line to where the ball ended. */
function trace(event) {
  const { x, y, end, side } = event;
  const hasTrajectory = end && hasCoordinates(end) && Math.hypot(end.x - x, end.y - y) > ringRadius(event);
  return h("g", { key: `latest ${event.id} ${event.rev}`, class: `trace of-${side}` },
    hasTrajectory ? h("path", { class: "trace-way", d: trajectory(event) }) : null,
    hasTrajectory ? h("circle", { class: "trace-end", cx: end.x, cy: end.y, r: 0.8 }) : null,
    outcomeOf(event) ? null : h("circle", { class: "trace-spot filled", cx: x, cy: y, r: 1.1 }),
    h("circle", { class: "trace-ring", cx: x, cy: y, r: ringRadius(event) }));
}

/** From the edge of the ring to the end position. */
function trajectory(event) {
  const { x, y, end } = event;
  const share = ringRadius(event) / Math.hypot(end.x - x, end.y - y);
  return `M${(x + (end.x - x) * share).toFixed(2)} ${(y + (end.y - y) * share).toFixed(2)}L${end.x} ${end.y}`;
}

function legend(attempts, usual) {
  const present = new Set(attempts.map(outcomeOf));
  const shown = Object.keys(OUTCOMES).filter((outcome) => usual.includes(outcome) || present.has(outcome));
  return h("ul", { class: "pitch-legend", "aria-label": "What the marks mean" }, shown.map((outcome) => h("li", { key: outcome },
    h("svg", { class: "legend-mark", viewBox: "-3 -3 6 6", "aria-hidden": "true" }, shapeOf(outcome)),
    OUTCOMES[outcome])));
}
