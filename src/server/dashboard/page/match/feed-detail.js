/** How detailed a feed is. A feed of goals and cards only must not appear as a match without shots. */
import { SIDES } from "../client.js";
import { playedScore } from "../ui/goals.js";

const DETAIL_COUNTS = ["corners", "fouls", "offsides", "saves", "woodwork", "shots_blocked", "shots_off_target", "passes"];

const PLAIN_COUNTS = ["yellow_cards", "red_cards", "substitutions"];

/**
 * `detail` if anything but goals, cards and substitutions occurred, `plain` if only these did, `none` before. Based on the
 * statistics, which are correct before the history is complete.
 */
export function feedDetail(match) {
  const hasAny = (names) => SIDES.some((side) => names.some((name) => match.statistics[side][name] > 0));
  const showsShots = SIDES.some((side) => match.statistics[side].shots_on_target > goalsOf(match, side));
  if (showsShots || hasAny(DETAIL_COUNTS)) return "detail";
  const { home, away } = playedScore(match);
  return hasAny(PLAIN_COUNTS) || home + away > 0 ? "plain" : "none";
}

/** The goals of a side that were shots: an own goal is no shot of the side that it counts for. */
function goalsOf(match, side) {
  return match.happenings.filter(({ event, removed }) => !removed && event.type === "goal" && event.side === side && !event.own_goal).length;
}

/** Two counts as text: "Shots: Juventus 4, Napoli 13". */
export const bothSidesText = (name, fixture, counts) => `${name}: ${fixture.home.name} ${counts.home}, ${fixture.away.name} ${counts.away}`;
