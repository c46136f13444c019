// The overlays' decisions: the goal cards, the ticker's rotation, the scorebug's match, the address.
import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY_QUEUE, isLeaving, MAX_WAITING, queueAfterFrame, queueAt, SLIDE_MS } from "../../src/server/dashboard/page/overlay/goal-queue.js";
import { lineText, tickerLines } from "../../src/server/dashboard/page/overlay/ticker-lines.js";
import { readParameters, widthOf } from "../../src/server/dashboard/page/overlay/parameters.js";
import { LINE_MS, MAX_PENDING, MIN_LINE_MS, NO_LINE, rotated, withUpdate } from "../../src/server/dashboard/page/overlay/rotation.js";
import { chooseMatch, MIN_MATCH_MS, NO_MATCH } from "../../src/server/dashboard/page/overlay/match-choice.js";

const HOLD = 8_000;
const GONE = HOLD + SLIDE_MS;

const hello = (head, more = {}) => ({ kind: "hello", run: "1c26fa5e", epoch: 1, head, resumed: null, ...more });
const goal = (n, id, more = {}) => ({
  kind: "event", match: "m", n, id, rev: 0, op: "add", type: "goal", side: "home", label: "10", player: { id: "doe", name: "B. Doe" },
  score: { home: n, away: 0 }, ...more,
});
/** A correction of an event, as in the protocol. */
const correction = (n, of, more) => {
  const { kind, match, n: _, was: __, ...was } = of;
  return { ...of, n, rev: of.rev + 1, op: "update", was, ...more };
};

/** Feeds `[time, frame or null]` pairs to a queue, and returns the card after each. */
function watch(...moments) {
  let queue = EMPTY_QUEUE;
  return moments.map(([now, frame]) => {
    queue = frame ? queueAfterFrame(queue, frame, now, HOLD) : queueAt(queue, now);
    const { card, waiting } = queue;
    return { card: card && `${card.kind} ${card.event.id}`, leaving: Boolean(card && isLeaving(card, now)), waiting: waiting.map(({ event }) => event.id), queue };
  });
}
const cards = (...moments) => watch(...moments).map(({ card }) => card);

test("a live goal is shown for its time, slides out, and is gone", () => {
  const seen = watch([0, hello(3)], [100, goal(4, "g")], [100 + HOLD - 1, null], [100 + HOLD, null], [100 + GONE - 1, null], [100 + GONE, null]);
  assert.deepEqual(seen.map(({ card }) => card), [null, "goal g", "goal g", "goal g", "goal g", null]);
  assert.deepEqual(seen.map(({ leaving }) => leaving), [false, false, false, true, true, false]);
});

test("snapshots and events from before the connection make no card", () => {
  const snapshot = { kind: "snapshot", match: "m", n: 3, state: { score: { home: 1, away: 0 }, events: [{ id: "g", op: "add", type: "goal" }] } };
  assert.deepEqual(cards([0, goal(1, "before-hello")], [0, hello(5)], [0, snapshot], [0, goal(4, "g4")], [0, goal(5, "g5")]), [null, null, null, null, null]);
  assert.deepEqual(cards([0, hello(5)], [0, goal(6, "g6")]), [null, "goal g6"]);
});

test("events missed while disconnected make no card, and the current card expires in time", () => {
  const seen = cards([0, hello(0)], [0, goal(1, "g1")], [3_000, hello(3, { resumed: "ok" })], [3_000, goal(2, "g2")], [3_000, goal(3, "g3")], [GONE, null], [GONE, goal(4, "g4")]);
  assert.deepEqual(seen, [null, "goal g1", "goal g1", "goal g1", "goal g1", null, "goal g4"]);
});

test("a reset of the stream clears the queue", () => {
  for (const again of [hello(9, { resumed: "reset" }), hello(9), hello(9, { resumed: "ok", epoch: 2 })]) {
    const seen = watch([0, hello(0)], [0, goal(1, "g1")], [0, goal(2, "g2")], [10, again], [10, goal(9, "g9")], [10, goal(10, "g10")]);
    assert.deepEqual(seen.map(({ card }) => card), [null, "goal g1", "goal g1", null, null, "goal g10"]);
  }
});

test("a seek clears the queue at once, and its snapshots make no card", () => {
  const seek = { kind: "playback", state: "playing", epoch: 2, cause: "seek" };
  const seen = watch([0, hello(0)], [0, goal(1, "g1")], [0, goal(2, "g2")], [10, seek], [10, { kind: "snapshot", match: "m", n: 7, state: {} }], [2 * GONE, null]);
  assert.deepEqual(seen.map(({ card, waiting }) => [card, waiting]), [
    [null, []], ["goal g1", []], ["goal g1", ["g2"]], [null, []], [null, []], [null, []],
  ]);
  // After the seek they are live again, also those received before.
  assert.deepEqual(cards([0, hello(5)], [0, seek], [0, goal(3, "g3")]).at(-1), "goal g3");
});

test("a playback change without a new epoch keeps the card", () => {
  const paused = { kind: "playback", state: "paused", epoch: 1, cause: "pause" };
  assert.deepEqual(cards([0, hello(0)], [0, goal(1, "g1")], [10, paused]).at(-1), "goal g1");
});

test("only goals make cards", () => {
  for (const type of ["shot", "disallowed_goal", "penalty_missed", "shootout_penalty", "red_card", "something_new"]) {
    assert.equal(cards([0, hello(0)], [0, goal(1, "g", { type })]).at(-1), null, type);
    assert.equal(cards([0, hello(0)], [0, goal(1, "g", { type, op: "remove", was: { type, op: "add" } })]).at(-1), null, type);
  }
});

test("a correction that makes an event a goal makes a card", () => {
  const shot = goal(1, "g", { type: "shot" });
  assert.deepEqual(cards([0, hello(0)], [0, shot], [10, correction(2, shot, { type: "goal" })]), [null, null, "goal g"]);
});

test("a corrected goal updates its current or waiting card, without extending its time", () => {
  const [first, second] = [goal(1, "g1"), goal(2, "g2")];
  const own = { side: "away", own_goal: true };
  const seen = watch([0, hello(0)], [0, first], [0, second], [5_000, correction(3, second, own)], [5_000, correction(4, first, own)], [GONE, null]);
  assert.equal(seen[4].queue.card.goal.own_goal, true);
  assert.equal(seen[4].queue.card.goal.side, "away");
  assert.equal(seen[5].card, "goal g2");
  assert.equal(seen[5].queue.card.goal.side, "away");
  // Without its card a correction makes no new one.
  assert.deepEqual(cards([0, hello(0)], [0, first], [GONE, null], [GONE, correction(2, first, own)]).at(-1), null);
});

test("a removed goal replaces its card, which is shown for its full time", () => {
  const scored = goal(1, "g");
  const seen = watch([0, hello(0)], [0, scored], [5_000, correction(2, scored, { op: "remove", reason: "offside", score: { home: 0, away: 0 } })], [GONE, null], [5_000 + GONE - 1, null], [5_000 + GONE, null]);
  assert.deepEqual(seen.map(({ card }) => card), [null, "goal g", "no_goal g", "no_goal g", "no_goal g", null]);
  const { shownAt, event } = seen[2].queue.card;
  assert.deepEqual([shownAt, event.reason, event.score], [0, "offside", { home: 0, away: 0 }]);
});

test("a removed goal makes a card also if its own is sliding out, gone or was never shown", () => {
  const scored = goal(1, "g");
  const removed = correction(2, scored, { op: "remove", reason: "offside" });
  assert.equal(cards([0, hello(0)], [0, scored], [GONE, removed]).at(-1), "no_goal g");
  assert.equal(cards([0, hello(1)], [0, removed]).at(-1), "no_goal g");
  const seen = watch([0, hello(0)], [0, scored], [HOLD, removed], [GONE, null]);
  assert.deepEqual(seen.slice(2).map(({ card, leaving }) => [card, leaving]), [["goal g", true], ["no_goal g", false]]);
});

test("a goal corrected to another type is a removed goal", () => {
  const scored = goal(1, "g");
  assert.equal(cards([0, hello(0)], [0, scored], [10, correction(2, scored, { type: "shot" })]).at(-1), "no_goal g");
  // A second correction or removal of a former goal changes nothing.
  const shot = correction(2, scored, { type: "shot" });
  for (const op of ["update", "remove"]) {
    const seen = cards([0, hello(2)], [0, correction(3, shot, { op })]);
    assert.equal(seen.at(-1), null, op);
  }
});

test("a removed goal that is restored is a goal again", () => {
  const removed = correction(2, goal(1, "g"), { op: "remove" });
  assert.equal(cards([0, hello(2)], [0, correction(3, removed, { op: "update" })]).at(-1), "goal g");
});

test("a goal removed while it waits is shown as removed", () => {
  const [first, second] = [goal(1, "g1"), goal(2, "g2")];
  const seen = watch([0, hello(0)], [0, first], [0, second], [10, correction(3, second, { op: "remove" })], [GONE, null]);
  assert.deepEqual(seen[3].waiting, ["g2"]);
  assert.equal(seen[4].card, "no_goal g2");
});

test("goals in quick succession wait, three at most, and the oldest waiting one is dropped", () => {
  const goals = [1, 2, 3, 4, 5].map((n) => [n, goal(n, `g${n}`)]);
  const seen = watch([0, hello(0)], ...goals);
  assert.equal(MAX_WAITING, 3);
  assert.deepEqual([seen.at(-1).card, seen.at(-1).waiting], ["goal g1", ["g3", "g4", "g5"]]);
  const later = watch([0, hello(0)], ...goals, ...[1, 2, 3, 4].map((shown) => [1 + shown * GONE, null]));
  assert.deepEqual(later.slice(-4).map(({ card }) => card), ["goal g3", "goal g4", "goal g5", null]);
});

test("the same id in another match is another goal", () => {
  const seen = watch([0, hello(0)], [0, goal(1, "g")], [0, goal(2, "g", { match: "other" })]);
  assert.deepEqual(seen.at(-1).waiting, ["g"]);
});

test("the card does not depend on how often the queue is read, also after a minute without reading", () => {
  const frames = [[0, hello(0)], ...[1, 2, 3].map((n) => [n * 100, goal(n, `g${n}`)])];
  const looks = Array.from({ length: 400 }, (_, at) => [400 + at * 77, null]);
  for (const [now] of looks.filter((_, at) => at % 9 === 0)) {
    const often = watch(...frames, ...looks.filter(([moment]) => moment < now), [now, null]).at(-1);
    const once = watch(...frames, [now, null]).at(-1);
    assert.deepEqual([often.card, often.leaving], [once.card, once.leaving], `at ${now}`);
  }
  assert.equal(cards(...frames, [60_000, null]).at(-1), null);
  assert.equal(cards(...frames, [60_000, goal(4, "g4")]).at(-1), "goal g4");
});

// The ticker.

test("lines rotate, and a single one stays", () => {
  let rotation = rotated(NO_LINE, ["a", "b"], 0);
  assert.equal(rotation.key, "a");
  rotation = rotated(rotation, ["a", "b"], LINE_MS - 1);
  assert.equal(rotation.key, "a");
  rotation = rotated(rotation, ["a", "b"], LINE_MS);
  assert.deepEqual([rotation.key, rotation.left], ["b", "a"]);
  rotation = rotated(rotation, ["a", "b"], 2 * LINE_MS);
  assert.equal(rotation.key, "a");
  const alone = rotated(NO_LINE, ["a"], 0);
  assert.equal(rotated(alone, ["a"], 10 * LINE_MS), alone, "it does not slide into itself");
});

test("pending lines are shown after the current one's least time, the oldest first, and then the neighbour", () => {
  const keys = ["new2", "new1", "a", "b"];
  let rotation = rotated(NO_LINE, ["a", "b"], 0);
  rotation = withUpdate(withUpdate(rotation, "new1", 100), "new2", 200);
  assert.equal(rotated(rotation, keys, MIN_LINE_MS - 1).key, "a");
  rotation = rotated(rotation, keys, MIN_LINE_MS);
  assert.equal(rotation.key, "new1");
  rotation = rotated(rotation, keys, 2 * MIN_LINE_MS);
  assert.equal(rotation.key, "new2");
  assert.equal(rotated(rotation, keys, 2 * MIN_LINE_MS + LINE_MS).key, "new1");
});

test("pending lines are bounded and unique, and removed lines are dropped", () => {
  let rotation = rotated(NO_LINE, ["a"], 0);
  for (let at = 0; at < 50; at += 1) rotation = withUpdate(rotation, `n${at % 10}`, 1);
  assert.deepEqual(rotation.pending, ["n6", "n7", "n8", "n9"]);
  assert.equal(MAX_PENDING, 4);
  assert.deepEqual(withUpdate(rotation, "n7", 1).pending, ["n6", "n8", "n9", "n7"]);
  assert.equal(rotated(rotation, ["a", "n8"], MIN_LINE_MS).key, "n8");
  assert.equal(rotated(rotation, ["a"], MIN_LINE_MS).key, "a");
});

test("a line that changes while shown starts again", () => {
  let rotation = rotated(NO_LINE, ["a", "b"], 0);
  rotation = withUpdate(rotation, "a", LINE_MS - 1);
  assert.deepEqual(rotation.pending, [], "it need not come again");
  assert.equal(rotated(rotation, ["a", "b"], LINE_MS + 1).key, "a");
});

test("a removed line is replaced at once", () => {
  const rotation = rotated(NO_LINE, ["a", "b"], 0);
  assert.deepEqual([rotated(rotation, ["b"], 10).key, rotated(rotation, ["b"], 10).left], ["b", null]);
  assert.equal(rotated(rotation, [], 10).key, null);
});

const happening = (event, was = [], removed = false) => ({ id: event.id, event, was, removed });
const fixture = (id) => ({ id, home: { name: "One" }, away: { name: "Other" } });

test("of one match the last key events rotate, newest first; minor events do not", () => {
  const happenings = ["goal", "corner", "red_card", "foul", "substitution"].map((type, at) => happening(goal(at + 1, `e${at}`, { type })));
  const lines = tickerLines([fixture("m")], () => ({ happenings }));
  assert.deepEqual(lines.map(({ key }) => key), ["m/e4", "m/e2", "m/e0"]);
  assert.deepEqual(tickerLines([fixture("m")], () => ({ happenings: [] })).map(({ key }) => key), ["fixture"]);
  assert.deepEqual(tickerLines([fixture("m")], () => null), []);
});

test("of several matches all scores and the live events rotate", () => {
  const fixtures = Array.from({ length: 10 }, (_, at) => fixture(`m${at}`));
  const happenings = { m3: [happening(goal(7, "late"))], m5: [happening(goal(5, "early")), happening(goal(undefined, "from-the-snapshot"))] };
  const lines = tickerLines(fixtures, (id) => (id === "m9" ? null : { happenings: happenings[id] ?? [] }));
  assert.deepEqual(lines.flatMap(({ scores = [] }) => scores.map(({ id }) => id)), fixtures.slice(0, 9).map(({ id }) => id));
  assert.deepEqual(lines.filter(({ scores }) => scores).map(({ scores }) => scores.length), [3, 3, 3]);
  assert.deepEqual(lines.filter(({ happening }) => happening).map(({ key }) => key), ["m3/late", "m5/early"]);
});

test("corrections are described as corrections", () => {
  const scored = goal(1, "g");
  const removed = correction(2, scored, { op: "remove", reason: "handball_by_scorer" });
  assert.deepEqual(lineText(happening(removed, [scored], true)), {
    sign: "no-goal", title: "No goal: handball by scorer", who: "B. Doe", beside: "", minute: "10′", isStruck: true, goal: false,
  });
  const card = goal(1, "c", { type: "red_card" });
  assert.equal(lineText(happening(correction(2, card, { op: "remove" }), [card], true)).title, "Red card taken back");
  for (const [type, title] of [["postponed", "Postponement taken back"], ["awarded", "Award taken back"], ["penalty_awarded", "Penalty taken back"]]) {
    assert.equal(lineText({ event: { type, op: "remove" }, was: [{ type }], removed: true }).title, title);
  }
  const shot = lineText(happening(correction(2, scored, { type: "shot", outcome: "saved" }), [scored]));
  assert.deepEqual([shot.title, shot.beside, shot.goal], ["No goal", "Shot saved, B. Doe", false]);
  const other = lineText(happening(correction(2, scored, { player: { id: "roe", name: "C. Roe" } }), [scored]));
  assert.deepEqual([other.title, other.who, other.beside], ["Goal", "C. Roe", "corrected"]);
  assert.equal(lineText(happening(correction(2, scored, { confirmed: true }), [scored])).beside, "");
});

// The scorebug.

const match = (id, status, more = {}) => ({ id, status, lastEvent: null, distance: 0, ...more });

test("the match in play is shown, of several the one with the latest event", () => {
  const over = match("over", "full_time", { lastEvent: 90 });
  const pause = match("pause", "half_time", { lastEvent: 80 });
  const [a, b] = [match("a", "first_half", { lastEvent: 10 }), match("b", "second_half", { lastEvent: 20 })];
  assert.equal(chooseMatch(NO_MATCH, [over, pause, a, b], 0).id, "b");
  assert.equal(chooseMatch(NO_MATCH, [over, pause], 0).id, "pause");
  assert.equal(chooseMatch(NO_MATCH, [], 0), NO_MATCH);
});

test("without a match in play the nearest in time is shown", () => {
  const [before, to] = [match("before", "full_time", { lastEvent: 90, distance: 500 }), match("to", "scheduled", { distance: 400 })];
  assert.equal(chooseMatch(NO_MATCH, [before, to], 0).id, "to");
  assert.equal(chooseMatch(NO_MATCH, [{ ...before, distance: 300 }, to], 0).id, "before");
  const had = chooseMatch(NO_MATCH, [before, to], 0);
  assert.equal(chooseMatch(had, [{ ...before, distance: 300 }, to], 1).id, "before", "where there is no jumping there is no staying");
  // Without a timeline the distance is unknown.
  assert.equal(chooseMatch(NO_MATCH, [{ ...before, distance: Infinity }, { ...to, distance: Infinity }], 0).id, "before");
});

test("the current match stays for a while, unless it is no longer in play", () => {
  const [a, b] = [match("a", "first_half", { lastEvent: 10 }), match("b", "first_half", { lastEvent: 20 })];
  const had = chooseMatch(NO_MATCH, [a], 0);
  assert.equal(chooseMatch(had, [a, b], MIN_MATCH_MS - 1), had);
  assert.equal(chooseMatch(had, [a, b], MIN_MATCH_MS).id, "b");
  assert.equal(chooseMatch(had, [{ ...a, lastEvent: 20 }, b], MIN_MATCH_MS), had, "as good as the other");
  assert.equal(chooseMatch(had, [{ ...a, status: "full_time", lastEvent: 30 }, b], 10).id, "b");
  assert.equal(chooseMatch(had, [b], 10).id, "b", "it is followed no longer");
});

// The address.

/** The parameters of an address, and the notes about invalid ones. */
function asked(path) {
  const { pathname, search } = new URL(path, "http://127.0.0.1:8089");
  const notes = [];
  const parameters = readParameters({ pathname, search }, (text) => notes.push(text));
  return { ...parameters, wide: widthOf(parameters), notes };
}

test("an overlay is identified by its path, also below a replay's", () => {
  const { kind, base, theme, hold, match, wide, notes } = asked("/r/x7kq/overlay/goal");
  assert.deepEqual({ kind, base, theme, hold, match, wide, notes }, { kind: "goal", base: "/r/x7kq", theme: "dark", hold: 8_000, match: null, wide: null, notes: [] });
  for (const path of ["/overlay/gaol", "/overlay/", "/overlay/constructor"]) {
    const unknown = asked(path);
    assert.deepEqual([unknown.kind, unknown.notes.length], [null, 1], path);
  }
});

test("parameters are bounded; invalid ones are ignored with a note", () => {
  for (const [query, field, value] of [
    ["hold=1s", "hold", 1_000], ["hold=1m", "hold", 60_000], ["hold=2.5s", "hold", 2_500],
    ["scale=0.25", "wide", 160], ["scale=8", "wide", 5_120], ["width=160", "wide", 160], ["width=900&scale=2", "wide", 900],
    ["theme=light", "theme", "light"], ["match=a,b", "match", "a,b"], ["token=secret", "token", undefined],
  ]) {
    const { notes, ...rest } = asked(`/overlay/goal?${query}`);
    assert.deepEqual([rest[field], notes], [value, []], query);
  }
  for (const [query, field, value] of [
    ["hold=61s", "hold", 8_000], ["hold=0s", "hold", 8_000], ["hold=8", "hold", 8_000], ["hold=-8s", "hold", 8_000],
    ["scale=0.2", "wide", null], ["scale=9", "wide", null], ["scale=1e1", "wide", null], ["scale=", "wide", null],
    ["width=159", "wide", null], ["width=NaN", "wide", null], ["theme=pink", "theme", "dark"],
    ["match=", "match", null], ["match=a,,b", "match", null], [`match=${"a".repeat(1_001)}`, "match", null], ["sclae=2", "wide", null],
  ]) {
    const { notes, ...rest } = asked(`/overlay/goal?${query}`);
    assert.deepEqual([rest[field], notes.length], [value, 1], query);
  }
  assert.equal(asked("/overlay/scorebug?match=a,b").match, null, "it shows one");
});
