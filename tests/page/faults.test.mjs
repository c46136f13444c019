// Feeds with faults: the client folds any of them, snapshots make it right again, and the page shows what was done to the feed.
import assert from "node:assert/strict";
import { test as plainTest } from "node:test";

import { cursor, NOTHING, reduce, SIDES, withHistory } from "../../clients/js/touchline.js";
import { lastMarker } from "../../src/server/dashboard/page/player/actions.js";
import { serve, test, until, visit } from "./harness.mjs";
import { matchesServer, waitForPlayback } from "./page-state.mjs";

const get = async (server, path) => (await fetch(server.http + path, { headers: { connection: "close" } })).json();
const fold = (state, frames) => frames.reduce(reduce, state);
const asSnapshot = ({ now, ...match }) => ({ kind: "snapshot", ...match });
/** What a folded match counts: equal for events in any order. */
const counted = ({ score, statistics, players, firstHalf, substitutionsLeft }) =>
  ({ score, statistics, firstHalf: firstHalf.score, substitutionsLeft, players: Object.values(players).map(({ id, goals, yellow_cards, cameOn, wentOff }) => [id, goals, yellow_cards, cameOn, wentOff]).sort() });
const standing = (match) => match.happenings.filter(({ removed }) => !removed).map(({ event }) => `${event.type} ${event.id}`).sort();

/** Plays a faulty feed to its end, and returns its first and last snapshots and its events. */
async function feedOf(t, scenario, plan) {
  const server = await serve(t, scenario, "--paused", "--seed", "7", "--faults", plan);
  const first = await get(server, "/state?snapshot=full");
  const { to } = await server.command({ command: "step", until: "100%" });
  return { first, last: await get(server, "/state?snapshot=full"), key: await get(server, "/state"), events: await get(server, `/history?to=${to}`) };
}

const HARMLESS = ["duplicate:p=0.5,times=2", "reorder:p=0.5", "late:p=0.3,by=10s..10m", "burst:p=0.05,for=10m", "unknown:what=extra,p=1"];
const HARMFUL = ["drop:p=0.3", "vanish:p=1", "correct:p=0.3", "reissue:p=0.3", "unknown:p=0.6", "unknown:what=wrong_type,p=1", "unknown:what=missing,p=1", "clock:p=0.2"];

for (const [scenario, plan] of [...[...HARMLESS, ...HARMFUL].flatMap((plan) => [["var", plan], ["juv", plan]]), ["serie", "swap:p=0.3"]]) {
  plainTest(`the client folds ${scenario} with ${plan}, and snapshots make it right again`, async (t) => {
    const { first, last, key, events } = await feedOf(t, scenario, plan);
    const folded = fold(fold(NOTHING, first.matches.map(asSnapshot)), events);
    const truth = fold(NOTHING, last.matches.map(asSnapshot));
    for (const [id, match] of Object.entries(folded.matches)) {
      for (const side of SIDES) {
        assert.ok(Number.isInteger(match.score[side]), JSON.stringify(match.score));
        for (const [name, count] of Object.entries(match.statistics[side])) assert.ok(count === null || count >= 0, `${side} ${name}: ${count}`);
      }
      const { happenings } = match;
      assert.equal(new Set(happenings.map((happening) => happening.id)).size, happenings.length, "each event once");
      for (const { event, was } of happenings) assert.ok(was.length <= event.rev, `${event.id}: no revision twice`);
      if (HARMLESS.includes(plan)) {
        assert.deepEqual(counted(match), counted(truth.matches[id]));
        assert.deepEqual(standing(match), standing(truth.matches[id]));
      }
      const again = fold(folded, [asSnapshot(last.matches.find((one) => one.match === id))]);
      assert.deepEqual(counted(again.matches[id]), counted(truth.matches[id]));
      // A page that loads at the end: the past of the feed does not contradict the snapshot.
      const late = fold(NOTHING, [asSnapshot({ ...key.matches.find((one) => one.match === id), n: last.n })]);
      const listed = (match) => standing(match).filter((line) => /^(goal|penalty_missed|\w+_card|substitution) /.test(line));
      assert.deepEqual(listed(withHistory(late, id, events.filter((event) => event.match === id)).matches[id]), listed(truth.matches[id]));
    }
  });
}

const hello = { kind: "hello", run: "r", epoch: 1, head: 0, resumed: null, playback: { state: "playing" }, matches: [] };
const snapshot = { kind: "snapshot", match: "m", n: 0, seq: 0, at: 0, state: { score: { home: 0, away: 0 } } };
const goal = { kind: "event", match: "m", n: 1, seq: 1, id: "g", rev: 0, op: "add", type: "goal", side: "home", status: "first_half", period: 1, clock: "1:00", score: { home: 1, away: 0 } };
const tickOf = (n, home, away) => ({ kind: "tick", n, at: 0, matches: { m: { status: "first_half", score: { home, away } } } });

plainTest("a change of the faults brings a new run, with which the client resumes", () => {
  const state = fold(NOTHING, [hello, snapshot, goal, { kind: "playback", state: "playing", run: "q", epoch: 2, cause: "faults" }, { ...snapshot, n: 4 }, tickOf(4, 0, 0)]);
  assert.equal(cursor(state), "q.2.4");
  assert.deepEqual(state.matches.m.happenings, []);
});

plainTest("a goal without a score counts; a tick has the true score, until the feed says another", () => {
  const scores = (...frames) => fold(NOTHING, [hello, snapshot, ...frames]).matches.m.score;
  assert.deepEqual(scores({ ...goal, score: undefined }), { home: 1, away: 0 });
  assert.deepEqual(scores({ ...goal, score: "1-0" }, { ...goal, n: 2, seq: 2, rev: 1, op: "remove", score: 7 }), { home: 0, away: 0 });
  const pass = (n, home) => ({ ...goal, n, seq: n, id: `p${n}`, type: "pass", score: { home, away: 0 } });
  assert.deepEqual(scores(tickOf(1, 1, 0)), { home: 1, away: 0 }, "lost");
  assert.deepEqual(scores(goal, pass(2, 0), tickOf(2, 1, 0), pass(3, 0)), { home: 1, away: 0 }, "vanished, in the feed only");
  assert.deepEqual(scores(goal, tickOf(1, 1, 0), pass(2, 2)), { home: 2, away: 0 });
  assert.deepEqual(scores(pass(2, 1), { ...pass(3, 0), seq: 1 }), { home: 1, away: 0 }, "late");
});

plainTest("what was never received is not taken back", () => {
  const { matches: { m } } = fold(NOTHING, [hello, snapshot, { ...goal, rev: 1, op: "remove", score: { home: 0, away: 0 }, was: goal }]);
  assert.deepEqual([m.statistics.home.shots ?? 0, m.firstHalf.score.home, m.score.home], [0, 0, 0]);
});

plainTest("the last moment before a place is found by time, not by numbers, which are those of a feed without faults", () => {
  const markers = [{ match: "m", id: "a", n: 5, at: 10 }, { match: "m", id: "b", n: 6, at: 20 }, { match: "m", id: "c", n: 7, at: 20 }];
  assert.equal(lastMarker(markers, 19, {}).id, "a");
  assert.equal(lastMarker(markers, 21, {}).id, "c");
  const { matches } = fold(NOTHING, [{ ...snapshot, state: { events: [{ id: "b" }] } }]);
  assert.equal(lastMarker(markers, 20, matches).id, "b");
});

const labels = (page) => page.evaluate(() => [...document.querySelectorAll(".mark-on")].map((mark) => mark.ariaLabel));

test("who controls sees the faults, and switches them off", async (t) => {
  const server = await serve(t, "juv", "--from", "88:50", "--paused", "--seed", "7", "--faults", "drop:at=89:07");
  const timelines = [];
  const page = await visit(t, server.http, { prepare: (page) => page.on("request", (request) => request.url().includes("/timeline") && timelines.push(request.url())) });
  await matchesServer(page, server);
  await until(page, () => document.querySelector(".faults code")?.textContent === "drop:at=89:07", "the plan is shown");
  assert.deepEqual(await labels(page), []);
  await server.command("step 89:30");
  assert.equal((await matchesServer(page, server)).score, "0-1");
  await until(page, () => document.querySelector(".mark-on")?.ariaLabel === "drop: not sent", "the lost goal has its mark");
  assert.equal(await page.locator('[data-id="koulibaly-goal"]').count(), 0);
  const before = timelines.length;
  await page.getByRole("button", { name: "Faults off" }).click();
  await page.locator('[data-id="koulibaly-goal"]').waitFor();
  await until(page, () => !document.querySelector(".mark-on, .faults"), "no fault is left");
  assert.ok(timelines.length > before, "the timeline is that of the new run");
  assert.equal((await matchesServer(page, server)).score, "0-1");
});

test("viewers without control do not see the faults", async (t) => {
  const server = await serve(t, "juv", "--from", "88:50", "--paused", "--listen", "0.0.0.0:0", "--control-token", "wolfsburg", "--faults", "drop:at=89:07");
  const asked = [];
  const page = await visit(t, server.http, { prepare: (page) => page.on("request", (request) => asked.push(request.url())) });
  await matchesServer(page, server);
  assert.deepEqual(asked.filter((url) => url.includes("/journal?")), []);
  assert.equal(await page.locator(".faults, .mark-on").count(), 0);
});

plainTest("the past of a feed has each revision once", () => {
  const corrected = { ...goal, n: 3, seq: 2, rev: 1, op: "update", text: "Doe" };
  const known = { ...snapshot, n: 9, seq: 9, state: { ...snapshot.state, events: [corrected] } };
  const happenings = (...past) => withHistory(fold(NOTHING, [hello, known]), "m", past).matches.m.happenings;
  assert.deepEqual(happenings(goal, { ...goal, n: 2 }, corrected, { ...goal, n: 4 }, { ...corrected, n: 5 }), happenings(goal, corrected));
});

test("the marks stay after a jump, and a page that comes late sees no correction in a repetition", async (t) => {
  const server = await serve(t, "juv", "--from", "88:50", "--paused", "--faults", "duplicate:at=89:07,by=10s");
  await server.command("step 89:30");
  await server.command("seek 89:40");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  await until(page, () => document.querySelector(".mark-on")?.ariaLabel.startsWith("duplicate: "), "its mark is there");
  assert.equal(await page.locator('.line-item[data-id="koulibaly-goal"]').count(), 1);
  assert.ok(!(await page.locator('[data-id="koulibaly-goal"]').first().innerText()).includes("Corrected"));
});

test("an event that is sent again is shown, counted and highlighted once", async (t) => {
  const server = await serve(t, "juv", "--from", "89:00", "--paused", "--faults", "duplicate:at=89:07,by=10s");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  await server.command("step 89:10");
  await page.locator(".mark-fresh").first().waitFor();
  await until(page, () => !document.querySelector(".mark-fresh"), "the highlight has ended");
  await server.command("step 89:30");
  await until(page, () => document.querySelector(".mark-on")?.ariaLabel.startsWith("duplicate: "), "it was sent again");
  assert.equal(await page.locator(".mark-fresh, .score-new, .sweep").count(), 0);
  assert.equal(await page.locator('.line-item[data-id="koulibaly-goal"]').count(), 1);
  // A press on the mark goes to shortly before it.
  await page.locator(".mark-on").click();
  await waitForPlayback(page, server, ({ at }) => at === 6_432_000, "it is ten seconds before the copy");
});
