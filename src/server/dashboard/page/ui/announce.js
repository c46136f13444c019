/** What is said to those who listen: goals, cards, changes of status, how the line is; never the clock. */
import { inOneLine, inWords, naming, STATUS } from "./words.js";

const SAID = ["headline"];
const ALSO = ["yellow_card", "period_start", "period_end", "disallowed_goal", "var_decision"];
/** Of the matches beside the one that is looked at. */
const BESIDE = ["goal", "disallowed_goal"];
/** What comes within so many ms is said together, and of more events than this only what the score has become. */
const TOGETHER = 1_000;
const MANY = 3;

let waiting = [];

/** Tells an event to assistive technology, with the score after it; of many at once, the last goal. */
export function announce(event, model) {
  if (!worthSaying(event, model.fixture)) return;
  waiting.push(event);
  if (waiting.length > 1) return;
  setTimeout(() => {
    const lines = inSpeech(waiting, model.fixtures);
    waiting = [];
    const region = document.querySelector("#announcements");
    if (!region) return;
    for (const text of lines) {
      const line = document.createElement("p");
      line.textContent = text;
      region.append(line);
    }
    while (region.childElementCount > MANY) region.firstElementChild.remove();
  }, TOGETHER);
}

/** `fixture`: the match that is looked at, if it is one. */
export function worthSaying(event, fixture) {
  if (event.op === "update" && event.was?.type === event.type && event.was?.side === event.side) return false;
  if (fixture && event.match !== fixture.id) return BESIDE.includes(event.type);
  return SAID.includes(naming(event).weight) || ALSO.includes(event.type);
}

/** The sentences for events that came together, oldest first. */
export function inSpeech(events, fixtures) {
  const known = events.filter(({ match }) => fixtures.some(({ id }) => id === match));
  // The last whistle is told twice: as the end of its period and as that of the match.
  const said = known.filter((event, at) => !(event.type === "period_end" && known.slice(at + 1).some(({ type, match }) => type === "match_end" && match === event.match)));
  const fixtureOf = ({ match }) => fixtures.find(({ id }) => id === match);
  if (said.length <= MANY) return said.map((event) => spoken(event, fixtureOf(event)));
  const goal = said.findLast(({ type, op }) => type === "goal" && op !== "remove");
  const last = said.findLast(({ match }) => !goal || match === goal.match);
  const rest = `${scoreInWords(last, fixtureOf(last))}.`;
  return [goal ? `${teamOf(goal, fixtureOf(goal))}${inOneLine(goal)}. ${rest}` : rest];
}

function spoken(event, fixture) {
  const taken = event.op === "remove";
  const reason = taken && event.reason ? `, ${inWords(event.reason)}` : "";
  const happened = taken ? `Taken back: ${inOneLine(event)}${reason}` : inOneLine(event);
  const status = event.type.startsWith("period_") ? STATUS[event.status] : null;
  const more = status && !happened.includes(status) ? ` ${status}.` : "";
  return `${teamOf(event, fixture)}${happened}. ${scoreInWords(event, fixture)}.${more}`;
}

const teamOf = ({ side }, fixture) => (side ? `${fixture[side].name}. ` : "");
const scoreInWords = ({ score }, { home, away }) => `${home.name} ${score.home}, ${away.name} ${score.away}`;

/** The state of the line before, and what was said of it. */
let line = { state: "connecting", words: "" };

/**
 * What is said when the line changes, and stands until it changes again: for a live region. That it is back after it was cut
 * is a notice's to say.
 */
export function lineInWords({ state }) {
  if (state !== line.state) line = { state, words: lineWords(line.state, state) };
  return line.words;
}

export function lineWords(before, now) {
  if (now === "stale") return "No data from the server.";
  if (now === "lost") return "Connection lost; reconnecting.";
  if (now === "over") return "The replay is over.";
  return now === "live" && before === "stale" ? "Data is coming again." : "";
}
