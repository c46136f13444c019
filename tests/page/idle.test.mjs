// An idle page does not draw: it requests no frames and changes nothing.
import assert from "node:assert/strict";

import { serve, test, TIMEOUT_MS, until, visit } from "./harness.mjs";
import { matchesServer, stateOf } from "./page-state.mjs";

/** Counts a page's animation frames and DOM changes; for `prepare` of a visit. */
const counting = (page) =>
  page.addInitScript(() => {
    const counts = (globalThis.counts = { frames: 0, changes: 0 });
    const ask = globalThis.requestAnimationFrame;
    globalThis.requestAnimationFrame = (callback) => {
      counts.frames += 1;
      return ask(callback);
    };
    new MutationObserver((changes) => (counts.changes += changes.length)).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });

/** The counts of an idle page between two ticks. */
async function counted(page) {
  // The first tick gives the final position.
  await page.ticked();
  await page.evaluate(() => Object.assign(globalThis.counts, { frames: 0, changes: 0 }));
  // Waits without polling the page: Playwright would request frames.
  await page.ticked();
  const { frames, changes } = await page.evaluate(() => globalThis.counts);
  return { frames, changes };
}

/** A visit with its frames, changes and ticks counted. */
async function countedVisit(t, url) {
  let tick;
  const prepare = async (page) => {
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => JSON.parse(payload).kind === "tick" && tick?.()));
    await counting(page);
  };
  const page = await visit(t, url, { prepare });
  page.ticked = async () => {
    await new Promise((done) => (tick = done));
    await page.waitForTimeout(100);
  };
  return page;
}

const STILL = { frames: 0, changes: 0 };

test("a paused or ended match is not drawn again, a playing one is", async (t) => {
  const server = await serve(t, "juv", "--from", "20:00", "--paused", "--speed", "10000");
  const page = await countedVisit(t, server.http);
  await matchesServer(page, server);
  assert.deepEqual(await counted(page), STILL, "paused");
  await server.command("speed 60");
  await server.command("play");
  const { frames } = await counted(page);
  assert.ok(frames > 5, `${frames} frames while it plays`);
  await server.command("pause");
  await matchesServer(page, server);
  await page.mouse.move(300, 300);
  await page.waitForTimeout(1_200);
  assert.deepEqual(await counted(page), STILL, "paused again, a second after the viewer's last move");
  await server.command("speed max");
  await server.command("play");
  await until(page, () => document.querySelector('[data-playback="ended"]'), "it has ended");
  await page.waitForTimeout(3_100);
  assert.deepEqual(await counted(page), STILL, "ended");
});

test("a paused round is not drawn again", async (t) => {
  const server = await serve(t, "serie-a", "--from", "30%", "--paused");
  const page = await countedVisit(t, server.http);
  await until(page, () => document.querySelectorAll(".scorecard").length === 10, "the cards are there");
  assert.deepEqual(await counted(page), STILL);
});

test("overlays of a paused match are not drawn again", async (t) => {
  // Before kick-off a ticker has one line, so it does not rotate.
  const server = await serve(t, "juv", "--from", "0%", "--paused");
  const pages = await Promise.all(["scorebug", "goal", "ticker"].map((overlay) => countedVisit(t, `${server.http}/overlay/${overlay}`)));
  for (const page of [pages[0], pages[2]]) await until(page, () => document.querySelector("#overlay").textContent, "it is shown");
  assert.deepEqual(await Promise.all(pages.map(counted)), [STILL, STILL, STILL]);
});

test("a ticker rotates while the match is paused, and draws nothing in between", async (t) => {
  const server = await serve(t, "juv", "--from", "80:00", "--paused");
  const page = await countedVisit(t, `${server.http}/overlay/ticker`);
  const line = () => document.querySelector(".line-standing")?.textContent;
  const first = await until(page, line, "a line stands");
  await page.evaluate(() => (globalThis.counts.frames = 0));
  // Waits without polling in the page's frames.
  for (const end = Date.now() + TIMEOUT_MS; (await page.evaluate(line)) === first; await page.waitForTimeout(200)) assert.ok(Date.now() < end, "another line stands");
  const { frames } = await page.evaluate(() => globalThis.counts);
  assert.ok(frames <= 10, `${frames} frames for one turn`);
});

test("a replay that waits for its kick-off counts down once a second", async (t) => {
  const soon = new Date(Date.now() + 600_000).toISOString().slice(11, 16);
  const server = await serve(t, "juv", "--wall", soon, "--speed", "1");
  const page = await countedVisit(t, server.http);
  assert.equal((await stateOf(server)).playback.state, "waiting");
  const clock = () => document.querySelector(".clock-time")?.textContent;
  const first = await until(page, clock, "it counts");
  await page.waitForTimeout(1_500);
  await page.evaluate(() => (globalThis.counts.frames = 0));
  await page.waitForTimeout(3_000);
  const { frames } = await page.evaluate(() => globalThis.counts);
  assert.notEqual(await page.evaluate(clock), first);
  assert.ok(frames >= 2 && frames <= 6, `${frames} frames in three seconds`);
});
