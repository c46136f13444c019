// The client's reducer against the server: folding a snapshot and the events after it gives the server's state.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { clockMs, cursor, lineup, mediaTime, NOTHING, reading, reduce, SIDES, tieOf, withHistory } from "../../clients/js/touchline.js";
import { root } from "./chromium.mjs";
import { serve } from "./server.mjs";


const get = async (server, path) => (await fetch(server.http + path, { headers: { connection: "close" } })).json();
const fold = (state, frames) => frames.reduce(reduce, state);
const asSnapshot = ({ now, ...match }) => ({ kind: "snapshot", ...match });

/** A snapshot and a folded match in a common shape. */
function comparable(match) {
  const strip = ({ kind, match: _, n, seq, at, was, emitted, positions, ...event }) => event;
  const player = ({ side, cameOn, wentOff, sentOff, ...about }) =>
    Object.fromEntries(Object.entries(about).filter(([, value]) => value !== 0 && value !== undefined));
  return {
    status: match.status,
    score: match.score,
    half_time: match.firstHalf.over ? match.firstHalf.score : null,
    shootout: match.shootout,
    match: match.about,
    substitutions_left: match.substitutionsLeft,
    statistics: match.statistics,
    lineups: Object.fromEntries(SIDES.map((side) => {
      const { formation, coach, ...lists } = lineup(match, side);
      const sorted = Object.entries(lists).map(([list, players]) => [list, players.map(player).sort((a, b) => (a.id < b.id ? -1 : 1))]);
      return [side, { formation, coach, ...Object.fromEntries(sorted) }];
    })),
    events: match.happenings.filter(({ removed }) => !removed).map(({ event }) => strip(event)),
  };
}

const path = (name) => new URL(`../cases/${name}.jsonl`, import.meta.url).pathname;

const CASES = [
  "coach-booked", "keeper-off", "event-data", "concussion", "extra-time-sixth", "warmup-injury", "return-substitution", "walkover",
  "a2b-postponed-early", "delayed-told", "played-on-later", "postponed-or-delayed",
];

/** The clock after an event, by its status, against the scoreboard of the server; what it had before, if the event tells nothing. */
function assertClock({ period, clock, label }, before, { now }, event) {
  const isOfLater = event.told !== undefined || event.clock_status !== undefined || event.status === "scheduled";
  if (isOfLater && clock === before?.clock) return;
  assert.deepEqual([period, clock], [now.period, now.clock], `after ${event.id}`);
  // A record may have an official minute.
  assert.ok([now.label, event.label].includes(label), `${label} after ${event.id}`);
}

/** After this many steps all matches are compared, and a fold begins. */
const INTERVAL = 40;

for (const [scenario, file] of [["juv"], ["var"], ["serie"], ...CASES.map((name) => [name, true])]) {
  test(`a fold of ${scenario} equals the server's state after every event, whichever snapshot it starts from`, async (t) => {
    const server = await serve(t, ...(file ? [path(scenario), "--paused"] : ["juv"]));
    const { id } = file ? { id: "main" } : await server.open({ scenario, paused: true });
    const stateNow = () => get(server, `/r/${id}/state?snapshot=full`);
    const first = await stateNow();
    const folds = [fold(NOTHING, [{ kind: "hello", head: 0, epoch: 1, playback: {}, matches: [] }, ...first.matches.map(asSnapshot)])];
    const { to: last } = await server.command("step 100%", id);
    const history = await get(server, `/r/${id}/history?to=${last}`);
    await server.command("seek 0%", id);
    let [seen, n] = [0, 0];
    for (let over = false; !over; ) {
      const step = await server.command({ command: "step", count: 1 }, id);
      over = step.playback.state === "ended";
      const events = history.slice(n, step.to);
      n = step.to;
      const concerned = [...new Set(events.map(({ match }) => match))];
      const before = folds[0];
      folds.forEach((state, at) => {
        folds[at] = fold(state, events);
        // An event concerns its own match: in the fold all others stay what they are, and are compared after the interval.
        for (const { match } of first.matches) if (!concerned.includes(match)) assert.equal(folds[at].matches[match], state.matches[match]);
      });
      const isWhole = file || over || n % INTERVAL === 0;
      const truths = isWhole ? (await stateNow()).matches : await Promise.all(concerned.map((match) => get(server, `/r/${id}/state/${match}?snapshot=full`)));
      for (const match of truths) {
        const wanted = comparable(fold(NOTHING, [asSnapshot(match)]).matches[match.match]);
        const event = events.findLast((event) => event.match === match.match);
        if (event) assertClock(folds[0].matches[match.match], before.matches[match.match], match, event);
        for (const state of folds) {
          assert.deepEqual(comparable(state.matches[match.match]), wanted, `${match.match} after ${n}`);
          seen += 1;
        }
      }
      // Further folds start in the middle.
      if (file || n % INTERVAL === 0) folds.push(fold(NOTHING, truths.map(asSnapshot)));
    }
    assert.ok(seen > (file ? 2 : 100), `${seen} comparisons`);
    // A page that loads at the end and fetches the history has all events, removed ones included.
    const end = await stateNow();
    for (const match of end.matches) {
      const late = fold(NOTHING, [{ ...asSnapshot(match), n: end.n }]);
      const history = await get(server, `/r/${id}/history?match=${match.match}&to=${end.n}`);
      const story = (state) => state.matches[match.match].happenings.map((one) => [one.id, one.removed, one.was.length, one.event.rev]);
      assert.deepEqual(story(withHistory(late, match.match, history)), story(folds[0]));
    }
  });
}

for (const [scenario, decided] of [["tie-away-goals", ["away", "home"]], ["tie-shootout", ["home"]], ["tie-awarded", ["away", "home"]], ["mistakes/tie-wrong-order", ["away", "home"]]]) {
  test(`a fold of both legs of ${scenario} has the server's tie after every event, whichever snapshot it starts from`, async (t) => {
    const server = await serve(t, join(root, `tests/cases/${scenario}.jsonl`), "--paused");
    const states = [];
    for (let over = false; !over; ) {
      states.push(await get(server, "/state?snapshot=full"));
      over = (await server.command({ command: "step", count: 1 })).playback.state === "ended";
    }
    states.push(await get(server, "/state?snapshot=full"));
    const end = states.at(-1).n;
    const events = await get(server, `/history?to=${end}`);
    const winners = (state) => states[0].matches.map(({ match }) => tieOf(state, match).winner);
    for (const { n, matches } of states) {
      let state = fold(NOTHING, matches.map(asSnapshot));
      for (const later of states.filter((later) => later.n >= n)) {
        state = fold(state, events.filter((event) => event.n > (state.n ?? n) && event.n <= later.n));
        for (const { match, state: { tie } } of later.matches) assert.deepEqual(tieOf(state, match), tie, `${match} from ${n}, after ${later.n}`);
      }
      assert.deepEqual(winners(state), decided);
    }
  });
}

test("a tie whose other leg is not in the stream follows the snapshot and its own leg's events", () => {
  const tie = { leg: 2, other: { match: "m1", score: { home: 1, away: 2 } }, aggregate: { home: 1, away: 2 }, away_goals: false, winner: null };
  const goal = { kind: "event", match: "m2", n: 8, id: "g", rev: 0, op: "add", type: "goal", side: "home", period: 2, status: "full_time", score: { home: 2, away: 0 } };
  const state = fold(NOTHING, [{ kind: "snapshot", match: "m2", n: 7, state: { tie, status: "second_half" } }, goal]);
  assert.deepEqual(tieOf(state, "m2"), { ...tie, aggregate: { home: 3, away: 2 }, winner: "home" });
  assert.equal(tieOf(state, "m1"), null);
  assert.equal(tieOf(fold(NOTHING, [goal]), "m2"), null, "without a snapshot nothing is known of it");
});

test("a returned state never changes", () => {
  const freeze = (value) => {
    if (value && typeof value === "object" && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const goal = { kind: "event", match: "m", n: 1, id: "g", rev: 0, op: "add", type: "goal", side: "home", period: 1, status: "first_half", score: { home: 1, away: 0 }, player: { id: "p" } };
  const player = { id: "p", name: "P" };
  const snapshot = { kind: "snapshot", match: "m", n: 0, state: { lineups: { home: { on: [player] } }, statistics: { home: {}, away: {} } } };
  let state = freeze(reduce(NOTHING, freeze(snapshot)));
  state = freeze(reduce(state, freeze(goal)));
  assert.equal(state.matches.m.players.p.goals, 1);
  state = freeze(reduce(state, freeze({ ...goal, n: 2, rev: 1, op: "remove", score: { home: 0, away: 0 }, was: goal })));
  assert.equal(state.matches.m.players.p.goals, 0);
  assert.deepEqual(state.matches.m.happenings.map(({ removed, was }) => [removed, was.length]), [[true, 1]]);
  assert.deepEqual(state.matches.m.firstHalf.score, { home: 0, away: 0 });
});

test("a match has its teams, and the clock of its last tick or event", () => {
  const [home, away] = ["Vanterra", "Larkhaven"].map((name) => ({ id: name.toLowerCase(), name, short: name.slice(0, 3), colours: ["#14532d"] }));
  const fixtures = ["a", "b"].map((id) => ({ id, competition: "League", kickoff: "2026-03-14T19:30:00Z", home, away, events: 9 }));
  const playing = { state: "playing", run: "r", epoch: 1, at: 0, speed: 60 };
  const hello = { kind: "hello", run: "r", epoch: 1, head: 0, resumed: null, playback: playing, matches: fixtures };
  const now = { status: "first_half", period: 1, clock: "46:12", label: "45+2", announced: 3, running: true, score: { home: 0, away: 0 } };
  const clockOf = ({ matches: { a } }) => [a.period, a.clock, a.label, a.announced, a.running];
  const event = (n, more) => ({ kind: "event", match: "a", n, seq: n, id: `e${n}`, rev: 0, op: "add", type: "foul", status: "first_half", period: 1, clock: "46:20", label: "45+2", ...more });
  const states = [fold(NOTHING, [hello, { kind: "snapshot", match: "a", n: 0, state: {} }, { kind: "snapshot", match: "b", n: 0, state: {} }])];
  const next = (frame) => states.push(reduce(states.at(-1), frame)) && states.at(-1);
  const kept = (id) => states.at(-1).matches[id] === states.at(-2).matches[id];

  const { a } = states[0].matches;
  assert.deepEqual([a.home, a.away, a.competition, a.kickoff], [home, away, "League", "2026-03-14T19:30:00Z"]);
  assert.deepEqual(clockOf(states[0]), [null, null, null, null, false]);
  const tick = { kind: "tick", n: 0, at: 0, matches: { a: now, b: { ...now, clock: "03:00", label: "4" } } };
  assert.deepEqual(clockOf(next(tick)), [1, "46:12", "45+2", 3, true]);
  // Another tick of the same: nothing has changed.
  assert.equal(next(structuredClone(tick)).matches, states.at(-2).matches);
  assert.deepEqual([clockOf(next(event(1))), kept("b")], [[1, "46:20", "45+2", 3, true], true]);
  // A correction happened at an earlier time than it is reported.
  assert.deepEqual(clockOf(next(event(2, { id: "e1", rev: 1, op: "update", clock: "46:19", told: "46:40" }))), [1, "46:20", "45+2", 3, true]);
  next({ ...tick, matches: { a: { ...now, clock: "46:41" } } });
  assert.deepEqual([clockOf(states.at(-1)), kept("b")], [[1, "46:20", "45+2", 3, true], true], "a tick of before the event");
  next({ ...tick, n: 2, matches: { a: { ...now, clock: "46:41" } } });
  assert.deepEqual([clockOf(states.at(-1)), kept("b")], [[1, "46:41", "45+2", 3, true], true]);
  assert.deepEqual(clockOf(next({ kind: "playback", ...playing, state: "paused" })), [1, "46:41", "45+2", 3, false]);
  assert.equal(next({ kind: "playback", ...playing, state: "paused", version: 2 }).matches, states.at(-2).matches);
  assert.equal(clockOf(next({ kind: "playback", ...playing })).at(-1), true);
  const resumed = { ...structuredClone(hello), resumed: "ok" };
  assert.equal(next(resumed).matches, states.at(-2).matches);
  assert.deepEqual(clockOf(next(event(3, { type: "period_end", status: "half_time", clock: "47:05" }))), [null, "00:00", "HT", null, true]);
  assert.deepEqual(clockOf(next(event(4, { type: "match_end", status: "full_time", period: 2, clock: "94:02" }))), [null, "00:00", "FT", null, false]);
  assert.deepEqual(clockOf(states[1]), [1, "46:12", "45+2", 3, true], "a returned state never changes");
  const unnamed = reduce(NOTHING, { kind: "snapshot", match: "c", n: 0, state: {} }).matches.c;
  assert.deepEqual([unnamed.home.name, unnamed.away.name, unnamed.kickoff], ["home", "away", null]);
});

test("a new epoch clears the state, a resumed connection keeps it", () => {
  const hello = { kind: "hello", run: "r", epoch: 1, head: 3, resumed: null, playback: { state: "playing" }, matches: [] };
  const tick = { kind: "tick", n: 3, at: 10, matches: {} };
  let state = fold(NOTHING, [hello, { kind: "snapshot", match: "m", n: 3, state: {} }]);
  assert.equal(cursor(state), null, "others may still be on their way");
  state = reduce(state, tick);
  assert.equal(cursor(state), "r.1.3");
  const back = reduce(state, { ...hello, head: 5, resumed: "ok" });
  assert.deepEqual([cursor(back), back.head, Object.keys(back.matches)], ["r.1.3", 5, ["m"]]);
  const reset = reduce(state, { ...hello, epoch: 2, resumed: "reset" });
  assert.deepEqual([cursor(reset), Object.keys(reset.matches)], [null, []]);
  const sought = reduce(state, { kind: "playback", state: "playing", run: "r", epoch: 2, cause: "seek" });
  assert.deepEqual([cursor(sought), sought.head, Object.keys(sought.matches)], [null, 0, []]);
  const paused = reduce(state, { kind: "playback", state: "paused", run: "r", epoch: 1, cause: "pause" });
  assert.equal(cursor(paused), "r.1.3");
});

test("unknown kinds, types and fields are harmless", () => {
  const state = fold(NOTHING, [
    { kind: "weather", rain: true },
    { kind: "event", match: "m", n: 1, id: "x", op: "add", type: "drone_on_the_pitch", status: "first_half", score: { home: 0, away: 0 }, label: "3" },
  ]);
  assert.equal(state.matches.m.happenings.length, 1);
});

test("media time advances from the anchor only while playing", () => {
  const playing = { state: "playing", at: 1000, wall: "2026-11-22T06:00:00.000000Z", speed: 60, length: 90_000 };
  const wall = Date.parse(playing.wall);
  assert.equal(mediaTime(playing, wall + 500), 31_000);
  assert.equal(mediaTime(playing, wall - 500), 1000, "a clock that goes back shows no earlier match");
  assert.equal(mediaTime(playing, wall + 60_000), 90_000);
  assert.equal(mediaTime({ ...playing, state: "paused" }, wall + 500), 1000);
  assert.equal(mediaTime({ ...playing, speed: "max" }, wall + 500), 1000);
});

test("reading derives the clock from the phases", () => {
  const phases = [
    { status: "scheduled", period: null, clock: "-1:00", from: 0, to: 60_000 },
    { status: "first_half", period: 1, clock: "00:00", from: 60_000, stoppage: 2_760_000, to: 2_885_000 },
    { status: "half_time", period: null, clock: "00:00", from: 2_885_000, to: 3_785_000 },
    { status: "second_half", period: 2, clock: "45:00", from: 3_785_000, stoppage: 6_485_000, to: null },
  ];
  const at = (ms) => {
    const { status, clock, stoppage } = reading(phases, ms);
    return [status, clock, stoppage];
  };
  assert.deepEqual(at(-5_000), ["scheduled", -65_000, null]);
  assert.deepEqual(at(0), ["scheduled", -60_000, null]);
  assert.deepEqual(at(-3_600_000), ["scheduled", -3_660_000, null]);
  assert.deepEqual(reading(phases.slice(1), 0).clock, -60_000);
  assert.deepEqual(at(2_832_000), ["first_half", clockMs("46:12"), 72_000]);
  assert.deepEqual(at(2_885_000), ["half_time", 0, null]);
  assert.deepEqual(at(6_432_000), ["second_half", clockMs("89:07"), null]);
  assert.equal(reading(phases.slice(1), 30_000).clock, -30_000);
  assert.equal(reading([], 5), null);
  assert.equal(clockMs("-1:30.250"), -90_250);
});
