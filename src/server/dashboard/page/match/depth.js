/** How much a feed tells. One that tells goals and cards only must not be shown as a match without shots. */
import { SIDES } from "../client.js";
import { playedScore } from "../ui/goals.js";

const DETAIL = ["corners", "fouls", "offsides", "saves", "woodwork", "shots_blocked", "shots_off_target", "passes"];

const PLAIN = ["yellow_cards", "red_cards", "substitutions"];

/**
 * `detail` where anything but goals, cards and substitutions has been told, `plain` where only these have, `none` while
 * nothing says. By the statistics, which are right before the past is complete.
 */
export function depthOf(match) {
  const told = (names) => SIDES.some((side) => names.some((name) => match.statistics[side][name] > 0));
  const wide = SIDES.some((side) => match.statistics[side].shots_on_target > goalsOf(match, side));
  if (wide || told(DETAIL)) return "detail";
  const { home, away } = playedScore(match);
  return told(PLAIN) || home + away > 0 ? "plain" : "none";
}

/** The goals of a side that were shots: an own goal is credited, but nobody's shot. */
function goalsOf(match, side) {
  return match.happenings.filter(({ event, removed }) => !removed && event.type === "goal" && event.side === side && !event.own_goal).length;
}

/** Two counts in words: "Shots: Juventus 4, Napoli 13". */
export const bothInWords = (name, fixture, counts) => `${name}: ${fixture.home.name} ${counts.home}, ${fixture.away.name} ${counts.away}`;
