/** The order of matches by kick-off, and the format of kick-offs. */
import { timeText } from "../ui/format.js";

const moment = ({ kickoff }) => {
  const time = Date.parse(kickoff);
  return Number.isNaN(time) ? Infinity : time;
};

/** By kick-off, then in the order of the scenario; matches without a kick-off last. */
export function byKickoff(fixtures) {
  // Infinity minus Infinity is NaN, which sorts as equal.
  return [...fixtures].sort((one, other) => moment(one) - moment(other));
}

const DAY = 24 * 3600 * 1000;

/**
 * Returns a function that formats one of these kick-offs, in ms since 1970, with the day if they differ: `18:45`, `Sun 18:45`
 * or `22 Apr, 18:45`.
 */
export function kickoffFormatter(kickoffs) {
  const times = kickoffs.filter(Number.isFinite);
  const day = (time) => new Date(time).toDateString();
  const oneDay = new Set(times.map(day)).size <= 1;
  const oneWeek = Math.max(...times) - Math.min(...times) < 6 * DAY;
  return (kickoff) => {
    const time = timeText(kickoff);
    if (!time || oneDay) return time;
    const date = new Date(kickoff);
    if (oneWeek) return `${date.toLocaleDateString("en-GB", { weekday: "short" })} ${time}`;
    return `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
  };
}
