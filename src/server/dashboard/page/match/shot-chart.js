/**
 * The shots of both sides over the playing time, as two stepped lines. A feed without shots gets its goals and cards instead.
 */
import { SIDES } from "../client.js";
import { h } from "../ui/dom.js";
import { percent } from "../ui/format.js";
import { playedScore } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/frame-loop.js";
import { CALLED_OFF, eventLabel, oneLineLabel } from "../ui/labels.js";
import { axisPositionAt, eventsOnAxis, playingTime, ticks } from "./axis.js";
import { bothSidesText, feedDetail } from "./feed-detail.js";
import { goalsOn, scaleFor, shotSteps, steppedPath } from "./steps.js";

/** The field of the lines; it is stretched to the available space. */
const FIELD = { width: 1000, height: 100 };
/** The height of the sides' lines without counts, from the top. */
const LANE_HEIGHTS = { home: 0.34, away: 0.82 };
/** Marks nearer than this, as a fraction of the length, are moved apart. */
const MIN_MARK_DISTANCE = 0.022;
const NAMES = { detail: "Shots", plain: "Goals and cards", none: "Course of play" };
const CARDS = ["yellow_card", "second_yellow_card", "red_card"];

export function shotChart(model) {
  const { fixture, match } = model;
  const phases = fixture && model.phasesOf(fixture.id);
  const happenings = match?.happenings ?? [];
  const axis = playingTime(phases, happenings);
  const events = eventsOnAxis(axis, happenings);
  const detail = match ? feedDetail(match) : "none";
  const chart = { name: NAMES[detail], sides: [], lines: [], label: "Nothing has been counted yet" };
  // A snapshot has only the important events: without the history the chart would be wrong.
  if (detail !== "none" && !match.complete) chart.label = "What happened before is still being read";
  if (match?.complete && detail === "detail") Object.assign(chart, shotsChart(match, fixture, events, axis));
  if (match?.complete && detail === "plain") Object.assign(chart, goalsChart(match, fixture, events, axis));
  return h("div", { key: "race", class: "race" },
    h("div", { class: "race-head" },
      h("h2", null, chart.name),
      // Lanes are labelled themselves.
      chart.lanes ? null : colourKey(fixture)),
    h("div", { class: `race-chart ${axis.periods.length > 2 ? "race-long" : ""}`, role: "img", "aria-label": chart.label },
      h("div", { class: "race-area", ref: eachFrame(updatePlayhead(model)) },
        stoppages(axis),
        axis.periods.slice(1).map(({ period, offset }) => h("i", { key: `break-${period}`, class: "race-break", style: { "--x": percent(offset / axis.length) } })),
        chart.lines.map(({ y, text }) => h("i", { key: `line-${text}`, class: "race-line", style: { "--y": percent(y) } }, h("b", null, text))),
        h("svg", { key: "lines", class: "race-lines", viewBox: `0 0 ${FIELD.width} ${FIELD.height}`, preserveAspectRatio: "none" },
          chart.sides.map(({ side, path }) => linePath(path, side))),
        chart.lanes ? SIDES.map((side) => h("span", { key: `lane-${side}`, class: "race-lane", style: { "--y": percent(LANE_HEIGHTS[side]) } }, fixture[side].name)) : null,
        detail !== "none" && !match.complete ? h("p", { key: "note", class: "race-note" }, `${chart.label}…`) : null,
        h("i", { key: "now", class: "race-now" }),
        chart.sides.flatMap(({ side, marks }) => marks.map(({ event, x, y, nudge }) => h("span", {
          key: `${event.id} ${event.type}`,
          class: `race-mark race-${event.type} of-${side}`,
          title: oneLineLabel(event),
          style: { "--x": percent(x), "--y": percent(y), "--nudge": String(nudge ?? 0) },
        }, icon(eventLabel(event).sign)))),
        chart.sides.map(({ side, count, end }) => h("span", { key: `end-${side}`, class: `race-end of-${side}`, style: { "--y": percent(end) } },
          count, h("small", null, ` ${[...fixture[side].short].slice(0, 4).join("")}`)))),
      h("div", { class: "race-ticks" }, ticks(axis, !CALLED_OFF.includes(match?.status)).map(({ position, text, end }, at) => h("span", {
        key: at, class: `race-tick ${end ? "race-tick-end" : ""}`, style: { "--x": percent(position / axis.length) },
      }, text)))));
}

const colourKey = (fixture) => h("ul", { class: "race-key" }, SIDES.map((side) => h("li", { key: side },
  h("svg", { class: "race-sample", viewBox: "0 0 26 8", "aria-hidden": "true" }, linePath("M1 4H25", side)),
  h("span", null, fixture[side].short))));

/** A side's line, drawn twice: the outline shows on any background. Its label is at its end. */
const linePath = (d, side) => h("g", { key: side, class: `race-way of-${side}` }, h("path", { d, class: "way-casing" }), h("path", { d, class: "way-colour" }));

const stoppages = ({ periods, length }) => periods.filter(({ clock, stoppage, length }) => clock + length > stoppage).map((one) => h("i", {
  key: `stoppage-${one.period}`,
  class: "race-stoppage",
  style: { "--x": percent((one.offset + one.stoppage - one.clock) / length), "--width": percent((one.clock + one.length - one.stoppage) / length) },
}));

/** Moves the playhead to the replay's position. The style sheet hides what lies beyond it. */
function updatePlayhead(model) {
  let last = null;
  return (element) => {
    const { fixture, match } = model;
    const phases = fixture && model.phasesOf(fixture.id);
    if (!match) return;
    const { axis, last: happenings } = axisOf(match, phases);
    // Without a timeline the last event gives the position.
    const share = percent((phases?.length ? axisPositionAt(axis, phases, model.at()) : happenings) / axis.length);
    if (share !== last) element.style.setProperty("--now", (last = share));
  };
}

/** The axis is cached between frames: only new events or phases change it. */
let cachedAxis = { match: null, phases: null, axis: null, last: 0 };
function axisOf(match, phases) {
  if (cachedAxis.match !== match || cachedAxis.phases !== phases) {
    const axis = playingTime(phases, match.happenings);
    cachedAxis = { match, phases, axis, last: eventsOnAxis(axis, match.happenings).at(-1)?.position ?? 0 };
  }
  return cachedAxis;
}

function shotsChart(match, fixture, events, axis) {
  const steps = { home: shotSteps(events, "home"), away: shotSteps(events, "away") };
  const { top, lines } = scaleFor(Math.max(steps.home.length, steps.away.length));
  const height = (count) => 1 - count / top;
  const ends = separated(height(steps.home.length), height(steps.away.length));
  const counts = { home: steps.home.length, away: steps.away.length };
  return {
    label: `${bothSidesText("Shots over time", fixture, counts)}.${goalsInWords(events, fixture)}`,
    lines: lines.map((count) => ({ y: height(count), text: count })),
    sides: SIDES.map((side) => ({
      side,
      count: counts[side],
      end: ends[side],
      path: steppedPath(steps[side], axis.length, top, FIELD),
      marks: goalsOn(events, steps[side], side).map(({ event, position, count }) => ({ event, x: position / axis.length, y: height(count) })),
    })),
  };
}

/** The positions of two counts at the ends of their lines, moved apart until both are readable. */
function separated(home, away) {
  const least = 0.2;
  const gap = Math.abs(home - away);
  if (gap >= least) return { home, away };
  const middle = Math.min(Math.max((home + away) / 2, least / 2), 1 - least / 2);
  const up = home <= away ? "home" : "away";
  return { home: middle + (up === "home" ? -least : least) / 2, away: middle + (up === "away" ? -least : least) / 2 };
}

function goalsChart(match, fixture, events, axis) {
  const score = playedScore(match);
  const cards = { home: 0, away: 0 };
  const marked = (side) => {
    let [last, nudge] = [-1, 0];
    return events
      .filter(({ event }) => event.side === side && (event.type === "goal" || CARDS.includes(event.type)))
      .map(({ event, position }) => {
        const x = position / axis.length;
        nudge = x - last < MIN_MARK_DISTANCE ? nudge + 1 : 0;
        last = x;
        if (event.type !== "goal") cards[side] += 1;
        return { event, x, y: LANE_HEIGHTS[side], nudge };
      });
  };
  const sides = SIDES.map((side) => ({
    side,
    count: score[side],
    end: LANE_HEIGHTS[side],
    path: `M0 ${LANE_HEIGHTS[side] * FIELD.height}H${FIELD.width}`,
    marks: marked(side),
  }));
  return {
    label: `${bothSidesText("Goals", fixture, score)}. ${bothSidesText("Cards", fixture, cards)}.${goalsInWords(events, fixture)}`,
    lanes: true,
    lines: [],
    sides,
  };
}

function goalsInWords(events, fixture) {
  const goals = events.filter(({ event }) => event.type === "goal");
  return goals.map(({ event }) => ` ${oneLineLabel(event)}, for ${fixture[event.side].name}.`).join("");
}
