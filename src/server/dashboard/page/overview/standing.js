/** How matches stand, as far as it is known: only those nearest in time are told of before something happens in them. */
import { isAwarded, playedScore } from "../ui/goals.js";
import { isCutShort } from "../ui/status.js";
import { FINISHED } from "../ui/words.js";

/** Statuses in which a match has no goals to count. */
const BEFORE = ["scheduled", "postponed"];
const LEVEL = Object.freeze({ home: 0, away: 0 });

/** What is known of a match that nobody has told of: the timeline only. */
const untold = (status, score) => ({ status, score, played: score, awarded: false });

/** `{ status, score, played, awarded }` of a match: the score, and as it was `played` where a result is `awarded`; `null` where it is not known. */
export function standing(model, id) {
  const match = model.state.matches[id];
  // A tick also says what a sparse feed does not tell: that the second half has begun.
  if (match) return { status: model.statusOf(id), score: match.score, played: playedScore(match), awarded: isAwarded(match) };
  const phases = model.phasesOf(id);
  if (!phases) return untold(null, null);
  const begun = phases.length > 0 && phases[0].from <= model.at();
  const status = begun ? model.readingOf(id).status : "scheduled";
  return untold(status, BEFORE.includes(status) ? LEVEL : null);
}

const isUnfinished = (status) => Boolean(status) && !BEFORE.includes(status) && !FINISHED.includes(status);

/** Whether a match has begun and goes on: also at half-time. */
export const isOn = (playback, status) => isUnfinished(status) && !isCutShort(playback, status);

/** How many are unfinished, over, awarded without a final whistle, to come and called off, and the goals played in all; `goals` is `null` where some match's are not known. */
export function summed(standings) {
  const sum = { on: 0, over: 0, awarded: 0, ahead: 0, off: 0, goals: 0 };
  for (const { status, played, awarded } of standings) {
    if (isUnfinished(status)) sum.on += 1;
    else if (status === "full_time") sum.over += 1;
    else if (awarded) sum.awarded += 1;
    else if (status === "scheduled") sum.ahead += 1;
    else if (status) sum.off += 1;
    sum.goals = played && sum.goals !== null ? sum.goals + played.home + played.away : null;
  }
  return sum;
}
