/** The speeds on offer. */

export const SPEEDS = [1, 2, 5, 10, 20, 60, 120, "max"];

/** A speed as a multiple of real time. */
export const factor = (speed) => (speed === "max" ? Infinity : speed);

/** The next speed of the list, up (`by` 1) or down (-1), from any speed: from 37 to 60 or 20. */
export function nextSpeed(speed, by) {
  const beyond = by > 0 ? SPEEDS.find((other) => factor(other) > factor(speed)) : SPEEDS.findLast((other) => factor(other) < factor(speed));
  return beyond ?? (by > 0 ? SPEEDS.at(-1) : SPEEDS[0]);
}

/** The list, with the speed inserted if missing. */
export const speedsWith = (speed) => (SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => factor(a) - factor(b)));

/** A speed with three significant digits, or whole: `13.7` for 13.666666666666668, `1234`. */
export const speedNumber = (speed) => (speed >= 100 ? Math.round(speed) : Number(speed.toPrecision(3)));

export const speedText = (speed) => (speed === "max" ? "max" : `${speedNumber(speed)}×`);
