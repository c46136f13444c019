/** The status and score of matches, as far as known: without events, only the matches nearest in time have a snapshot. */
import { isAwarded, playedScore } from "../ui/goals.js";
import { isCutShort } from "../ui/status.js";
import { FINISHED, IN_PLAY } from "../ui/labels.js";

/** Statuses without goals to count. */
const WITHOUT_GOALS = ["scheduled", "postponed"];
const NO_GOALS = Object.freeze({ home: 0, away: 0 });

/** A match without a snapshot: only the timeline is known. */
const withoutEvents = (status, score) => ({ status, score, played: score, awarded: false });

/**
 * The `{ status, score, played, awarded }` of a match; `played` is the score as played, if the result is `awarded`; `null`
 * where unknown.
 */
export function matchSummary(model, id) {
  const match = model.state.matches[id];
  // A tick also has what a sparse feed omits: that the second half has begun.
  if (match) return { status: model.statusOf(id), score: match.score, played: playedScore(match), awarded: isAwarded(match) };
  const phases = model.phasesOf(id);
  if (!phases) return withoutEvents(null, null);
  const begun = phases.length > 0 && phases[0].from <= model.at();
  const status = begun ? model.readingOf(id).status : "scheduled";
  return withoutEvents(status, WITHOUT_GOALS.includes(status) ? NO_GOALS : null);
}

const isUnfinished = (status) => Boolean(status) && !WITHOUT_GOALS.includes(status) && !FINISHED.includes(status);

/** Whether a match has begun and is not over: also at half-time. */
export const isInProgress = (playback, status) => isUnfinished(status) && !isCutShort(playback, status);

/**
 * How many matches are in progress, over, awarded, to come and called off, each counted once under what its card says, and the goals played in all;
 * `goals` is `null` if those of any match are unknown.
 */
export function totalsOf(summaries) {
  const sum = { on: 0, over: 0, awarded: 0, ahead: 0, off: 0, goals: 0 };
  for (const { status, played, awarded } of summaries) {
    if (awarded && !IN_PLAY.includes(status)) sum.awarded += 1;
    else if (isUnfinished(status)) sum.on += 1;
    else if (status === "full_time") sum.over += 1;
    else if (status === "scheduled") sum.ahead += 1;
    else if (status) sum.off += 1;
    sum.goals = played && sum.goals !== null ? sum.goals + played.home + played.away : null;
  }
  return sum;
}
