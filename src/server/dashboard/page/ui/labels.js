/** The labels and icons of events and match statuses. */
import { delayText, minuteText, scoreText } from "./format.js";
import { shortName } from "./names.js";

export const STATUS = {
  scheduled: "Before kick-off",
  first_half: "1st half",
  half_time: "Half-time",
  second_half: "2nd half",
  extra_time_break: "Before extra time",
  extra_first_half: "Extra time, 1st half",
  extra_half_time: "Half-time of extra time",
  extra_second_half: "Extra time, 2nd half",
  shootout_break: "Before the shoot-out",
  shootout: "Shoot-out",
  full_time: "Full time",
  suspended: "Suspended",
  abandoned: "Abandoned",
  postponed: "Postponed",
};

/** How a result came about, if not in normal time, with a short form. */
export const RESULTS = {
  awarded: { word: "Awarded", short: "Awarded" },
  extra_time: { word: "After extra time", short: "AET" },
  penalties: { word: "After penalties", short: "After pens" },
};

/** Statuses with the ball in play. */
export const IN_PLAY = ["first_half", "second_half", "extra_first_half", "extra_second_half", "shootout"];
/** Statuses after which no event follows. */
export const FINISHED = ["full_time", "abandoned", "postponed"];
/** Finished without a final whistle. */
export const CALLED_OFF = ["abandoned", "postponed"];

const PERIOD_STARTS = { 1: "1st half begins", 2: "2nd half begins", 3: "Extra time begins", 4: "Extra time, 2nd half begins", 5: "Shoot-out begins" };
const PERIOD_ENDS = { 1: "Half-time", 2: "2nd half ends", 3: "Half-time of extra time", 4: "Extra time ends", 5: "Shoot-out ends" };
const SHOTS = {
  off_target: "off target",
  saved: "saved",
  blocked: "blocked",
  woodwork: "hits the woodwork",
  saved_woodwork: "saved onto the woodwork",
};
const VAR_QUESTIONS = { goal: "goal", penalty: "penalty", red_card: "red card", identity: "identity" };
const SITUATIONS = { corner: "from a corner", free_kick: "from a free kick", penalty: "penalty", throw_in: "from a throw-in" };
const BODY_PARTS = { head: "header", left_foot: "left foot", right_foot: "right foot" };

/**
 * The label of an event, `{ sign, title, weight }`: the name of its icon, its title, and `headline`, `key` (belongs in a
 * summary) or `minor`.
 */
export function eventLabel(event) {
  const { type, outcome, question } = event;
  switch (type) {
    case "goal":
      if (event.own_goal) return { sign: "ball", title: "Own goal", weight: "headline" };
      return { sign: "ball", title: event.situation === "penalty" ? "Goal, penalty" : "Goal", weight: "headline" };
    case "disallowed_goal":
      return { sign: "no-goal", title: "No goal", weight: "key" };
    case "penalty_missed":
      return { sign: "miss", title: `Penalty ${SHOTS[outcome] ?? "missed"}`, weight: "headline" };
    case "penalty_awarded":
      return { sign: "penalty", title: "Penalty", weight: "headline" };
    case "shootout_penalty":
      return {
        sign: outcome === "scored" ? "ball" : "miss",
        title: `Penalty ${outcome === "scored" || outcome === "saved" ? outcome : "missed"}`,
        weight: "key",
      };
    case "yellow_card":
      return { sign: "yellow-card", title: "Yellow card", weight: "key" };
    case "second_yellow_card":
      return { sign: "second-yellow", title: "Second yellow, sent off", weight: "headline" };
    case "red_card":
      return { sign: "red-card", title: "Red card", weight: "headline" };
    case "substitution":
      return { sign: "swap", title: "Substitution", weight: "key" };
    case "position_change":
      // `participants` completes the sentence.
      return { sign: event.position === "GK" ? "glove" : "sheet", title: "", weight: "key" };
    case "var_review":
      return { sign: "var", title: `VAR check${question ? `: ${VAR_QUESTIONS[question] ?? question}` : ""}`, weight: "key" };
    case "var_decision":
      return { sign: "var", title: `VAR${question ? `, ${VAR_QUESTIONS[question] ?? question}` : ""}: ${varOutcome(event)}`, weight: "key" };
    case "period_start":
      return { sign: "whistle", title: PERIOD_STARTS[event.period] ?? "Play begins", weight: "key" };
    case "period_end":
      return { sign: "whistle", title: PERIOD_ENDS[event.period] ?? "Play ends", weight: "key" };
    case "match_end":
      return { sign: "whistle", title: FINISHED.includes(event.status) ? STATUS[event.status] : "Full time", weight: "headline" };
    case "suspended":
    case "resumed":
    case "abandoned":
    case "postponed":
      return { sign: "whistle", title: capitalised(type), weight: "headline" };
    case "delayed":
      return { sign: "clock", title: `Kick-off ${delayText(event.delay)}`, weight: "headline" };
    case "awarded":
      // After a removal the score is the one played.
      return { sign: "whistle", title: event.op === "remove" ? "Awarded" : `Awarded ${scoreText(event.score)}`, weight: "headline" };
    case "added_time":
      return { sign: "clock", title: `${event.minutes ?? "?"} min added`, weight: "key" };
    case "shot":
      return { sign: "shot", title: `Shot ${SHOTS[outcome] ?? ""}`.trim(), weight: outcome?.includes("woodwork") ? "key" : "minor" };
    case "save":
      return { sign: "glove", title: "Save", weight: "minor" };
    case "injury":
      return { sign: "injury", title: "Injury", weight: "key" };
    case "corner":
      return { sign: "corner", title: "Corner", weight: "minor" };
    case "offside":
      return { sign: "offside", title: "Offside", weight: "minor" };
    case "lineup":
      return { sign: "sheet", title: "Line-up", weight: "minor" };
    case "commentary":
      return { sign: "voice", title: "", weight: "minor" };
    default:
      return { sign: SIGNS[type] ?? "dot", title: capitalised(type), weight: "minor" };
  }
}

const CARDS = ["yellow_card", "second_yellow_card", "red_card"];
const SIGNS = { free_kick: "ball-outline", kick_off: "whistle", foul: "foul" };
const varOutcome = ({ outcome }) => ({ upheld: "decision stands", overturned: "decision overturned" })[outcome] ?? outcome ?? "decided";

/** Whether an event belongs in a summary: also if it has a text or was corrected. */
export function isKeyEvent({ event, was }) {
  return eventLabel(event).weight !== "minor" || Boolean(event.text) || was.length > 0;
}

/** A word of the protocol with spaces: `time_wasting` is "time wasting". */
export const spaced = (word) => String(word).replaceAll("_", " ");

/** The same at the beginning of a line: `drop_ball` is "Drop ball". */
export function capitalised(word) {
  const text = spaced(word);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The noun for a removed event whose type is not one. */
const REMOVAL_NOUNS = {
  penalty_awarded: "Penalty", penalty_missed: "Missed penalty", shootout_penalty: "Penalty", var_review: "VAR check", var_decision: "VAR decision",
  period_start: "Start of the period", period_end: "End of the period", match_end: "End of the match", suspended: "Suspension", resumed: "Resumption",
  abandoned: "Abandonment", postponed: "Postponement", delayed: "Delay", awarded: "Award", player_off: "Absence", player_on: "Return", lineup: "Line-up",
  kick_off: "Kick-off", ball_out: "Ball out of play",
};

/** The title of a removed event: "Postponement taken back". */
export const removalTitle = ({ type }) => (type === "goal" ? "No goal" : `${REMOVAL_NOUNS[type] ?? capitalised(type)} taken back`);

/** The people of an event: "Koulibaly", "Lichtsteiner for Chiellini", "Sarri (coach)", "Chiellini goes in goal". */
export function participants(event) {
  if (event.type === "substitution") return [shortName(event.in), shortName(event.out)].filter(Boolean).join(" for ");
  const name = shortName(event.player);
  if (event.type === "position_change" && event.position) return `${name} ${event.position === "GK" ? "goes in goal" : `now plays ${event.position}`}`;
  return event.player?.role === "coach" ? `${name} (coach)` : name;
}

/** The types whose title has the outcome. */
const TITLED_OUTCOMES = ["shot", "penalty_missed", "shootout_penalty", "var_decision"];

/** The details of an event: "header, from a corner, assist Callejón". */
export function eventDetails(event) {
  const parts = [
    BODY_PARTS[event.body_part],
    event.situation === "penalty" && event.type === "goal" ? null : SITUATIONS[event.situation],
    event.outcome && !TITLED_OUTCOMES.includes(event.type) && spaced(event.outcome),
    event.assist && `assist ${shortName(event.assist)}`,
    event.fouled && `on ${shortName(event.fouled)}`,
    event.recipient && `to ${shortName(event.recipient)}`,
    event.opponent && `against ${shortName(event.opponent)}`,
    event.key_pass && "key pass",
    event.reason && spaced(event.reason),
  ];
  return parts.filter(Boolean).join(", ");
}

/** The text of a card without a player, such as a coach's: "The coach is sent off." */
export const unnamedCardText = ({ type, player, text }) => (CARDS.includes(type) && !player && text) || "";

/** An event in one line: "89′ Goal, Koulibaly". */
export function oneLineLabel(event) {
  const { title } = eventLabel(event);
  return [minuteText(event), [title, participants(event)].filter(Boolean).join(", ")].filter(Boolean).join(" ");
}
