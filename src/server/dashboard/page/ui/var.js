/** Whether the video assistant is checking something in a match. */
import { clockMs } from "../client.js";
import { FINISHED } from "./words.js";

/** What brings play back: by the laws nothing that was before it is checked any more. */
const RESTARTS = ["corner", "free_kick", "throw_in", "goal_kick", "kick_off", "drop_ball", "penalty_missed"];
const ENDS = ["period_start", "match_end", "abandoned", "postponed"];

/**
 * The `var_review` that is still open, the last of several, or `null`. It ends with its decision; when it or what it is about
 * is taken back; when what it is about is confirmed or becomes something else; and when play has gone on without a decision.
 */
export function runningCheck(match) {
  if (!match || FINISHED.includes(match.status)) return null;
  let open = [];
  for (const { event, removed } of match.happenings) {
    if (removed) continue;
    if (event.type === "var_review") open.push(event);
    else if (event.type === "var_decision") open = open.filter((review) => review !== decided(open, event));
    else if (ENDS.includes(event.type)) open = [];
    else if (isRestart(event)) open = open.filter((review) => !follows(event, review));
  }
  const about = (review) => review.about && match.happenings.find(({ id }) => id === review.about);
  return open.findLast((review) => !settled(about(review), review)) ?? null;
}

/** The review that a decision answers: of the same event, else of the same question, else the last. */
function decided(open, { about, question }) {
  const alike = (field, value) => value !== undefined && open.findLast((review) => review[field] === value);
  return alike("about", about) || alike("question", question) || open.at(-1);
}

const isRestart = ({ type, situation }) => RESTARTS.includes(type) || (type === "goal" && situation === "penalty");
const follows = (event, review) => event.period !== review.period || clockMs(event.clock) >= clockMs(review.clock);

/** Whether what a review is about has been corrected since so that nothing is left to check. A snapshot does not say when. */
function settled(about, review) {
  if (!about) return false;
  const { event, was, removed } = about;
  return removed || (event.n > review.n && (event.confirmed === true || was.some(({ type }) => type !== event.type)));
}
