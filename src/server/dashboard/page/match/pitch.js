/** The field with what has been tried on it, and where the latest happening was. */
import { h } from "../ui/dom.js";
import { playedScore } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { FINISHED, inOneLine, naming } from "../ui/words.js";
import { attemptsOn, OUTCOMES, outcomeOf, placed, shapeOf } from "./attempts.js";
import { bothInWords, depthOf } from "./depth.js";
import { directions, field, VIEW } from "./field.js";

/** What the legend of a match told in detail always has; the rest only where there is one. */
const USUAL = ["goal", "saved", "off_target", "blocked", "woodwork"];

export function pitch({ fixture, match }) {
  const attempts = match ? attemptsOn(match) : [];
  const latest = match ? latestPlaced(match) : null;
  return h("div", { key: "pitch", class: "pitch" },
    h("div", { class: "pitch-head" },
      h("h2", null, "Pitch"),
      latest ? caption(latest, fixture) : h("p", { key: "none", class: "pitch-none" }, match ? nothingPlaced(match) : "")),
    h("div", { class: "pitch-ground" },
      h("svg", { class: "pitch-field", viewBox: VIEW, role: "img", "aria-label": summary(match, fixture, latest) },
        field(),
        directions(fixture),
        h("g", { key: "attempts" }, attempts.map((event) => attempt(event, fixture))),
        latest ? trace(latest) : null)),
    legend(attempts, match && depthOf(match) === "plain" ? ["goal"] : USUAL));
}

/** The last happening that stands and of which it is told where. */
export const latestPlaced = ({ happenings }) => happenings.findLast(({ event, removed }) => !removed && placed(event))?.event ?? null;

function nothingPlaced({ status, happenings }) {
  if (FINISHED.includes(status)) return "This feed does not tell where things happened.";
  return happenings.some(({ event }) => event.period > 0) ? "No places have been told so far." : "Nothing on the pitch yet.";
}

function summary(match, fixture, latest) {
  if (!match) return "The field";
  const [name, counts] = depthOf(match) !== "plain" ? ["Shots", { home: match.statistics.home.shots ?? 0, away: match.statistics.away.shots ?? 0 }] : ["Goals", playedScore(match)];
  return `${bothInWords(name, fixture, counts)}.${latest ? ` Latest: ${inOneLine(latest)}.` : ""}`;
}

function caption(event, fixture) {
  return h("p", { key: `${event.id} ${event.rev}`, class: "pitch-latest" },
    icon(naming(event).sign),
    h("span", { class: "pitch-latest-text" }, inOneLine(event)),
    event.side ? h("span", { class: `chip chip-${event.side}`, "aria-hidden": "true" }) : null,
    event.side ? h("span", { class: "pitch-latest-team" }, fixture[event.side].short) : null);
}

function attempt(event, fixture) {
  return h("g", { key: `${event.id} ${outcomeOf(event)}`, class: `attempt of-${event.side}`, transform: `translate(${event.x} ${event.y})` },
    h("title", null, [inOneLine(event), fixture[event.side]?.name].filter(Boolean).join(", ")),
    h("g", { class: "attempt-shape" }, shapeOf(outcomeOf(event))));
}

/** How wide the ring is, in metres: a goal's mark is larger than the others. */
const rim = ({ type }) => (type === "goal" ? 4 : 3.2);

/** A ring around a place, and the way to where it ended. */
function trace(event) {
  const { x, y, end, side } = event;
  const led = end && placed(end) && Math.hypot(end.x - x, end.y - y) > rim(event);
  return h("g", { key: `latest ${event.id} ${event.rev}`, class: `trace of-${side}` },
    led ? h("path", { class: "trace-way", d: way(event) }) : null,
    led ? h("circle", { class: "trace-end", cx: end.x, cy: end.y, r: 0.8 }) : null,
    outcomeOf(event) ? null : h("circle", { class: "trace-spot filled", cx: x, cy: y, r: 1.1 }),
    h("circle", { class: "trace-ring", cx: x, cy: y, r: rim(event) }));
}

/** From the rim of the ring to the place where it ended. */
function way(event) {
  const { x, y, end } = event;
  const share = rim(event) / Math.hypot(end.x - x, end.y - y);
  return `M${(x + (end.x - x) * share).toFixed(2)} ${(y + (end.y - y) * share).toFixed(2)}L${end.x} ${end.y}`;
}

function legend(attempts, usual) {
  const there = new Set(attempts.map(outcomeOf));
  const shown = Object.keys(OUTCOMES).filter((outcome) => usual.includes(outcome) || there.has(outcome));
  return h("ul", { class: "pitch-legend", "aria-label": "What the marks mean" }, shown.map((outcome) => h("li", { key: outcome },
    h("svg", { class: "legend-mark", viewBox: "-3 -3 6 6", "aria-hidden": "true" }, shapeOf(outcome)),
    OUTCOMES[outcome])));
}
