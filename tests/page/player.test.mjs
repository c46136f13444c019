/** The computations of the playback bar: speeds, leads, position texts, segments, clusters of marks. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { hasPace, isLooping, lastEvent, leadFor, playsHighlights, remainingTime, speedOf, toggleHighlights, toggleLoop } from "../../src/server/dashboard/page/player/actions.js";
import { paceToRestore } from "../../src/server/dashboard/page/ui/pace.js";
import { nextSpeed, speedsWith, speedText } from "../../src/server/dashboard/page/ui/speeds.js";
import { describeReplaySpec } from "../../src/server/dashboard/page/replay-spec.js";
import { keyAction } from "../../src/server/dashboard/page/player/keys.js";
import { clusterMarkers, labelOf, namedPositions, signOf } from "../../src/server/dashboard/page/player/markers.js";
import { positionText, seekPosition, spokenPosition } from "../../src/server/dashboard/page/player/position-text.js";
import { isLoopback } from "../../src/server/dashboard/page/player/share.js";
import { fractionOf, positionAt, roundSegments, segments, visibleRange } from "../../src/server/dashboard/page/player/visible-range.js";
import { Scrub } from "../../src/server/dashboard/page/player/scrub.js";
import { NOTHING, reading, reduce } from "../../clients/js/touchline.js";

const PHASES = [
  { status: "scheduled", period: null, clock: "-1:00", from: 0, to: 60_000 },
  { status: "first_half", period: 1, clock: "00:00", from: 60_000, stoppage: 2_760_000, to: 2_885_000 },
  { status: "half_time", period: null, clock: "00:00", from: 2_885_000, to: 3_785_000 },
  { status: "second_half", period: 2, clock: "45:00", from: 3_785_000, stoppage: 6_485_000, to: 6_727_000 },
  { status: "full_time", period: null, clock: "00:00", from: 6_727_000, to: 6_827_000 },
];
const at = (ms) => reading(PHASES, ms);

test("speeds follow the list, from any number", () => {
  assert.deepEqual([nextSpeed(60, 1), nextSpeed(60, -1)], [120, 20]);
  assert.deepEqual([nextSpeed(37, 1), nextSpeed(37, -1)], [60, 20]);
  assert.deepEqual([nextSpeed(120, 1), nextSpeed("max", 1), nextSpeed("max", -1)], ["max", "max", 120]);
  assert.deepEqual([nextSpeed(1, -1), nextSpeed(0.5, -1), nextSpeed(0.5, 1), nextSpeed(600, 1)], [1, 1, 1, "max"]);
  assert.deepEqual(speedsWith(37), [1, 2, 5, 10, 20, 37, 60, 120, "max"]);
  assert.deepEqual(speedsWith("max"), [1, 2, 5, 10, 20, 60, 120, "max"]);
});

test("speeds have three significant digits, or are whole", () => {
  const written = { 1: "1×", 60: "60×", 0.5: "0.5×", 0.01: "0.01×", 0.3333333333333333: "0.333×", 13.666666666666668: "13.7×", 119.96: "120×", 123.4: "123×", 1000: "1000×", 1234: "1234×", 1366.6666: "1367×", 10000: "10000×" };
  for (const [speed, text] of Object.entries(written)) assert.equal(speedText(Number(speed)), text);
  assert.equal(speedText("max"), "max");
  assert.deepEqual(describeReplaySpec({ speed: "13.666666666666668" }), ["at 13.7× speed"]);
  assert.deepEqual(describeReplaySpec({ speed: "fast" }), ["at fast× speed"]);
  assert.equal(leadFor(0.1), "0.3s");
});

test("a lead is three seconds of real time, and at most a minute of the match", () => {
  assert.deepEqual([1, 0.5, 10, 20, 60, "max"].map(leadFor), ["3s", "1.5s", "30s", "60s", "60s", "60s"]);
});

test("the remaining time is computed with the requested speed", () => {
  assert.equal(remainingTime({ speed: 60, length: 6_827_000 }, 6_227_000), 10_000);
  assert.equal(remainingTime({ speed: 5, nominal: 60, length: 6_827_000 }, 6_227_000), 10_000);
  assert.equal(remainingTime({ speed: "max", length: 6_827_000 }, 0), null);
  assert.equal(remainingTime({ speed: 60, length: 1_000 }, 2_000), 0);
  assert.equal(speedOf({ speed: 5, nominal: 60 }), 60);
});

test("loop and pace are those last received, whichever client requested them", () => {
  const hello = { kind: "hello", replay: "main", run: "r", epoch: 1, head: 0, matches: [], playback: { state: "playing", version: 1, loop: true, pace: "highlights", length: 9 } };
  const loopAndPace = (state) => [isLooping(state), hasPace(state), playsHighlights(state)];
  let state = reduce(NOTHING, hello);
  assert.deepEqual(loopAndPace(state), [true, true, true]);
  state = reduce(state, { kind: "playback", state: "playing", version: 2, run: "r", epoch: 1, loop: true, pace: "gap=5s", cause: "pace" });
  assert.deepEqual(loopAndPace(state), [true, true, false]);
  state = reduce(state, { kind: "playback", state: "playing", version: 3, run: "r", epoch: 1, cause: "loop" });
  assert.deepEqual(loopAndPace(state), [false, false, false]);
  assert.equal(state.playback.length, 9);
});

test("a toggle requests the opposite of the current state", () => {
  const asked = [];
  const model = (playback) => ({ playback, command: (fields) => asked.push([fields.command, fields.to]) });
  for (const playback of [{}, { loop: true, pace: "highlights" }, { pace: "gap=5s" }]) {
    toggleLoop(model(playback));
    toggleHighlights(model(playback));
  }
  assert.deepEqual(asked, [["loop", true], ["pace", "highlights"], ["loop", false], ["pace", "off"], ["loop", true], ["pace", "highlights"]]);
});

test("switching highlights off restores the previous pace, also after a reload of the tab", () => {
  const kept = new Map();
  globalThis.window = { innerWidth: 1000, location: new URL("http://localhost/"), sessionStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) } };
  const after = (base, ...paces) => paces.reduce((before, pace) => paceToRestore(base, before, pace), null);
  assert.equal(after("/r/a", undefined, "highlights"), "off");
  assert.equal(after("/r/b", "gap=5s", "highlights"), "gap=5s");
  assert.equal(after("/r/b", "highlights"), "gap=5s", "after a reload");
  assert.equal(after("/r/c", "highlights"), "off", "another replay");
  assert.equal(after("/r/b", "gap=5s", "highlights", undefined, "highlights"), "off", "another client has switched it off meanwhile");
  globalThis.window.sessionStorage = { getItem: () => { throw new Error("forbidden"); }, setItem: () => { throw new Error("forbidden"); } };
  assert.equal(after("/r/b", "gap=5s", "highlights"), "gap=5s");
  assert.equal(after("/r/b", "highlights"), "off");
});

test("a reading and its seek position mean the same position", () => {
  assert.equal(seekPosition(at(60_000 + 16 * 60_000 + 4_000)), "16:04");
  assert.equal(seekPosition(at(2_832_620)), "45+1:12");
  assert.equal(seekPosition(at(3_000_000)), "HT");
  assert.equal(seekPosition(at(3_785_000 + 7_000)), "45:07");
  assert.equal(seekPosition(at(6_700_000)), "90+3:35");
  assert.equal(seekPosition(at(30_000)), null);
  assert.equal(seekPosition(at(6_800_000)), null);
  assert.equal(seekPosition(null), null);
});

test("a position has a text as on scoreboards, and one for screen readers", () => {
  assert.deepEqual([30_000, 2_701_000, 2_832_620, 3_000_000, 6_827_000].map((ms) => positionText(at(ms))), ["Pre", "44:01", "45+1:12", "HT", "FT"]);
  assert.equal(spokenPosition(at(60_000 + 44 * 60_000 + 7_000)), "44 minutes 7 seconds, first half");
  assert.equal(spokenPosition(at(2_832_620)), "45 minutes and 1 minute 12 seconds of stoppage time, first half");
  assert.equal(spokenPosition(at(3_000_000)), "half-time");
  assert.equal(positionText({ status: "unheard_of", clock: 0, stoppage: null }), "");
});

test("a bar has no gaps, and marks stoppage, breaks and expected segments", () => {
  const all = segments(PHASES, { from: 0, to: 6_827_000 });
  assert.deepEqual(all.map(({ kind }) => kind), ["break", "play", "stoppage", "break", "play", "stoppage", "break"]);
  all.reduce((end, { from, to }) => (assert.equal(from, end), to), 0);
  assert.equal(all.at(-1).to, 6_827_000);
  const open = segments([{ status: "second_half", from: 10, to: null, expected: true }], { from: 0, to: 50 });
  assert.deepEqual(open.map(({ kind, from, to, expected }) => [kind, from, to, expected]), [["break", 0, 10, false], ["play", 10, 50, true]]);
  assert.deepEqual(segments([], { from: 0, to: 9 }).map(({ kind, from, to }) => [kind, from, to]), [["break", 0, 9]]);
});

test("overlapping matches of a round share a segment", () => {
  const match = (from, to) => ({ phases: [{ status: "scheduled", from: from - 1, to: from }, { status: "first_half", from, to }, { status: "full_time", from: to, to }] });
  const all = roundSegments([match(60, 80), match(10, 30), match(20, 40), { phases: [] }], { from: 0, to: 100 });
  assert.deepEqual(all.filter(({ kind }) => kind === "play").map(({ from, to }) => [from, to]), [[10, 40], [60, 80]]);
  assert.equal(all.at(-1).to, 100);
});

test("a short match of a round has the bar alone until the whole is selected", () => {
  const model = { length: 100, fixture: { id: "a" }, fixtures: [{ id: "a" }, { id: "b" }], ui: {}, phasesOf: () => [{ from: 20, to: 30 }, { from: 30, to: 40 }] };
  assert.deepEqual(visibleRange(model), { from: 20, to: 40, zoomable: true });
  assert.equal(visibleRange({ ...model, ui: { wholeTimeline: true } }).to, 100);
  assert.equal(visibleRange({ ...model, fixtures: [{ id: "a" }] }).zoomable, false);
  assert.equal(visibleRange({ ...model, phasesOf: () => [{ from: 5, to: 95 }] }).zoomable, false);
  assert.equal(fractionOf(25, { from: 20, to: 40 }), 0.25);
  assert.equal(fractionOf(5, { from: 20, to: 40 }), 0);
  assert.equal(positionAt(2, { from: 20, to: 40 }), 40);
});

const marker = (id, at, type, more = {}) => ({ id, n: at, at, type, match: "m", op: "add", label: "9", score: { home: 0, away: 1 }, ...more });
const arranged = (markers, more = {}) => clusterMarkers(markers, { toPixels: (at) => at, reach: 10, ...more });

test("of overlapping marks the most important is shown, with the others in its cluster", () => {
  const marks = arranged([marker("y", 100, "yellow_card"), marker("s", 104, "substitution"), marker("g", 103, "goal"), marker("r", 108, "red_card"), marker("far", 130, "yellow_card")]);
  assert.deepEqual(marks.map(({ lane, lead, all }) => [lane, lead.id, all.map(({ id }) => id)]), [
    ["below", "y", ["y", "s"]],
    ["above", "g", ["g", "r"]],
    ["below", "far", ["far"]],
  ]);
});

test("an event that stands ranks before a removed one", () => {
  const [mark] = arranged([marker("gone", 100, "goal", { op: "remove" }), marker("stands", 105, "disallowed_goal")]);
  assert.equal(mark.lead.id, "stands");
  assert.deepEqual(mark.all.map(({ id }) => id), ["gone", "stands"]);
  assert.equal(signOf(marker("x", 1, "goal", { op: "remove" })), "ball-outline");
  assert.equal(arranged([marker("x", 1, "shot", { was: "goal" })])[0].lane, "above");
});

test("phases have no marks, and in a round only major events have", () => {
  const all = [marker("a", 1, "period_start"), marker("b", 50, "yellow_card"), marker("c", 90, "goal"), { at: 5, match: "m", name: "Lights out" }];
  assert.deepEqual(arranged(all).map(({ lead }) => lead.id), ["b", "c"]);
  assert.deepEqual(arranged(all, { majorOnly: true }).map(({ lead }) => lead.id), ["c"]);
  assert.deepEqual(namedPositions([...all, all[3]]).map(({ name }) => name), ["Lights out"]);
});

test("a label has the event, its team and the score", () => {
  const fixture = { home: { short: "JUV" }, away: { short: "NAP" } };
  const goal = marker("g", 1, "goal", { label: "89", side: "away", player: { name: "Kalidou Koulibaly" } });
  assert.deepEqual(labelOf(goal, fixture), { text: "89′ Goal, K. Koulibaly", note: "NAP, 0–1", gone: false });
  assert.equal(labelOf(goal, fixture, true).note, "JUV 0–1 NAP");
  assert.deepEqual(labelOf({ ...goal, op: "remove", reason: "offside" }, fixture), { text: "89′ Goal, K. Koulibaly", note: "NAP, taken back, offside", gone: true });
  assert.equal(labelOf({ name: "<b>Lights</b>", at: 1 }).text, "<b>Lights</b>");
});

test("the last event is that with the highest number, not one of the snapshot", () => {
  const happenings = (...events) => ({ happenings: events.map((event) => ({ event })) });
  assert.equal(lastEvent([happenings({ id: "a", n: 3 }, { id: "b", n: 9 }), happenings({ id: "c", n: 7 }, { id: "old" })]).id, "b");
  assert.equal(lastEvent([happenings({ id: "old" })]), null);
});

test("a shortcut has no effect on a focused element that uses the key itself", () => {
  const key = (key, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });
  const on = (part) => (selector) => selector.includes(part);
  const nowhere = () => false;
  assert.ok(keyAction(key(" "), nowhere).command);
  assert.equal(keyAction(key(" "), on("button, a")), null);
  assert.ok(keyAction(key("k"), on("button, a")).command);
  assert.equal(keyAction(key("g"), on("textarea")), null);
  assert.equal(keyAction(key("ArrowUp"), on(".ticker")), null);
  assert.ok(keyAction(key("ArrowUp"), nowhere).command);
  assert.equal(keyAction(key("l", { ctrlKey: true }), nowhere), null);
  assert.notEqual(keyAction(key("g"), nowhere).command, keyAction(key("G"), nowhere).command);
  assert.equal(keyAction(key("K"), nowhere).command, keyAction(key("k"), nowhere).command);
  assert.ok(keyAction(key("?"), nowhere).page);
  assert.equal(keyAction(key("constructor"), nowhere), null);
});

test("only loopback hosts are loopback", () => {
  assert.deepEqual(["localhost", "127.0.0.1", "[::1]", "x.localhost"].map(isLoopback), [true, true, true, true]);
  assert.deepEqual(["192.168.0.7", "example.org", "127.example.org"].map(isLoopback), [false, false, false]);
});

/** A model whose server replies on request of the test. */
function slow() {
  globalThis.window ??= { innerWidth: 1000 };
  const asked = [];
  const model = {
    dragged: null, length: 1_000, playback: { version: 1 }, at: () => model.dragged ?? 5, redraw() {},
    seekTo: (at) => new Promise((answer) => asked.push({ at, answer })),
  };
  return { model, asked, scrub: new Scrub(model) };
}

test("the playhead stays where it was put until the stream has reached the confirmed seek", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { model, asked, scrub } = slow();
  scrub.begin();
  for (const at of [100, 200, 300]) scrub.move(at);
  assert.deepEqual(asked.map(({ at }) => at), [100], "one at a time");
  asked[0].answer({ playback: { version: 2 } });
  await settled();
  scrub.end();
  assert.equal(asked.length, 1, "not more often than five times in a second");
  t.mock.timers.tick(200);
  await settled();
  assert.deepEqual(asked.map(({ at }) => at), [100, 300], "the last is always sent");
  model.playback.version = 2;
  scrub.settleWhenApplied();
  assert.equal(model.dragged, 300, "the answer to the one before is not the answer");
  asked[1].answer({ playback: { version: 3 } });
  await settled();
  scrub.settleWhenApplied();
  assert.equal(model.dragged, 300, "the frame has not come");
  model.playback.version = 3;
  scrub.settleWhenApplied();
  assert.equal(model.dragged, null);
});

test("after a refused seek the playhead returns, and the same position can be requested again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { model, asked, scrub } = slow();
  scrub.go(2_000);
  assert.deepEqual([model.dragged, asked[0].at], [1_000, 1_000], "not beyond the end");
  asked[0].answer(null);
  await settled();
  assert.equal(model.dragged, null);
  t.mock.timers.tick(200);
  await settled();
  scrub.go(1_000);
  assert.equal(asked.length, 2);
});

const settled = () => new Promise((done) => setImmediate(done));
