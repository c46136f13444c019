/** Announcements for screen readers: goals, cards, changes of status, the connection; never the clock. */
import { eventLabel, oneLineLabel, spaced, STATUS } from "./labels.js";

const ANNOUNCED_WEIGHTS = ["headline"];
const ANNOUNCED_TYPES = ["yellow_card", "period_start", "period_end", "disallowed_goal", "var_decision"];
/** The types that are announced of matches other than the selected one. */
const OTHER_MATCH_TYPES = ["goal", "disallowed_goal"];
/** Events within this time, in ms, are announced together. Beyond `MAX_ANNOUNCEMENTS` only the score is. */
const BATCH_MS = 1_000;
const MAX_ANNOUNCEMENTS = 3;

let pending = [];

/** Announces an event with the score after it; of many at once, the last goal. */
export function announce(event, model) {
  if (!isAnnounced(event, model.fixture)) return;
  pending.push(event);
  if (pending.length > 1) return;
  setTimeout(() => {
    const lines = announcementsFor(pending, model.fixtures);
    pending = [];
    const region = document.querySelector("#announcements");
    if (!region) return;
    for (const text of lines) {
      const line = document.createElement("p");
      line.textContent = text;
      region.append(line);
    }
    while (region.childElementCount > MAX_ANNOUNCEMENTS) region.firstElementChild.remove();
  }, BATCH_MS);
}

/** `fixture`: the selected match, if any. */
export function isAnnounced(event, fixture) {
  if (event.op === "update" && event.was?.type === event.type && event.was?.side === event.side) return false;
  if (fixture && event.match !== fixture.id) return OTHER_MATCH_TYPES.includes(event.type);
  return ANNOUNCED_WEIGHTS.includes(eventLabel(event).weight) || ANNOUNCED_TYPES.includes(event.type);
}

/** The sentences for events that came together, oldest first. */
export function announcementsFor(events, fixtures) {
  const known = events.filter(({ match }) => fixtures.some(({ id }) => id === match));
  // The final whistle is two events: the end of its period and of the match.
  const announced = known.filter((event, at) => !(event.type === "period_end" && known.slice(at + 1).some(({ type, match }) => type === "match_end" && match === event.match)));
  const fixtureOf = ({ match }) => fixtures.find(({ id }) => id === match);
  if (announced.length <= MAX_ANNOUNCEMENTS) return announced.map((event) => sentenceOf(event, fixtureOf(event)));
  const goal = announced.findLast(({ type, op }) => type === "goal" && op !== "remove");
  const last = announced.findLast(({ match }) => !goal || match === goal.match);
  const rest = `${scoreInWords(last, fixtureOf(last))}.`;
  return [goal ? `${teamOf(goal, fixtureOf(goal))}${oneLineLabel(goal)}. ${rest}` : rest];
}

function sentenceOf(event, fixture) {
  const taken = event.op === "remove";
  const reason = taken && event.reason ? `, ${spaced(event.reason)}` : "";
  const happened = taken ? `Taken back: ${oneLineLabel(event)}${reason}` : oneLineLabel(event);
  const status = event.type.startsWith("period_") ? STATUS[event.status] : null;
  const more = status && !happened.includes(status) ? ` ${status}.` : "";
  return `${teamOf(event, fixture)}${happened}. ${scoreInWords(event, fixture)}.${more}`;
}

const teamOf = ({ side }, fixture) => (side ? `${fixture[side].name}. ` : "");
const scoreInWords = ({ score }, { home, away }) => `${home.name} ${score.home}, ${away.name} ${score.away}`;

/** The last state of the connection, and its announcement. */
let line = { state: "connecting", words: "" };

/**
 * The announcement of the connection's state, for a live region: stable until the state changes. A notice reports a resumed
 * connection.
 */
export function connectionAnnouncement({ state }) {
  if (state !== line.state) line = { state, words: connectionText(line.state, state) };
  return line.words;
}

export function connectionText(before, now) {
  if (now === "stale") return "No data from the server.";
  if (now === "lost") return "Connection lost; reconnecting.";
  if (now === "over") return "The replay is over.";
  return now === "live" && before === "stale" ? "Data is coming again." : "";
}
