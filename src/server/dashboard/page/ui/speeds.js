/** The speeds that are offered. */

export const SPEEDS = [1, 2, 5, 10, 20, 60, 120, "max"];

/** How many times as fast as the clock on the wall. */
export const factor = (speed) => (speed === "max" ? Infinity : speed);

/** The next speed of the list, up (`by` 1) or down (-1), from any: from 37 it is 60 or 20. */
export function nextSpeed(speed, by) {
  const beyond = by > 0 ? SPEEDS.find((other) => factor(other) > factor(speed)) : SPEEDS.findLast((other) => factor(other) < factor(speed));
  return beyond ?? (by > 0 ? SPEEDS.at(-1) : SPEEDS[0]);
}

/** The list with the speed in its place, if it is not one of it. */
export const speedsWith = (speed) => (SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => factor(a) - factor(b)));

/** A speed as people read it: three digits that count, whole ones all the same: `13.7` of 13.666666666666668, `1234`. */
export const speedNumber = (speed) => (speed >= 100 ? Math.round(speed) : Number(speed.toPrecision(3)));

export const speedText = (speed) => (speed === "max" ? "max" : `${speedNumber(speed)}×`);
