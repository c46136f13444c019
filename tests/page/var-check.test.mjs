// An open VAR review is shown beside the score, also to a page that is loaded meanwhile.
import assert from "node:assert/strict";
import { test as pure } from "node:test";

import { NOTHING, reduce } from "../../clients/js/touchline.js";
import { openVarReview } from "../../src/server/dashboard/page/ui/var-review.js";
import { serve, test, until, visit } from "./harness.mjs";
import { becomes, matchesServer, resize } from "./page-state.mjs";

let n = 0;
const eventOf = (type, more = {}) => ({
  kind: "event", match: "m", n: (n += 1), id: `e${n}`, rev: 0, op: "add", type, status: "second_half", period: 2, clock: "67:31", label: "68", score: { home: 0, away: 0 }, ...more,
});
const changed = (event, more) => {
  const { n: _, kind, match, was: __, ...was } = event;
  return { ...event, n: (n += 1), rev: event.rev + 1, op: "update", was, ...more };
};
const goal = eventOf("goal", { side: "home", confirmed: false, clock: "67:10" });
const review = eventOf("var_review", { about: goal.id, question: "goal" });
const other = eventOf("var_review", { about: "red", question: "red_card" });
const at = (clock) => ({ clock });

/** The open review after these events. */
const checked = (...events) => {
  const state = [{ kind: "snapshot", match: "m", n: 0, seq: 0, state: {} }, ...events].reduce(reduce, NOTHING);
  return openVarReview(state.matches.m)?.question ?? null;
};

const CASES = [
  ["nothing", [], null],
  ["a review", [goal, review], "goal"],
  ["its decision", [goal, review, eventOf("var_decision", { about: goal.id, question: "goal" })], null],
  ["a decision that names only the question", [goal, review, eventOf("var_decision", { question: "goal" })], null],
  ["a decision that names nothing", [goal, review, eventOf("var_decision")], null],
  ["the decision of the other of two", [goal, review, other, eventOf("var_decision", { about: goal.id })], "red_card"],
  ["the decision of the last of two", [goal, review, other, eventOf("var_decision", { about: "red" })], "goal"],
  ["a second check after the first was decided", [goal, review, eventOf("var_decision", { about: goal.id }), other], "red_card"],
  ["a review that is taken back", [goal, review, changed(review, { op: "remove" })], null],
  ["a review that is corrected", [goal, review, changed(review, { text: "Offside?" })], "goal"],
  ["a decision that is taken back", (() => {
    const decision = eventOf("var_decision", { about: goal.id });
    return [goal, review, decision, changed(decision, { op: "remove" })];
  })(), "goal"],
  ["a goal that is taken back, with the decision still to come", [goal, review, changed(goal, { op: "remove" })], null],
  ["a goal that is confirmed", [goal, review, changed(goal, { confirmed: true })], null],
  ["a goal that becomes something else", [goal, review, changed(goal, { type: "disallowed_goal" })], null],
  ["a goal with a correction of its details", [goal, review, changed(goal, { assist: { id: "a", name: "A" } })], "goal"],
  ["a goal that was corrected before", [goal, changed(goal, { side: "away" }), { ...review, n: 900 }], "goal"],
  ["play that goes on without a decision", [goal, review, eventOf("kick_off", at("70:00"))], null],
  ["a late event of an earlier throw-in", [goal, review, eventOf("throw_in", at("67:02"))], "goal"],
  ["the penalty that was checked is taken", [eventOf("var_review", { question: "penalty" }), eventOf("goal", { situation: "penalty", clock: "69:00" })], null],
  ["a substitution meanwhile", [goal, review, eventOf("substitution", at("68:00"))], "goal"],
  ["the end of a half, over which a check may last", [goal, review, eventOf("period_end", { status: "half_time" })], "goal"],
  ["another period", [goal, review, eventOf("period_start", { period: 3, status: "extra_first_half", clock: "90:00" })], null],
  ["the end of the match", [goal, review, eventOf("match_end", { status: "full_time" })], null],
  ["a match that is abandoned", [goal, review, eventOf("commentary", { status: "abandoned" })], null],
];
for (const [what, events, wanted] of CASES) pure(`a check after ${what}: ${wanted ?? "none"}`, () => assert.equal(checked(...events), wanted));

pure("a snapshot contains the open review", () => {
  const asInSnapshot = ({ kind, match, n, ...event }) => event;
  const snapshot = (...events) => ({ kind: "snapshot", match: "m", n: 9, seq: 9, state: { status: "second_half", events: events.map(asInSnapshot) } });
  const decision = eventOf("var_decision", { about: goal.id });
  const question = (...events) => openVarReview(reduce(NOTHING, snapshot(...events)).matches.m)?.question ?? null;
  assert.deepEqual([question(goal, review), question(goal, review, decision)], ["goal", null]);
});

const BOARD = `document.querySelector(".scoreboard .check")?.textContent ?? null`;
const BUG = `document.querySelector(".bug-check")?.textContent ?? null`;
const CARD = `document.querySelector('.scorecard[data-match="van-lar"] .check')?.textContent ?? null`;

test("an open review is shown on the scoreboard, the scorebug and the match's card, until it is decided", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "van-lar";
  const seek = (to) => server.command({ command: "seek", to, match });
  await seek("67:30");
  const board = await visit(t, `${server.http}/?match=${match}`);
  const bug = await visit(t, `${server.http}/overlay/scorebug?match=${match}`);
  const round = await visit(t, server.http);
  const shows = async (is) => {
    await becomes(board, BOARD, undefined, is ? "VAR check: goal" : null);
    await becomes(bug, BUG, undefined, is ? "VAR" : null);
    await becomes(round, CARD, undefined, is ? "VAR check: goal" : null);
  };
  await matchesServer(board, server, { match });
  await shows(false);
  await server.command({ command: "step", until: "67:31", match });
  await shows(true);
  // A page loaded meanwhile shows it too.
  for (const page of [board, bug, round]) await page.reload();
  await shows(true);
  await server.command({ command: "step", until: "69:14", match });
  await shows(false);
  await seek("68:30");
  await shows(true);
  await seek("30:00");
  await shows(false);
});

test("the text of a review is on one line with the texts beside it", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "van-lar";
  await server.command({ command: "seek", to: "68:30", match });
  const page = await visit(t, `${server.http}/?match=${match}`);
  await until(page, () => document.querySelector(".status .check"), "the check is there");
  for (const [width, height] of [[1440, 900], [1024, 700], [390, 844]]) {
    await resize(page, width, height);
    const [word, check] = await page.evaluate(() => [".status-word", ".status .check"].map((selector) => {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector(selector).lastChild);
      const { bottom } = range.getBoundingClientRect();
      return bottom;
    }));
    assert.ok(Math.abs(word - check) < 0.75, `${width}x${height}: ${word}, ${check}`);
  }
});
