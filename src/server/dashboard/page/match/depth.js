/** How much a feed tells. One that tells goals and cards only must not be shown as a match without shots. */
import { SIDES } from "../client.js";

const DETAIL = ["corners", "fouls", "offsides", "saves", "woodwork", "shots_blocked", "shots_off_target"];

/** Whether a match is told in detail: anything but goals, cards and substitutions. Statistics know it before the past is complete. */
export function inDetail(match) {
  return SIDES.some((side) => {
    const told = match.statistics[side];
    return DETAIL.some((name) => told[name] > 0) || (told.shots_on_target ?? 0) > goalsOf(match, side);
  });
}

/** The goals of a side that were shots: an own goal is credited, but nobody's shot. */
function goalsOf(match, side) {
  return match.happenings.filter(({ event, removed }) => !removed && event.type === "goal" && event.side === side && !event.own_goal).length;
}

/** Two counts in words: "Shots: Juventus 4, Napoli 13". */
export const bothInWords = (name, fixture, counts) => `${name}: ${fixture.home.name} ${counts.home}, ${fixture.away.name} ${counts.away}`;
