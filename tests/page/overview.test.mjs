/** The overview's computations, without a browser. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const page = new URL("../../src/server/dashboard/page/", import.meta.url);
const { goalsOf, spokenText } = await import(new URL("overview/card.js", page));
const { byKickoff, kickoffFormatter } = await import(new URL("overview/kickoff.js", page));
const { RULES, rulesExplaining, rankChanges: changesBy, rowsBefore } = await import(new URL("overview/rank-changes.js", page));
const { roundSummaryParts } = await import(new URL("overview/overview.js", page));
const { matchSummary, totalsOf } = await import(new URL("overview/match-summary.js", page));
const { goalChange } = await import(new URL("ui/goals.js", page));

const KEYS = {
  points: (row) => row.points,
  goal_difference: (row) => row.for - row.against,
  goals_for: (row) => row.for,
  wins: (row) => row.won,
};

/** The changes as seen by a page that has seen only this table, or tables that left these rules. */
const rankChanges = ({ rows }, matches, rules = RULES) => changesBy(rows, matches, rulesExplaining(rows, rules));

/** A table sorted as by the server: the tie-breakers are in the scenario. */
function sorted(rows, order) {
  return [...rows].sort((one, other) => {
    for (const key of order) if (KEYS[key](one) !== KEYS[key](other)) return KEYS[key](other) - KEYS[key](one);
    return one.name < other.name ? -1 : 1;
  });
}

/** A table with matches counted. */
function folded(rows, matches) {
  const after = new Map(rows.map((row) => [row.team, { ...row }]));
  const enter = (row, scored, conceded) => {
    row.played += 1;
    row.for += scored;
    row.against += conceded;
    if (scored > conceded) [row.won, row.points] = [row.won + 1, row.points + 3];
    else if (scored === conceded) [row.drawn, row.points] = [row.drawn + 1, row.points + 1];
    else row.lost += 1;
  };
  for (const { home, away, score } of matches) {
    enter(after.get(home), score.home, score.away);
    enter(after.get(away), score.away, score.home);
  }
  return [...after.values()];
}

function serieA() {
  const lines = readFileSync(new URL("../../scenarios/serie-a-2017-18-round-34.jsonl", import.meta.url), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const table = lines.find(({ kind }) => kind === "table");
  const goals = lines.filter(({ type }) => type === "goal");
  const matches = lines.filter(({ kind }) => kind === "match").map(({ id, home, away }) => {
    const of = (side) => goals.filter((goal) => goal.match === id && goal.side === side).length;
    return { home: home.id, away: away.id, score: { home: of("home"), away: of("away") }, status: "full_time" };
  });
  return { table, matches };
}

test("the places won are those between the previous and the current table, whichever rule decides", () => {
  const { table, matches } = serieA();
  assert.equal(matches.length, 10);
  for (const order of [["points", "goal_difference", "goals_for"], ["points", "wins"], ["points", "goals_for"], ["wins", "points"]]) {
    const before = sorted(table.rows, order);
    for (let begun = 0; begun <= matches.length; begun += 1) {
      const counted = matches.map((match, at) => (at < begun ? match : { ...match, status: "scheduled", score: { home: 0, away: 0 } }));
      const rows = sorted(folded(before, counted.slice(0, begun)), order);
      const won = rankChanges({ rows }, counted);
      for (const [team, places] of won) {
        const truth = before.findIndex((row) => row.team === team) - rows.findIndex((row) => row.team === team);
        assert.equal(places, truth, `${team} after ${begun} matches by ${order}`);
      }
      if (begun === 0) assert.ok([...won.values()].every((places) => places === 0), "no team has moved before kick-off");
      if (order.length === 3) assert.ok(won.size >= 14, `most are known: ${won.size} after ${begun} matches`);
    }
  }
});

test("Roma pass Lazio at kick-off, as both had 64 points", () => {
  const { table, matches } = serieA();
  const level = { ...matches[0], status: "first_half", score: { home: 0, away: 0 } };
  assert.equal(level.away, "roma");
  const rows = sorted(folded(table.rows, [level]), table.order);
  const won = rankChanges({ rows }, [level]);
  assert.deepEqual([won.get("roma"), won.get("lazio"), won.get("juventus")], [1, -1, 0]);
});

const row = (team, won, drawn, scored, conceded, more = {}) => ({
  team, name: team, played: won + drawn, won, drawn, lost: 0, for: scored, against: conceded, points: 3 * won + drawn, ...more,
});

test("if two rules explain the table and disagree about the previous one, nothing is shown", () => {
  // Before, b and c are level on points: c has the better difference, b has scored more. Now b is ahead by its point.
  const rows = [row("a", 9, 0, 20, 0), row("b", 2, 2, 9, 9), row("c", 2, 1, 4, 0)];
  const won = rankChanges({ rows }, [{ home: "b", away: "elsewhere", status: "first_half", score: { home: 0, away: 0 } }]);
  assert.equal(won.get("a"), 0);
  assert.equal(won.has("b"), false);
  assert.equal(won.has("c"), false);
});

test("one table is enough if points alone decided", () => {
  const rows = [row("eastmoor", 6, 2, 15, 7), row("westhaven", 5, 3, 12, 7)];
  const won = rankChanges({ rows }, [{ home: "eastmoor", away: "westhaven", status: "full_time", score: { home: 1, away: 0 } }]);
  assert.deepEqual([won.get("eastmoor"), won.get("westhaven")], [1, -1]);
});

test("earlier tables distinguish the rules", () => {
  const { table, matches } = serieA();
  // Lazio and Roma, Fiorentina and Sampdoria, Bologna and Genoa are level on points before the round.
  const rules = rulesExplaining(table.rows, RULES);
  for (let begun = 0; begun <= matches.length; begun += 1) {
    const rows = sorted(folded(table.rows, matches.slice(0, begun)), table.order);
    assert.equal(rankChanges({ rows }, matches.slice(0, begun), rules).size, 20, `after ${begun} matches`);
  }
  // Sampdoria have drawn away from Fiorentina: this table alone does not say which of them was first before.
  const now = matches.slice(0, 8).map((match, at) => (at < 4 ? match : { ...match, score: { home: 0, away: 0 } }));
  const rows = sorted(folded(table.rows, now), table.order);
  assert.equal(rankChanges({ rows }, now).has("sampdoria"), false);
  assert.equal(rankChanges({ rows }, now, rules).get("sampdoria"), 1);
});

test("a table seen before the matches is compared with, whatever orders it", () => {
  // b was listed first, and lots decide; by name a would have been.
  const [a, b] = [row("a", 0, 0, 0, 0), row("b", 0, 0, 0, 0)];
  const now = [row("b", 1, 0, 1, 0), row("a", 0, 0, 0, 1)];
  const matches = [{ home: "b", away: "a", status: "full_time", score: { home: 1, away: 0 } }];
  assert.equal(rankChanges({ rows: now }, matches).get("b"), 1, "a guess");
  assert.deepEqual([...changesBy(now, matches, RULES, [b, a])], [["b", 0], ["a", 0]]);
  assert.deepEqual([...changesBy([a, b], matches, [], [b, a])], [["a", 1], ["b", -1]], "no rule explains the order");
});

test("a started match without a known score leaves the previous table unknown", () => {
  const rows = [row("a", 1, 0, 1, 0), row("b", 0, 1, 0, 0)];
  assert.equal(rowsBefore(rows, [{ home: "a", away: "b", status: "full_time", score: null }]), null);
  assert.equal(rowsBefore(rows, [{ home: "a", away: "b", status: null, score: null }]), null);
  assert.equal(rankChanges({ rows }, [{ home: "a", away: "b", status: "full_time", score: null }]).size, 0);
});

test("matches that do not count are not subtracted", () => {
  const rows = [row("a", 1, 0, 1, 0), row("b", 0, 1, 0, 0)];
  for (const status of ["scheduled", "postponed", "abandoned"]) {
    assert.deepEqual(rowsBefore(rows, [{ home: "a", away: "b", status, score: { home: 1, away: 0 } }]), rows, status);
  }
  const [a] = rowsBefore(rows, [{ home: "a", away: "b", status: "abandoned", awarded: true, score: { home: 3, away: 0 } }]);
  assert.deepEqual([a.played, a.for, a.points], [0, -2, 0], "an awarded result counts");
});

test("matches are sorted by kick-off, then in scenario order; those without a kick-off last", () => {
  const fixtures = [["late", "2018-04-22T18:45:00Z"], ["none", null], ["b", "2018-04-21T13:00:00Z"], ["a", "2018-04-21T13:00:00Z"], ["other", undefined]];
  const order = byKickoff(fixtures.map(([id, kickoff]) => ({ id, kickoff }))).map(({ id }) => id);
  assert.deepEqual(order, ["b", "a", "late", "none", "other"]);
});

test("a kick-off has its day only if there are several days", () => {
  const at = (day, month = 4) => new Date(2018, month - 1, day, 18, 45).getTime();
  assert.equal(kickoffFormatter([at(22), at(22)])(at(22)), "18:45");
  assert.equal(kickoffFormatter([at(21), at(22)])(at(22)), "Sun 18:45");
  assert.equal(kickoffFormatter([at(1), at(22)])(at(22)), "22 Apr, 18:45");
  assert.equal(kickoffFormatter([at(21), NaN])(NaN), "");
});

test("goals are in the order of play, with the score without removed goals", () => {
  const goal = (id, side, period, clock, removed = false) => ({ id, removed, was: [], event: { id, type: "goal", side, period, clock, score: { home: 9, away: 9 } } });
  const happenings = [goal("second", "home", 2, "50:00"), goal("gone", "home", 1, "11:00", true), goal("first", "away", 1, "46:00"), { id: "c", removed: false, was: [], event: { type: "corner" } }];
  const scores = goalsOf({ score: { home: 1, away: 1 }, happenings }).map(({ event, at }) => [event.id, at.home, at.away]);
  assert.deepEqual(scores, [["first", 0, 1], ["second", 1, 1]]);
  // A goal from before the snapshot, without an event.
  assert.deepEqual(goalsOf({ score: { home: 2, away: 0 }, happenings: [goal("x", "home", 2, "80:00")] })[0].at, { home: 2, away: 0 });
  assert.deepEqual(goalsOf(undefined), []);
});

test("a card's text for screen readers has what it shows", () => {
  const fixture = { home: { name: "Milan" }, away: { name: "Benevento" } };
  const score = { home: 0, away: 1 };
  assert.equal(spokenText(fixture, { status: "second_half", score, minute: 63 }), "Milan 0, Benevento 1, 63 minutes");
  assert.equal(spokenText(fixture, { status: "half_time", score, minute: null, words: "Half-time" }), "Milan 0, Benevento 1, half-time");
  assert.equal(spokenText(fixture, { status: "full_time", score, words: "Full time", sentOff: { home: 0, away: 1 } }), "Milan 0, Benevento 1, Benevento 1 red card, full time");
  assert.equal(spokenText(fixture, { status: "scheduled", score: null, kickoff: "18:45" }), "Milan against Benevento, kick-off 18:45");
  assert.equal(spokenText(fixture, { status: null, score: null, kickoff: "" }), "Milan against Benevento");
});

test("a match without a snapshot has not begun if the timeline says so, else its score is unknown", () => {
  const untold = (status, score) => ({ status, score, played: score, awarded: false });
  const model = (phases, reading) => ({ state: { matches: {} }, phasesOf: () => phases, readingOf: () => reading, at: () => 5_000 });
  assert.deepEqual(matchSummary(model(null), "m"), untold(null, null));
  assert.deepEqual(matchSummary(model([]), "m"), untold("scheduled", { home: 0, away: 0 }));
  assert.deepEqual(matchSummary(model([{ from: 9_000 }], { status: "first_half" }), "m"), untold("scheduled", { home: 0, away: 0 }));
  assert.deepEqual(matchSummary(model([{ from: 0 }], { status: "full_time" }), "m"), untold("full_time", null));
});

test("the totals count half-time as in progress, and no goals if some are unknown", () => {
  const played = { home: 1, away: 2 };
  const all = [{ status: "half_time", played }, { status: "full_time", played }, { status: "scheduled", played: { home: 0, away: 0 } }, { status: "postponed", played: { home: 0, away: 0 } }];
  assert.deepEqual(totalsOf(all), { on: 1, over: 1, awarded: 0, ahead: 1, off: 1, goals: 6 });
  const awarded = [...["full_time", "abandoned", "second_half"].map((status) => ({ status, played, awarded: true })), all[1]];
  assert.deepEqual(totalsOf(awarded), { on: 1, over: 1, awarded: 2, ahead: 0, off: 0, goals: 12 }, "each once");
  assert.deepEqual(totalsOf([{ status: null, played: null }]), { on: 0, over: 0, awarded: 0, ahead: 0, off: 0, goals: null });
  assert.equal(totalsOf([{ status: "full_time", played: null }, ...all]).goals, null);
});

test("the goals are marked as provisional only while more may come", () => {
  const goals = (sum) => roundSummaryParts({ on: 0, over: 0, awarded: 0, ahead: 0, off: 0, goals: 23, ...sum }, true).find(({ key }) => key === "goals")?.text;
  assert.equal(goals({ over: 10 }), "23 goals");
  assert.equal(goals({ over: 9, off: 1 }), "23 goals");
  assert.equal(goals({ over: 1, goals: 1 }), "1 goal");
  for (const more of [{ on: 1 }, { ahead: 1 }]) assert.equal(goals({ over: 9, ...more }), "23 goals so far");
});

test("goalChange: a new goal, a removed one, and one corrected to another type", () => {
  const goal = { type: "goal", op: "add", side: "home" };
  assert.deepEqual(goalChange(goal), { kind: "goal", side: "home" });
  assert.deepEqual(goalChange({ ...goal, op: "remove", was: goal }), { kind: "no-goal", side: "home" });
  assert.deepEqual(goalChange({ type: "shot", op: "update", side: "home", was: goal }), { kind: "no-goal", side: "home" });
  assert.deepEqual(goalChange({ ...goal, op: "update", was: { type: "shot", op: "add", side: "home" } }), { kind: "goal", side: "home" });
  assert.equal(goalChange({ ...goal, op: "update", confirmed: true, was: goal }), null);
  assert.equal(goalChange({ type: "corner", op: "add" }), null);
});
