/** The computations of the match panels: the axis of playing time, shot steps, appearances, statistic rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTHING, reduce } from "../../clients/js/touchline.js";
import { appearances } from "../../src/server/dashboard/page/match/appearances.js";
import { delayText, minuteText, untilText } from "../../src/server/dashboard/page/ui/format.js";
import { attemptsOn, outcomeOf } from "../../src/server/dashboard/page/match/attempts.js";
import { axisPosition, axisPositionAt, eventsOnAxis, playingTime, ticks } from "../../src/server/dashboard/page/match/axis.js";
import { feedDetail } from "../../src/server/dashboard/page/match/feed-detail.js";
import { latestWithCoordinates } from "../../src/server/dashboard/page/match/pitch.js";
import { statisticRows } from "../../src/server/dashboard/page/match/statistics.js";
import { lineText } from "../../src/server/dashboard/page/overlay/ticker-lines.js";
import { goalsOf } from "../../src/server/dashboard/page/overview/card.js";
import { playedScore } from "../../src/server/dashboard/page/ui/goals.js";
import { eventDetails, oneLineLabel } from "../../src/server/dashboard/page/ui/labels.js";
import { goalsOn, scaleFor, shotSteps, steppedPath } from "../../src/server/dashboard/page/match/steps.js";

const MINUTE = 60_000;
const minutes = (count) => count * MINUTE;

let number = 0;
const event = (fields) => ({ kind: "event", match: "m", n: (number += 1), rev: 0, op: "add", id: `e${number}`, status: "first_half", period: 1, clock: "10:00", label: "11", score: { home: 0, away: 0 }, ...fields });
/** A match after these events. */
const after = (...events) => events.reduce(reduce, NOTHING).matches.m;

const PHASES = [
  { status: "scheduled", period: null, clock: "-1:00", from: 0, to: minutes(1) },
  { status: "first_half", period: 1, clock: "00:00", from: minutes(1), stoppage: minutes(46), to: minutes(48) },
  { status: "half_time", period: null, clock: "00:00", from: minutes(48), to: minutes(63) },
  { status: "second_half", period: 2, clock: "45:00", from: minutes(63), stoppage: minutes(108), to: minutes(112) },
  { status: "full_time", period: null, clock: "00:00", from: minutes(112), to: minutes(113) },
];

test("the axis is playing time: stoppage time counts, breaks do not", () => {
  const axis = playingTime(PHASES, []);
  assert.equal(axis.length, minutes(47 + 49));
  assert.deepEqual(axis.periods.map(({ offset, length }) => [offset, length]), [[0, minutes(47)], [minutes(47), minutes(49)]]);
  assert.equal(axisPosition(axis, 1, minutes(46)), minutes(46));
  assert.equal(axisPosition(axis, 2, minutes(46)), minutes(48));
  assert.equal(axisPosition(axis, 5, minutes(121)), null);
});

test("without a timeline the axis has two halves, extended by the events", () => {
  assert.equal(playingTime(null, []).length, minutes(90));
  const late = after(event({ type: "shot", side: "home", clock: "47:30" }));
  assert.equal(playingTime(null, late.happenings).length, minutes(92.5));
});

test("extra time is on the axis only if it is played", () => {
  const phases = [
    ...PHASES.slice(0, 4),
    { status: "extra_first_half", period: 3, clock: "90:00", from: minutes(117), stoppage: minutes(132), to: minutes(133) },
    { status: "extra_second_half", period: 4, clock: "105:00", from: minutes(134), to: minutes(149) },
    { status: "shootout", period: 5, clock: "120:00", from: minutes(154), to: minutes(160) },
  ];
  const axis = playingTime(phases, []);
  assert.deepEqual(axis.periods.map(({ period }) => period), [1, 2, 3, 4]);
  assert.equal(axis.length, minutes(47 + 49 + 16 + 15));
  assert.equal(axisPositionAt(axis, phases, minutes(157)), axis.length);
  assert.deepEqual(ticks(axis).filter(({ end }) => end).map(({ text }) => text), ["HT", "90′", "", "FT"]);
});

test("the playhead stands still in breaks and continues after them", () => {
  const axis = playingTime(PHASES, []);
  const at = (minute) => axisPositionAt(axis, PHASES, minutes(minute)) / MINUTE;
  assert.deepEqual([0, 1, 11, 48, 55, 63, 73, 112, 113].map(at), [0, 0, 10, 47, 47, 47, 57, 96, 96]);
});

test("a suspension takes no time on the axis", () => {
  const phases = [
    { status: "first_half", period: 1, clock: "00:00", from: 0, to: minutes(20) },
    { status: "suspended", period: null, clock: "00:00", from: minutes(20), to: minutes(32) },
    { status: "first_half", period: 1, clock: "20:00", from: minutes(32), stoppage: minutes(57), to: minutes(58) },
  ];
  const axis = playingTime(phases, []);
  assert.equal(axis.periods[0].length, minutes(46));
  assert.equal(axis.periods[0].stoppage, minutes(45));
  assert.equal(axisPositionAt(axis, phases, minutes(26)), minutes(20));
  assert.equal(axisPositionAt(axis, phases, minutes(33)), minutes(21));
});

test("an abandoned match ends on the axis where it was abandoned", () => {
  const phases = [PHASES[0], { status: "first_half", period: 1, clock: "00:00", from: minutes(1), to: minutes(21) }, { status: "abandoned", period: null, clock: "00:00", from: minutes(21), to: minutes(30) }];
  const axis = playingTime(phases, []);
  assert.deepEqual([11, 21, 25].map((minute) => axisPositionAt(axis, phases, minutes(minute)) / MINUTE), [10, 20, 20]);
});

test("an event in a break has the position of its beginning", () => {
  const match = after(
    event({ type: "shot", side: "home", clock: "46:00" }),
    event({ type: "period_end", clock: "47:00" }),
    event({ type: "yellow_card", side: "home", period: null, status: "half_time", clock: "03:00", label: "HT" }),
  );
  const axis = playingTime(PHASES, match.happenings);
  assert.deepEqual(eventsOnAxis(axis, match.happenings).map(({ position }) => position / MINUTE), [46, 47, 47]);
});

test("shot steps count as the statistics: goals are shots, own goals and removed events are not", () => {
  const goal = event({ type: "goal", side: "home", clock: "20:00" });
  const match = after(
    event({ type: "shot", side: "home", outcome: "saved", clock: "10:00" }),
    event({ type: "goal", side: "home", own_goal: true, clock: "15:00" }),
    goal,
    event({ type: "penalty_missed", side: "home", outcome: "saved", clock: "30:00" }),
    event({ type: "disallowed_goal", side: "home", clock: "31:00" }),
    { ...goal, n: (number += 1), op: "remove", rev: 1, was: goal, reason: "offside" },
  );
  const axis = playingTime(PHASES, match.happenings);
  const events = eventsOnAxis(axis, match.happenings);
  const steps = shotSteps(events, "home");
  assert.deepEqual(steps.map(({ position, count }) => [position / MINUTE, count]), [[10, 1], [30, 2]]);
  assert.equal(steps.length, match.statistics.home.shots);
  assert.deepEqual(goalsOn(events, steps, "home").map(({ event, count }) => [event.own_goal, count]), [[true, 1]]);
  assert.deepEqual(shotSteps(events, "away"), []);
});

test("a late event has the position of its clock", () => {
  const match = after(
    event({ type: "shot", side: "away", clock: "20:00" }),
    event({ type: "shot", side: "away", clock: "12:00", told: "21:00" }),
  );
  const steps = shotSteps(eventsOnAxis(playingTime(PHASES, match.happenings), match.happenings), "away");
  assert.deepEqual(steps.map(({ position, count }) => [position / MINUTE, count]), [[12, 1], [20, 2]]);
});

test("a line rises in steps and continues to the end", () => {
  const path = steppedPath([{ position: 10, count: 1 }, { position: 50, count: 2 }], 100, 4, { width: 1000, height: 100 });
  assert.equal(path, "M0 100.0H100.0V75.0H500.0V50.0H1000");
  for (const count of [0, 1, 4, 6, 7, 13, 16, 41]) {
    const { top, lines } = scaleFor(count);
    assert.ok(top > count && lines.length >= 1 && lines.at(-1) <= top, `${count}`);
  }
});

test("appearances come from the substitutions that stand", () => {
  const first = event({ type: "substitution", side: "home", in: { id: "a" }, out: { id: "b" }, label: "61" });
  const match = after(
    first,
    { ...first, n: (number += 1), op: "remove", rev: 1, was: first },
    event({ type: "substitution", side: "home", in: { id: "c" }, out: { id: "b" }, label: "HT" }),
    event({ type: "substitution", side: "home", out: { id: "d" }, label: "90+2" }),
    event({ type: "goal", side: "home", player: { id: "c" }, label: "70" }),
    event({ type: "goal", side: "away", own_goal: true, player: { id: "c" }, label: "72" }),
    event({ type: "second_yellow_card", side: "home", player: { id: "c" }, label: "80" }),
    event({ type: "player_off", side: "home", player: { id: "e" }, label: "5" }),
    event({ type: "player_on", side: "home", player: { id: "e" }, label: "8" }),
  );
  const known = appearances(match.happenings);
  assert.equal(known.has("a"), false);
  assert.deepEqual(known.get("b").off, ["HT"]);
  assert.deepEqual(known.get("c"), { on: ["HT"], off: [], cards: [{ type: "second_yellow_card", minute: "80′" }], goals: ["70′"], ownGoals: ["72′"] });
  assert.deepEqual(known.get("d").off, ["90+2′"]);
  assert.deepEqual([known.get("e").off, known.get("e").on], [["5′"], ["8′"]]);
});

test("only a short delay is in minutes", () => {
  assert.deepEqual([7, 119, 120, 150, 1440, 20_160, -15].map(delayText), ["7 min late", "119 min late", "2 h late", "2 h 30 min late", "24 h late", "14 days late", "15 min early"]);
  assert.deepEqual([60, 75, 48 * 60, 60 * 60].map((minutes) => untilText(minutes * MINUTE)), ["60:00", "1:15:00", "48:00:00", "2 days"]);
});

test("each period has its own titles for start and end", () => {
  const titles = (type) => [1, 2, 3, 4, 5].map((period) => oneLineLabel({ type, period }).replace("Pens ", ""));
  assert.deepEqual(titles("period_start"), ["1st half begins", "2nd half begins", "Extra time begins", "Extra time, 2nd half begins", "Shoot-out begins"]);
  assert.deepEqual(titles("period_end"), ["Half-time", "2nd half ends", "Half-time of extra time", "Extra time ends", "Shoot-out ends"]);
});

test("a minute is as on scoreboards, and a shoot-out has none", () => {
  assert.deepEqual(["61", "90+2", "HT", "susp", undefined].map((label) => minuteText({ label, period: 2 })), ["61′", "90+2′", "HT", "Susp.", ""]);
  assert.equal(minuteText({ label: "121", period: 4 }), "121′");
  const kick = { type: "shootout_penalty", period: 5, label: "122", outcome: "scored", player: { name: "Dan Kerr" } };
  assert.equal(oneLineLabel(kick), "Pens Penalty scored, D. Kerr");
  assert.equal(lineText({ event: kick, was: [], removed: false }).minute, "Pens");
});

test("a feed of goals and cards is not treated as one without shots", () => {
  const begun = after(event({ type: "period_start" }), event({ type: "kick_off", x: 52.5, y: 34 }));
  assert.equal(feedDetail(begun), "none");
  const plain = after(
    event({ type: "goal", side: "home", score: { home: 1, away: 0 } }),
    event({ type: "yellow_card", side: "away", score: { home: 1, away: 0 } }),
  );
  assert.equal(feedDetail(plain), "plain");
  assert.deepEqual(statisticRows(plain).map(({ name, home, away }) => [name, home, away]), [["Goals", 1, 0], ["Yellow cards", 0, 1], ["Substitutions", 0, 0]]);
  for (const more of [{ type: "shot", outcome: "off_target" }, { type: "shot", outcome: "saved" }, { type: "foul" }, { type: "corner" }]) {
    assert.equal(feedDetail(after(event({ type: "goal", side: "home", score: { home: 1, away: 0 } }), event({ side: "home", ...more }))), "detail", more.type);
  }
});

test("an awarded score is not a number of goals", () => {
  const awarded = { type: "awarded", status: "abandoned", period: null, score: { home: 3, away: 0 } };
  const goal = event({ type: "goal", side: "away", score: { home: 0, away: 1 } });
  const match = after(goal, event(awarded));
  assert.deepEqual([match.score, playedScore(match)], [{ home: 3, away: 0 }, { home: 0, away: 1 }]);
  assert.deepEqual(statisticRows(match)[0], { count: "goals", name: "Goals", main: true, home: 0, away: 1 });
  assert.deepEqual(goalsOf(match).map(({ at }) => at), [{ home: 0, away: 1 }]);
  assert.equal(feedDetail(after(event(awarded))), "none", "nothing was played");
});

test("rows without any count are left out, except the main ones", () => {
  const rows = statisticRows(after(event({ type: "shot", side: "home", outcome: "woodwork" })));
  assert.deepEqual(rows.map(({ count }) => count), ["shots", "shots_on_target", "woodwork", "corners", "fouls", "yellow_cards", "substitutions"]);
  assert.deepEqual(rows[0], { count: "shots", name: "Shots", main: true, home: 1, away: 0 });
});

test("possession, passes and expected goals are shown if known", () => {
  const pass = (side, outcome) => event({ type: "pass", side, outcome });
  const only = event({ type: "pass", side: "home" });
  assert.equal(feedDetail(after(only)), "detail");
  const match = after(pass("home"), pass("home", "Complete"), pass("home", "lost"), pass("away"), event({ type: "goal", side: "away", xg: 0.1 }), event({ type: "shot", side: "away", xg: 0.2 }));
  const rows = statisticRows(match).filter(({ text }) => text).map(({ count, home, away, text }) => [count, home, away, text]);
  assert.deepEqual(rows, [
    ["possession", 75, 25, { home: "75%", away: "25%" }],
    ["xg", 0, 0.3, { home: "0.00", away: "0.30" }],
    ["passes", 3, 1, { home: "3 (67%)", away: "1 (100%)" }],
  ]);
  const none = after(only, { ...only, n: (number += 1), op: "remove", rev: 1, was: only });
  assert.deepEqual(none.statistics.home, { passes: null, passes_completed: null, possession: null, xg: null });
  assert.ok(statisticRows(none).every(({ text }) => !text));
});

test("a pass is shown with its recipient", () => {
  const cross = { type: "cross", label: "3", player: { id: "a", name: "Dan Kerr" }, recipient: { id: "b", name: "Kit Innes" }, key_pass: true };
  assert.equal(eventDetails(cross), "to K. Innes, key pass");
  assert.equal(oneLineLabel({ ...cross, type: "ball_receipt" }), "3′ Ball receipt, D. Kerr");
  assert.equal(eventDetails({ ...cross, outcome: "out_of_play", key_pass: false }), "out of play, to K. Innes");
  assert.equal(eventDetails({ type: "dribble", outcome: "incomplete", opponent: { id: "c", name: "Eli Pike" } }), "incomplete, against E. Pike");
  assert.equal(eventDetails({ type: "shot", outcome: "saved" }), "", "the title says it");
});

test("the pitch shows attempts that stand and have coordinates, goals on top", () => {
  const goal = event({ type: "goal", side: "home", x: 99, y: 33 });
  const annulled = event({ type: "goal", side: "home", x: 98, y: 30 });
  const match = after(
    goal,
    event({ type: "shot", side: "home", outcome: "blocked", x: 90, y: 30 }),
    event({ type: "shot", side: "home", outcome: "saved" }),
    event({ type: "shootout_penalty", side: "home", outcome: "scored", x: 94, y: 34, period: 5 }),
    event({ type: "corner", side: "home", x: 105, y: 0 }),
    annulled,
    { ...annulled, n: (number += 1), op: "remove", rev: 1, was: annulled },
  );
  assert.deepEqual(attemptsOn(match).map(outcomeOf), ["blocked", "goal"]);
  assert.equal(latestWithCoordinates(match).type, "corner");
  assert.equal(outcomeOf({ type: "penalty_missed", outcome: "saved_woodwork" }), "saved_woodwork");
  assert.equal(outcomeOf({ type: "shot", outcome: "constructor" }), "unknown");
  assert.equal(outcomeOf({ type: "corner" }), null);
});
