/**
 * The axis of playing time: all periods in a row, with stoppage time and without breaks. A position on it is in ms from
 * kick-off.
 */
import { clockMs } from "../client.js";

const MINUTE = 60_000;
const HALF = 45 * MINUTE;
const EXTRA_HALF = 15 * MINUTE;

/**
 * Builds the axis from the timeline's `phases`, where known, and the events so far: `{ periods, length }`. Each period has its
 * number, its clock at the start (`clock`) and at the start of stoppage time (`stoppage`), its `offset` on the axis and its
 * `length`. Both regular halves are always included, extra time only if played.
 */
export function playingTime(phases, happenings) {
  const played = new Map();
  const record = (period, facts) => {
    const known = played.get(period) ?? {};
    const clock = Math.min(known.clock ?? Infinity, facts.clock ?? Infinity);
    played.set(period, {
      clock,
      stoppage: known.stoppage ?? facts.stoppage,
      until: Math.max(known.until ?? 0, facts.until ?? 0),
    });
  };
  for (const { period, clock, from, to, stoppage } of phases ?? []) {
    if (!inPeriods(period)) continue;
    const begins = clockMs(clock);
    record(period, { clock: begins, until: begins + Math.max(0, (to ?? from) - from), stoppage: stoppage === undefined ? undefined : begins + stoppage - from });
  }
  for (const { event } of happenings) {
    if (inPeriods(event.period)) record(event.period, { until: clockMs(event.clock) });
  }
  const periods = [];
  let [offset, clock] = [0, 0];
  for (const period of [1, 2, 3, 4]) {
    const facts = played.get(period);
    if (!facts && period > 2) continue;
    const begins = Number.isFinite(facts?.clock) ? facts.clock : clock;
    const usual = period > 2 ? EXTRA_HALF : (periods[0] ? periods[0].stoppage - periods[0].clock : HALF);
    const stoppage = facts?.stoppage ?? begins + usual;
    const length = Math.max(stoppage, facts?.until ?? 0) - begins;
    periods.push({ period, clock: begins, stoppage, offset, length });
    [offset, clock] = [offset + length, stoppage];
  }
  return { periods, length: offset };
}

const inPeriods = (period) => period >= 1 && period <= 4;

/** The axis position of a period's clock; `null` outside all periods. */
export function axisPosition({ periods }, period, clock) {
  const of = periods.find((one) => one.period === period);
  return of ? of.offset + Math.max(0, Math.min(clock - of.clock, of.length)) : null;
}

/** The axis position of a position of the timeline; in a break, the end of the period before it, but not where the match was interrupted. */
export function axisPositionAt(axis, phases, at) {
  const phase = phases?.findLast(({ period, from }) => inPeriods(period) && from <= at);
  if (!phase) return 0;
  const position = axisPosition(axis, phase.period, clockMs(phase.clock) + Math.min(at, phase.to ?? at) - phase.from);
  const next = phases.find(({ from }) => from > phase.from);
  const over = next && !["suspended", "abandoned"].includes(next.status) && at >= next.from;
  const { offset, length } = axis.periods.find(({ period }) => period === phase.period);
  return over ? offset + length : position;
}

/** The events that stand, each with its axis position. An event outside play gets the last position before it. */
export function eventsOnAxis(axis, happenings) {
  let last = 0;
  return happenings.filter(({ removed }) => !removed).map(({ event }) => {
    const position = (event.clock ? axisPosition(axis, event.period, clockMs(event.clock)) : null) ?? (event.period === 5 ? axis.length : last);
    last = Math.max(last, position);
    return { event, position };
  }).sort((one, other) => one.position - other.position);
}

/** The labels of an axis: quarters of an hour, and names at the ends of halves. `isWhole`: the match may reach its end. */
export function ticks({ periods }, isWhole = true) {
  const quarter = 15 * MINUTE;
  return periods.flatMap(({ period, clock, stoppage, offset, length }) => {
    const inside = [];
    for (let at = Math.floor(clock / quarter) * quarter + quarter; at < stoppage; at += quarter) inside.push({ position: offset + at - clock, text: `${at / MINUTE}′` });
    return [...inside, { position: offset + length, text: isWhole || period === 1 ? ENDS[period](periods) : `${stoppage / MINUTE}′`, end: true }];
  });
}

const ENDS = {
  1: () => "HT",
  2: (periods) => (periods.length > 2 ? "90′" : "FT"),
  3: () => "",
  4: () => "FT",
};
