// Folds the frames on standard input, one a line, with the JavaScript client, and prints the state after every STRIDE-th in the words
// of the Python client.
import { createInterface } from "node:readline";
import { NOTHING, cursor, dismissals, lineup, reduce, tieOf } from "../../../clients/js/touchline.js";

const STRIDE = Number(process.argv[2]);
const players = ({ cameOn, wentOff, away, sentOff, ...player }) => ({ ...player, came_on: cameOn, went_off: wentOff, was_away: away, was_sent_off: sentOff });
const staff = ({ sentOff, ...one }) => ({ ...one, was_sent_off: sentOff });
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
const named = (match, state) => ({
  id: match.id, home: match.home, away: match.away, competition: match.competition, kickoff: match.kickoff, base: match.base, n: match.n,
  seq: match.seq ?? null, last_seq: match.lastSeq, status: match.status, score: match.score, event_score: match.eventScore,
  first_half_over: match.firstHalf.over, first_half_score: match.firstHalf.score, shootout: match.shootout, tie: match.tie, about: match.about,
  sheets: match.sheets, players: mapped(match.players, players), staff: mapped(match.staff, staff), substitutions_left: match.substitutionsLeft,
  concussion_substitutions_left: match.concussionSubstitutionsLeft, extra_time: match.extraTime, statistics: match.statistics,
  complete: match.complete, clock: match.clock ?? null, label: match.label ?? null, period: match.period, announced: match.announced ?? null,
  running: match.running, told: match.told, happenings: match.happenings, current_tie: tieOf(state, match.id),
  lineup: mapped({ home: "home", away: "away" }, (side) => mapped(lineup(match, side), (list) =>
    Array.isArray(list) ? list.map(({ cameOn, wentOff, away, sentOff, ...one }) => ({ ...one })) : list)),
});

let state = NOTHING;
let count = 0;
let isLast = false;
const print = () => {
  const { hello, playback, tick, n, head, matches, tables } = state;
  console.log(JSON.stringify({ cursor: cursor(state), hello, playback, tick, n, head, tables, matches: mapped(matches, (match) => named(match, state)) }));
};
for await (const line of createInterface({ input: process.stdin })) {
  state = reduce(state, JSON.parse(line));
  if (++count % STRIDE === 0) print();
}
if (count % STRIDE !== 0) print();
