/** Finds the open VAR review of a match. */
import { clockMs } from "../client.js";
import { FINISHED } from "./labels.js";

/** Restarts of play: under the laws, incidents before one can no longer be reviewed. */
const RESTARTS = ["corner", "free_kick", "throw_in", "goal_kick", "kick_off", "drop_ball", "penalty_missed"];
const ENDS = ["period_start", "match_end", "abandoned", "postponed"];

/**
 * The `var_review` that is still open, the last of several, or `null`. A review ends with its decision; when it or its subject
 * is removed; when its subject is confirmed or changes its type; and when play has continued without a decision.
 */
export function openVarReview(match) {
  if (!match || FINISHED.includes(match.status)) return null;
  let open = [];
  for (const { event, removed } of match.happenings) {
    if (removed) continue;
    if (event.type === "var_review") open.push(event);
    else if (event.type === "var_decision") open = open.filter((review) => review !== reviewDecidedBy(open, event));
    else if (ENDS.includes(event.type)) open = [];
    else if (isRestart(event)) open = open.filter((review) => !isAfter(event, review));
  }
  const subject = (review) => review.about && match.happenings.find(({ id }) => id === review.about);
  return open.findLast((review) => !isResolved(subject(review), review)) ?? null;
}

/** The review that a decision answers: of the same subject, else of the same question, else the last. */
function reviewDecidedBy(open, { about, question }) {
  const sameValue = (field, value) => value !== undefined && open.findLast((review) => review[field] === value);
  return sameValue("about", about) || sameValue("question", question) || open.at(-1);
}

const isRestart = ({ type, situation }) => RESTARTS.includes(type) || (type === "goal" && situation === "penalty");
const isAfter = (event, review) => event.period !== review.period || clockMs(event.clock) >= clockMs(review.clock);

/** Whether the subject of a review has been corrected since, so that nothing is left to review. A snapshot has no order. */
function isResolved(subject, review) {
  if (!subject) return false;
  const { event, was, removed } = subject;
  return removed || (event.n > review.n && (event.confirmed === true || was.some(({ type }) => type !== event.type)));
}
