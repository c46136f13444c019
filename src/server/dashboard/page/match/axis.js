/**
 * The time in which the ball was in play, all periods in a row: breaks are left out, stoppage time is not. A place on it is
 * in ms from kick-off.
 */
import { clockMs } from "../client.js";

const MINUTE = 60_000;
const HALF = 45 * MINUTE;
const EXTRA_HALF = 15 * MINUTE;

/**
 * By the `phases` of the timeline, as far as there are any, and what has been told: `{ periods, length }`, each period with
 * its number, the clock that it begins with (`clock`) and that its stoppage time begins with (`stoppage`), its `offset` on
 * the axis and its `length`. The regular halves are always there, extra time where there is one.
 */
export function playingTime(phases, happenings) {
  const played = new Map();
  const learn = (period, facts) => {
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
    learn(period, { clock: begins, until: begins + Math.max(0, (to ?? from) - from), stoppage: stoppage === undefined ? undefined : begins + stoppage - from });
  }
  for (const { event } of happenings) {
    if (inPeriods(event.period)) learn(event.period, { until: clockMs(event.clock) });
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

/** The place of a clock of a period; `null` outside all periods. */
export function placeOf({ periods }, period, clock) {
  const of = periods.find((one) => one.period === period);
  return of ? of.offset + Math.max(0, Math.min(clock - of.clock, of.length)) : null;
}

/** The place of a moment of the timeline: in a break that of the end of what was played before it. */
export function placeAt(axis, phases, at) {
  const phase = phases?.findLast(({ period, from }) => inPeriods(period) && from <= at);
  if (!phase) return 0;
  const place = placeOf(axis, phase.period, clockMs(phase.clock) + Math.min(at, phase.to ?? at) - phase.from);
  const next = phases.find(({ from }) => from > phase.from);
  const over = next && next.status !== "suspended" && at >= next.from;
  const { offset, length } = axis.periods.find(({ period }) => period === phase.period);
  return over ? offset + length : place;
}

/** The happenings that stand, each with its place; what happened outside play stands where play was then. */
export function inPlace(axis, happenings) {
  let last = 0;
  return happenings.filter(({ removed }) => !removed).map(({ event }) => {
    const place = placeOf(axis, event.period, clockMs(event.clock ?? "")) ?? (event.period === 5 ? axis.length : last);
    last = Math.max(last, place);
    return { event, place };
  }).sort((one, other) => one.place - other.place);
}

/** The minutes that an axis names: quarters of an hour, and the ends of halves by their names; `isWhole`: the match may come to its end. */
export function ticks({ periods }, isWhole = true) {
  const quarter = 15 * MINUTE;
  return periods.flatMap(({ period, clock, stoppage, offset, length }) => {
    const inside = [];
    for (let at = Math.floor(clock / quarter) * quarter + quarter; at < stoppage; at += quarter) inside.push({ place: offset + at - clock, text: `${at / MINUTE}′` });
    return [...inside, { place: offset + length, text: isWhole || period === 1 ? ENDS[period](periods) : `${stoppage / MINUTE}′`, end: true }];
  });
}

const ENDS = {
  1: () => "HT",
  2: (periods) => (periods.length > 2 ? "90′" : "FT"),
  3: () => "",
  4: () => "FT",
};
