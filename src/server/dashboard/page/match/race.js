/** Who has had how many shots, and when: two stepped lines over the time in play. Where a feed tells no shots, its goals and cards. */
import { SIDES } from "../client.js";
import { h } from "../ui/dom.js";
import { percent } from "../ui/format.js";
import { playedScore } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/live.js";
import { CALLED_OFF, inOneLine, naming } from "../ui/words.js";
import { inPlace, placeAt, playingTime, ticks } from "./axis.js";
import { bothInWords, depthOf } from "./depth.js";
import { goalsOn, scaleFor, shotSteps, steppedPath } from "./steps.js";

/** The field on which lines are drawn; it is stretched to whatever room there is. */
const FIELD = { width: 1000, height: 100 };
/** Where the sides' lines lie if there is nothing to count, from the top. */
const LANES = { home: 0.34, away: 0.82 };
/** Two marks nearer than this, as a share of the length, would lie on each other. */
const NEAR = 0.022;
const NAMES = { detail: "Shots", plain: "Goals and cards", none: "Course of play" };
const CARDS = ["yellow_card", "second_yellow_card", "red_card"];

export function race(model) {
  const { fixture, match } = model;
  const phases = fixture && model.phasesOf(fixture.id);
  const told = match?.happenings ?? [];
  const axis = playingTime(phases, told);
  const happened = inPlace(axis, told);
  const depth = match ? depthOf(match) : "none";
  const chart = { name: NAMES[depth], sides: [], lines: [], label: "Nothing has been counted yet" };
  // A snapshot tells only what is important; until the rest has come there is nothing true to draw.
  if (depth !== "none" && !match.complete) chart.label = "What happened before is still being read";
  if (match?.complete && depth === "detail") Object.assign(chart, shotsChart(match, fixture, happened, axis));
  if (match?.complete && depth === "plain") Object.assign(chart, goalsChart(match, fixture, happened, axis));
  return h("div", { key: "race", class: "race" },
    h("div", { class: "race-head" },
      h("h2", null, chart.name),
      // Lanes have their names on them.
      chart.lanes ? null : key(fixture)),
    h("div", { class: `race-chart ${axis.periods.length > 2 ? "race-long" : ""}`, role: "img", "aria-label": chart.label },
      h("div", { class: "race-area", made: eachFrame(moveNow(model)) },
        stoppages(axis),
        axis.periods.slice(1).map(({ period, offset }) => h("i", { key: `break-${period}`, class: "race-break", style: { "--x": percent(offset / axis.length) } })),
        chart.lines.map(({ y, text }) => h("i", { key: `line-${text}`, class: "race-line", style: { "--y": percent(y) } }, h("b", null, text))),
        h("svg", { key: "lines", class: "race-lines", viewBox: `0 0 ${FIELD.width} ${FIELD.height}`, preserveAspectRatio: "none" },
          chart.sides.map(({ side, path }) => drawn(path, side))),
        chart.lanes ? SIDES.map((side) => h("span", { key: `lane-${side}`, class: "race-lane", style: { "--y": percent(LANES[side]) } }, fixture[side].name)) : null,
        depth !== "none" && !match.complete ? h("p", { key: "note", class: "race-note" }, `${chart.label}…`) : null,
        h("i", { key: "now", class: "race-now" }),
        chart.sides.flatMap(({ side, marks }) => marks.map(({ event, x, y, nudge }) => h("span", {
          key: `${event.id} ${event.type}`,
          class: `race-mark race-${event.type} of-${side}`,
          title: inOneLine(event),
          style: { "--x": percent(x), "--y": percent(y), "--nudge": String(nudge ?? 0) },
        }, icon(naming(event).sign)))),
        chart.sides.map(({ side, count, end }) => h("span", { key: `end-${side}`, class: `race-end of-${side}`, style: { "--y": percent(end) } },
          count, h("small", null, ` ${[...fixture[side].short].slice(0, 4).join("")}`)))),
      h("div", { class: "race-ticks" }, ticks(axis, !CALLED_OFF.includes(match?.status)).map(({ place, text, end }, at) => h("span", {
        key: at, class: `race-tick ${end ? "race-tick-end" : ""}`, style: { "--x": percent(place / axis.length) },
      }, text)))));
}

const key = (fixture) => h("ul", { class: "race-key" }, SIDES.map((side) => h("li", { key: side },
  h("svg", { class: "race-sample", viewBox: "0 0 26 8", "aria-hidden": "true" }, drawn("M1 4H25", side)),
  h("span", null, fixture[side].short))));

/** A side's line, drawn twice: the outline shows it on any ground. Whose it is stands at its end. */
const drawn = (d, side) => h("g", { key: side, class: `race-way of-${side}` }, h("path", { d, class: "way-casing" }), h("path", { d, class: "way-colour" }));

const stoppages = ({ periods, length }) => periods.filter(({ clock, stoppage, length }) => clock + length > stoppage).map((one) => h("i", {
  key: `stoppage-${one.period}`,
  class: "race-stoppage",
  style: { "--x": percent((one.offset + one.stoppage - one.clock) / length), "--width": percent((one.clock + one.length - one.stoppage) / length) },
}));

/** Keeps the playhead where the replay is. What lies behind it is hidden by the style sheet. */
function moveNow(model) {
  let last = null;
  return (element) => {
    const { fixture, match } = model;
    const phases = fixture && model.phasesOf(fixture.id);
    if (!match) return;
    const { axis, last: told } = axisOf(match, phases);
    // Without a timeline what has been told says how far it is.
    const share = percent((phases?.length ? placeAt(axis, phases, model.at()) : told) / axis.length);
    if (share !== last) element.style.setProperty("--now", (last = share));
  };
}

/** The axis for each frame of the screen: it changes only when something is told. */
let known = { match: null, phases: null, axis: null, last: 0 };
function axisOf(match, phases) {
  if (known.match !== match || known.phases !== phases) {
    const axis = playingTime(phases, match.happenings);
    known = { match, phases, axis, last: inPlace(axis, match.happenings).at(-1)?.place ?? 0 };
  }
  return known;
}

function shotsChart(match, fixture, happened, axis) {
  const steps = { home: shotSteps(happened, "home"), away: shotSteps(happened, "away") };
  const { most, lines } = scaleFor(Math.max(steps.home.length, steps.away.length));
  const height = (count) => 1 - count / most;
  const ends = apart(height(steps.home.length), height(steps.away.length));
  const counts = { home: steps.home.length, away: steps.away.length };
  return {
    label: `${bothInWords("Shots over time", fixture, counts)}.${goalsInWords(happened, fixture)}`,
    lines: lines.map((count) => ({ y: height(count), text: count })),
    sides: SIDES.map((side) => ({
      side,
      count: counts[side],
      end: ends[side],
      path: steppedPath(steps[side], axis.length, most, FIELD),
      marks: goalsOn(happened, steps[side], side).map(({ event, place, count }) => ({ event, x: place / axis.length, y: height(count) })),
    })),
  };
}

/** The counts at the ends of two lines, so far apart that both can be read. */
function apart(home, away) {
  const least = 0.2;
  const gap = Math.abs(home - away);
  if (gap >= least) return { home, away };
  const middle = Math.min(Math.max((home + away) / 2, least / 2), 1 - least / 2);
  const up = home <= away ? "home" : "away";
  return { home: middle + (up === "home" ? -least : least) / 2, away: middle + (up === "away" ? -least : least) / 2 };
}

function goalsChart(match, fixture, happened, axis) {
  const score = playedScore(match);
  const cards = { home: 0, away: 0 };
  const marked = (side) => {
    let [last, nudge] = [-1, 0];
    return happened
      .filter(({ event }) => event.side === side && (event.type === "goal" || CARDS.includes(event.type)))
      .map(({ event, place }) => {
        const x = place / axis.length;
        nudge = x - last < NEAR ? nudge + 1 : 0;
        last = x;
        if (event.type !== "goal") cards[side] += 1;
        return { event, x, y: LANES[side], nudge };
      });
  };
  const sides = SIDES.map((side) => ({
    side,
    count: score[side],
    end: LANES[side],
    path: `M0 ${LANES[side] * FIELD.height}H${FIELD.width}`,
    marks: marked(side),
  }));
  return {
    label: `${bothInWords("Goals", fixture, score)}. ${bothInWords("Cards", fixture, cards)}.${goalsInWords(happened, fixture)}`,
    lanes: true,
    lines: [],
    sides,
  };
}

function goalsInWords(happened, fixture) {
  const goals = happened.filter(({ event }) => event.type === "goal");
  return goals.map(({ event }) => ` ${inOneLine(event)}, for ${fixture[event.side].name}.`).join("");
}
