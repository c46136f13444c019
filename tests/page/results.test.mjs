// The end of a match as shown: full time only after full time, no score of a match not played, players down only from the
// field.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as pure } from "node:test";

import { dismissals, lineup, NOTHING, playersDown, reduce } from "../../clients/js/touchline.js";
import { currentReading, haveNoEvents, isCutShort, neverBegins, noMoreEventsText, shownScore, statusText } from "../../src/server/dashboard/page/ui/status.js";
import { FINISHED, STATUS } from "../../src/server/dashboard/page/ui/labels.js";
import { serve, test, until, visit } from "./harness.mjs";
import { becomes } from "./page-state.mjs";

const path = (name) => new URL(`../cases/${name}.jsonl`, import.meta.url).pathname;
const linesOf = (name) => readFileSync(path(name), "utf8").trim().split("\n").map((line) => JSON.parse(line));

const TEAMS = { home: { id: "a", name: "Amber", short: "AMB" }, away: { id: "b", name: "Birch", short: "BIR" } };
const started = [{ type: "period_start", period: 1, clock: "0:00" }, { type: "goal", period: 1, clock: "12:00", side: "home" }];
const second = [{ type: "period_end", period: 1, clock: "46:00" }, { type: "period_start", period: 2, clock: "45:00" }];
const normal = [...started, ...second, { type: "period_end", period: 2, clock: "92:00" }];
const extra = [3, 4].flatMap((period) => [{ type: "period_start", period, clock: `${45 + 15 * period}:00` }, { type: "period_end", period, clock: `${61 + 15 * period}:00` }]);
const kicks = ["home", "away"].map((side, at) => ({ type: "shootout_penalty", period: 5, clock: `12${at}:30`, side, outcome: at ? "missed" : "scored" }));
const shootout = [{ type: "period_start", period: 5, clock: "120:00" }, ...kicks, { type: "period_end", period: 5, clock: "122:00" }];
/** Each with the text in place of the clock, the digits of the score, and the scorebug's text. */
const ENDS = {
  suspended: { lines: [...started, { type: "suspended", period: 1, clock: "20:00" }], word: "Suspended", score: "1-0" },
  abandoned: { lines: [...started, { type: "abandoned", period: 1, clock: "20:00" }], word: "Abandoned", score: "1-0" },
  "full time": { lines: [...normal, { type: "match_end", period: 2, clock: "92:00" }], word: "Full time", bug: "FT", score: "1-0" },
  "after extra time": { lines: [...normal, ...extra, { type: "match_end", period: 4, clock: "121:00" }], word: "After extra time", bug: "AET", score: "1-0" },
  "after penalties": { lines: [...normal, ...extra, ...shootout, { type: "match_end", period: 5, clock: "122:00" }], word: "After penalties", bug: "After pens", score: "1-0" },
  awarded: { lines: [...started, { type: "abandoned", period: 1, clock: "20:00" }, { type: "awarded", status: "abandoned", clock: "9:00", score: { home: 0, away: 3 }, reason: "unfit_player" }], word: "Awarded", score: "0-3" },
  postponed: { lines: [{ type: "commentary", status: "postponed", clock: "0:00", text: "Called off." }], word: "Postponed", score: "" },
};

/** Serves a scenario of these lines, each a match of its own, at its end. */
async function ended(t, ...matches) {
  const folder = mkdtempSync(join(tmpdir(), "touchline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = matches.map((lines, at) => {
    const file = join(folder, `${at}.jsonl`);
    const match = { kind: "match", id: `m${at}`, kickoff: "2026-03-07T15:00:00Z", ...TEAMS };
    writeFileSync(file, [{ kind: "scenario", version: 1, title: `Match ${at}` }, match, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
    return file;
  });
  const server = await serve(t, ...files, "--paused");
  await server.command("step 100%");
  return server;
}

const board = () => ({
  word: document.querySelector(".status-word")?.textContent,
  score: [...document.querySelectorAll(".score-digit")].map((digit) => digit.textContent).filter(Boolean).join("-"),
});
const bug = () => ({ word: document.querySelector(".bug-time")?.textContent, score: [...document.querySelectorAll(".bug-score b")].map((digit) => digit.textContent).join("-") });
const ticker = () => ({ word: document.querySelector(".bar-score .line-now")?.textContent.toUpperCase(), score: [...document.querySelectorAll(".bar-score .goals b")].map((digit) => digit.textContent).join("-") });
const cards = () => [...document.querySelectorAll(".scorecard")].map((card) => ({
  word: card.querySelector(".scorecard-state").textContent,
  score: [...card.querySelectorAll(".scorecard-score")].map((score) => score.textContent).filter(Boolean).join("-"),
  on: card.hasAttribute("data-on"),
}));
/** The ticker's short forms. */
const SHORT = { Postponed: "PPD.", Abandoned: "ABD.", Suspended: "SUSP.", "Full time": "FT", "After extra time": "AET", "After penalties": "AFTER PENS", Awarded: "AWARDED" };

for (const [what, { lines, word, bug: onBug = word, score }] of Object.entries(ENDS)) {
  test(`a match that ends ${what} is shown so on the scoreboard and the overlays`, async (t) => {
    const server = await ended(t, lines);
    const page = await visit(t, server.http);
    await becomes(page, board, undefined, { word, score });
    await until(page, (score) => document.title === `Amber ${score ? score.replace("-", "–") : "v"} Birch`, "the title says it too", score);
    await page.goto(`${server.http}/overlay/scorebug`);
    await becomes(page, bug, undefined, { word: onBug, score });
    await page.goto(`${server.http}/overlay/ticker`);
    await becomes(page, ticker, undefined, { word: SHORT[word], score });
  });
}

test("an awarded score is labelled as such, with the score as played beside it", async (t) => {
  const walkover = [{ type: "awarded", status: "scheduled", clock: "-1:00", score: { home: 3, away: 0 } }];
  const server = await ended(t, ENDS.awarded.lines, walkover);
  const page = await visit(t, server.http);
  const said = () => [...document.querySelectorAll(".scorecard .unseen:first-child")].map(({ textContent }) => textContent);
  await becomes(page, said, undefined, ["Amber 0, Birch 3, awarded, played 1–0", "Amber 3, Birch 0, awarded"]);
  const onCards = () => [...document.querySelectorAll(".scorecard")].map((card) => [".scorecard-head", ".story-headline .story-text"].map((part) => card.querySelector(part).textContent));
  await becomes(page, onCards, undefined, [["Awardedplayed 1–0", "Awarded 0–3 unfit player"], ["Awarded15:00", "Awarded 3–0"]]);
  const onBoard = () => [".score .unseen", ".status"].map((selector) => document.querySelector(selector)?.textContent);
  for (const [match, status, score] of [["m0", "Awardedplayed 1–0", "Amber 0, Birch 3"], ["m1", "Awarded", "Amber 3, Birch 0"]]) {
    await page.goto(`${server.http}/?match=${match}`);
    await becomes(page, onBoard, undefined, [`${score}, awarded`, status]);
    const listed = () => [document.querySelector('.ticker [data-type="awarded"] .deed').textContent, document.querySelector(".place-now").textContent];
    await becomes(page, listed, undefined, [match === "m0" ? "Awarded 0–3(played 1–0)unfit player" : "Awarded 3–0", "Awd."]);
  }
});

test("in a round each card shows how its match ended", async (t) => {
  const wanted = Object.values(ENDS);
  const server = await ended(t, ...wanted.map(({ lines }) => lines));
  const page = await visit(t, server.http);
  await becomes(page, cards, undefined, wanted.map(({ word, bug, score }) => ({ word: bug ?? word, score, on: word === "Suspended" })));
});

pure("a postponed match has no score", () => {
  const [, , { status }] = linesOf("min-postponed");
  assert.equal(shownScore(status, { home: 0, away: 0 }), null);
});

pure("if the replay ends before the match, no final status is invented", () => {
  const replays = { ended: { state: "ended", at: 9, length: 9 }, "paused at its end": { state: "paused", at: 9, length: 9 } };
  for (const [what, playback] of Object.entries(replays)) {
    for (const [status, word] of Object.entries(STATUS)) {
      const settled = [...FINISHED, "scheduled", "suspended"].includes(status);
      assert.equal(statusText(playback, status), settled ? word : "No more events", `${status}, ${what}`);
      assert.equal(isCutShort(playback, status), !settled);
    }
  }
  for (const playback of [{ state: "playing", at: 9, length: 9 }, { state: "paused", at: 8, length: 9 }, { state: "waiting", at: 0, length: 9 }]) {
    for (const [status, word] of Object.entries(STATUS)) assert.equal(statusText(playback, status), word);
  }
});

test("a replay that ends in the second half does not end the match", async (t) => {
  const server = await serve(t, "juv", "--until", "70:00", "--speed", "max");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector('[data-playback="ended"]'), "it has ended");
  await becomes(page, board, undefined, { word: "No more events", score: "0-0" });
  await page.goto(`${server.http}/overlay/scorebug`);
  await becomes(page, bug, undefined, { word: "No more events", score: "0-0" });
});

pure("a match that has not begun at the end of the replay never begins", () => {
  const [ended, playing] = [{ state: "ended", at: 9, length: 9 }, { state: "playing", at: 9, length: 9 }];
  for (const status of Object.keys(STATUS)) assert.equal(neverBegins(ended, status), status === "scheduled", status);
  assert.equal(neverBegins(playing, "scheduled"), false);
  assert.deepEqual([noMoreEventsText({ events: 0 }), noMoreEventsText({ events: 1 }), noMoreEventsText({})], ["No events", "No more events", "No more events"]);
  assert.deepEqual([haveNoEvents([{ events: 0 }, { events: 0 }]), haveNoEvents([{ events: 0 }, { events: 1 }]), haveNoEvents([])], [true, false, false]);
});

const KICKOFF = "7 March 2026, 15:00";
const NEVER_BEGUN = {
  "without events": { lines: [], word: "No events", line: "No events", list: "No events." },
  "with only line-ups": { lines: [{ type: "lineup", status: "scheduled", clock: "-60:00", side: "home" }], word: "No more events", line: "Ended", list: "No key events." },
};
for (const [what, { lines, word, line, list }] of Object.entries(NEVER_BEGUN)) {
  test(`a match ${what} is shown with its kick-off, not with a countdown`, async (t) => {
    const server = await ended(t, lines);
    const page = await visit(t, server.http, { timezoneId: "UTC" });
    const said = () => [".status", ".clock-time", ".line", ".ticker .empty"].map((selector) => document.querySelector(selector)?.textContent);
    await becomes(page, said, undefined, [`${word}Kick-off ${KICKOFF}`, "", line, list]);
    await page.goto(`${server.http}/overlay/scorebug`);
    await becomes(page, () => [".bug-time", ".bug-beside"].map((selector) => document.querySelector(selector)?.textContent), undefined, ["15:00", "kick-off"]);
  });
}

pure("a countdown does not foretell a delay at the delay's own moment", () => {
  const MINUTE = 60_000;
  const phases = [["-20:00", 0, 10], ["-30:00", 10, 15], ["-10:00", 15, 25]].map(([clock, from, to]) =>
    ({ status: "scheduled", period: null, clock, from: from * MINUTE, to: to * MINUTE }));
  const delayed = (delay) => ({ event: { type: "delayed", delay }, removed: false });
  const clockAt = (minute, ...delays) => {
    const state = { ...NOTHING, matches: { m: { status: "scheduled", n: 1, happenings: delays.map(delayed) } } };
    return currentReading(state, phases, "m", minute * MINUTE).clock / MINUTE;
  };
  assert.deepEqual([clockAt(9), clockAt(10), clockAt(10, 20), clockAt(12, 20)], [-11, -10, -30, -28]);
  // The second is taken back to five minutes.
  assert.deepEqual([clockAt(15, 20), clockAt(15, 20, 5)], [-25, -10]);
});

test("a delayed match shows its new kick-off, before and after the original one", async (t) => {
  const put = (kickoff) => [{ type: "delayed", status: "scheduled", clock: "-10:00", kickoff }, ...started];
  const server = await ended(t, put("2026-03-07T15:20:00Z"), put("2026-03-07T18:00:00Z"), put("2026-03-21T15:00:00Z"));
  const page = await visit(t, server.http, { timezoneId: "UTC" });
  const kickoffs = () => [...document.querySelectorAll(".scorecard-kickoff")].map(({ textContent }) => textContent);
  await becomes(page, kickoffs, undefined, ["7 Mar, 15:20", "7 Mar, 18:00", "21 Mar, 15:00"]);
  await server.command("seek 0%");
  await server.command({ command: "step", count: 3 });
  const said = () => [".status", ".clock-time", ".ticker .deed-title", ".facts"].map((selector) => document.querySelector(selector)?.textContent);
  for (const [match, wanted] of [
    ["m0", ["to kick-offKick-off 15:20, 20 min late", "30:00", "Kick-off 20 min late", "7 March 2026"]],
    ["m1", ["to kick-offKick-off 18:00", "3:10:00", "Kick-off 3 h late", "7 March 2026"]],
    ["m2", ["to kick-offKick-off 21 March, 15:00", "14 days", "Kick-off 14 days late", "21 March 2026"]],
  ]) {
    await page.goto(`${server.http}/?match=${match}`);
    await becomes(page, said, undefined, wanted);
  }
});

// Players down.

let n = 0;
const eventOf = (type, more) => ({ kind: "event", match: "m", n: (n += 1), id: `e${n}`, rev: 0, op: "add", type, status: "second_half", period: 2, clock: "60:00", label: "61", score: { home: 0, away: 0 }, ...more });
const taken = (event) => ({ ...event, n: (n += 1), rev: 1, op: "remove", was: event });
const player = (id) => ({ id, name: id });
const snapshot = (home) => ({ kind: "snapshot", match: "m", n: 0, seq: 0, state: { lineups: { home: { on: [], bench: [], off: [], sent_off: [], ...home }, away: {} } } });
const sheet = { on: [player("on"), player("keeper")], bench: [player("sub"), player("other")] };
const card = (id, type = "red_card") => eventOf(type, { side: "home", ...(id ? { player: player(id) } : { text: "The coach." }) });
const coach = { ...player("farrow"), number: null, role: "coach" };
const change = (out, into) => eventOf("substitution", { side: "home", ...(out ? { out: player(out) } : {}), in: player(into) });
const off = (id) => eventOf("player_off", { side: "home", player: player(id) });
const on = (id) => eventOf("player_on", { side: "home", player: player(id) });
const red = card("on");
const early = card("sub");

const DOWN = [
  ["nobody", [], 0],
  ["a player on the field", [red], 1],
  ["a second caution", [card("on", "second_yellow_card")], 1],
  ["a coach", [card(null)], 0],
  ["a coach who is named", [eventOf("red_card", { side: "home", player: coach })], 0],
  ["a player on no sheet", [card("stranger")], 0],
  ["a player of the bench", [card("other")], 0],
  ["one who has been replaced", [change("on", "sub"), card("on")], 0],
  ["one who has come on", [change("on", "sub"), card("sub")], 1],
  ["one who is being treated", [off("on"), card("on")], 1],
  ["one who has come back", [off("on"), on("on"), card("on")], 1],
  ["one who was treated, and replaced then", [off("on"), change("on", "sub"), card("on")], 0],
  ["a card that is taken back", [red, taken(red)], 0],
  ["one of the bench whose card is taken back", [early, taken(early)], 0],
  ["two", [red, card("keeper")], 2],
];
for (const [what, events, wanted] of DOWN) {
  pure(`players down after a card for ${what}: ${wanted}`, () => {
    const { m } = [snapshot(sheet), ...events].reduce(reduce, NOTHING).matches;
    assert.equal(playersDown(m, "home"), wanted);
    assert.equal(dismissals(m, "home").length, wanted, "the cards are those of players who were on the field");
    assert.equal(playersDown(m, "away"), 0);
  });
}

pure("a substitution that names no player going off brings no player on", () => {
  const { m } = [snapshot(sheet), change(null, "sub")].reduce(reduce, NOTHING).matches;
  assert.deepEqual(lineup(m, "home").on.map(({ id }) => id), ["on", "keeper"]);
});

pure("a snapshot tells from where players were sent off", () => {
  const { m } = [snapshot({ on: [player("keeper")], sent_off: [player("on"), { ...player("sub"), from: "bench" }, { ...player("gone"), from: "off" }] })].reduce(reduce, NOTHING).matches;
  assert.equal(playersDown(m, "home"), 1);
  assert.deepEqual(lineup(m, "home").sent_off.map(({ from }) => from), [undefined, "bench", "off"]);
});

pure("in a feed without line-ups a card for a player counts, one without a player or for a coach does not", () => {
  const { m } = [snapshot({}), card("doe"), card(null), eventOf("red_card", { side: "home", player: coach })].reduce(reduce, NOTHING).matches;
  assert.equal(playersDown(m, "home"), 1);
});

const CASES = {
  "min-coach-red": { text: "The coach is sent off.", title: "Red card", cards: 1 },
  "coach-booked": { text: "M. Farrow (coach)", title: "Second yellow, sent off", cards: 1 },
  "subbed-red": { text: "The coach of Birch is sent off.", title: "Red card", cards: 3, notes: ["(on the bench)", "(replaced)"] },
};
for (const [name, { text, title, cards, notes = [] }] of Object.entries(CASES)) {
  test(`eleven players are eleven players: ${name}`, async (t) => {
    const server = await serve(t, path(name), "--paused");
    const page = await visit(t, server.http);
    const overlay = await visit(t, `${server.http}/overlay/scorebug`);
    await until(page, () => document.querySelector(".scoreboard"), "it is shown");
    await until(overlay, () => document.querySelector(".bug"), "it is shown");
    await server.command("step 100%");
    const listed = () => [...document.querySelectorAll('.ticker [data-type="red_card"], .ticker [data-type="second_yellow_card"]')].map((line) => line.textContent).join("|");
    await until(page, (cards) => document.querySelectorAll('.ticker [data-type="red_card"], .ticker [data-type="second_yellow_card"]').length === cards, "the cards are listed", cards);
    const lines = await page.evaluate(listed);
    assert.ok([text, title, ...notes].every((part) => lines.includes(part)), lines);
    assert.equal(await page.locator(".deeds .icon-red-card").count(), 0);
    assert.equal(await overlay.locator(".bug-card").count(), 0);
  });
}
