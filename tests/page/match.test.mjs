// One match from before kick-off to its end: the page shows the server's state.
import assert from "node:assert/strict";

import { STATUS } from "../../src/server/dashboard/page/ui/labels.js";
import { serve, test, until, visit } from "./harness.mjs";
import { eventually, matchesServer, readScoreboard, recordAppearances, recordedAppearances, waitForFrames } from "./page-state.mjs";

const shows = (page, is) => eventually(page, readScoreboard, undefined, (shown) => shown !== null && is(shown), String(is));
const headline = () => document.querySelector('.ticker [data-id="koulibaly-goal"].headline:not(.removed)')?.textContent;

/** Records each change of the scoreboard. */
const watch = (page) =>
  page.evaluate(`{
    const look = ${readScoreboard};
    const seen = (globalThis.seen = []);
    const watch = () => {
      const { score, status } = look() ?? {};
      const [last] = seen.slice(-1);
      if (score !== undefined && (last?.score !== score || last.status !== status)) seen.push({ score, status });
      requestAnimationFrame(watch);
    };
    watch();
  }`);

test("a match plays through, and the page shows no wrong state on the way", async (t) => {
  const server = await serve(t, "juv", "--speed", "2400", "--paused");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  assert.equal(await page.title(), "Juventus 0–0 Napoli");
  await watch(page);
  await server.command("play");
  await shows(page, (shown) => shown.status === "Full time");
  assert.deepEqual(await matchesServer(page, server), { score: "0-1", status: "Full time", clock: "" });
  assert.match(await until(page, headline, "the goal is a headline"), /89′.*Goal.*K\. Koulibaly.*Napoli.*0–1.*header/);
  assert.equal(await page.title(), "Juventus 0–1 Napoli");
  assert.deepEqual(await page.locator(".deeds-away li > span").allInnerTexts(), ["K. Koulibaly", "89′"]);
  assert.match(await page.locator(".line").innerText(), /Ended/);
  const seen = await page.evaluate(() => globalThis.seen);
  // A busy machine may skip a state, but never changes their order.
  const turns = ["to kick-off", ...["first_half", "half_time", "second_half", "full_time"].map((word) => STATUS[word])];
  const places = seen.map(({ status, score }) => turns.indexOf(status) + (score === "0-1" ? 0.5 : 0));
  assert.deepEqual(places, [...places].sort((a, b) => a - b), JSON.stringify(seen));
  assert.ok(!seen.some(({ score }) => score !== "0-0" && score !== "0-1"), JSON.stringify(seen));
});

test("at any position the page shows the server's score, status and clock", async (t) => {
  const server = await serve(t, "juv", "--speed", "1200", "--paused");
  const page = await visit(t, server.http);
  const places = ["16:04", "45+1:12", "HT", "45:00", "89:07", "90+3:30", "FT", "37:40", "0%"];
  for (const to of places) {
    await server.command({ command: "seek", to });
    await matchesServer(page, server);
  }
  // Paused while playing.
  for (const minute of [5, 40, 60]) {
    await server.command("play");
    await shows(page, (shown) => shown.clock > minute * 60);
    await server.command("pause");
    await matchesServer(page, server);
  }
  await server.command("seek 89:07");
  assert.equal((await matchesServer(page, server)).score, "0-0");
  await server.command({ command: "step", count: 1 });
  assert.equal((await matchesServer(page, server)).score, "0-1");
});

test("a paused clock stands still, a running one advances", async (t) => {
  const server = await serve(t, "juv", "--from", "20:00", "--paused");
  const page = await visit(t, server.http);
  const { clock } = await matchesServer(page, server);
  await waitForFrames(page, 30);
  assert.equal((await page.evaluate(readScoreboard)).clock, clock);
  await server.command("play");
  await shows(page, (shown) => shown.clock > clock + 60);
  await server.command("pause");
  await matchesServer(page, server);
});

test("a seek redraws everything, forward and back", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  await server.command("seek FT");
  assert.equal((await matchesServer(page, server)).score, "0-1");
  await until(page, headline, "the goal is a headline");
  await server.command("seek 30:00");
  assert.equal((await matchesServer(page, server)).score, "0-0");
  assert.equal(await page.evaluate(headline), undefined);
  assert.equal(await page.locator(".deeds-away").innerText(), "");
  assert.equal(await page.title(), "Juventus 0–0 Napoli");
  const labels = await page.locator(".ticker .minute").allInnerTexts();
  assert.ok(labels.every((label) => !(parseInt(label) > 31)), labels.join(" "));
  assert.match(await page.locator(".ticker").innerText(), /Pjanić/);
});

test("a goal is highlighted when it is live, and at no other time", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  const page = await visit(t, server.http, { prepare: recordAppearances(".sweep") });
  await matchesServer(page, server);
  await server.command("play");
  await until(page, () => globalThis.touchlineNotes.length > 0, "the band sweeps");
  await until(page, () => !document.querySelector(".sweep"), "it has swept");
  await server.command("pause");
  await matchesServer(page, server);
  assert.deepEqual(await recordedAppearances(page), ["sweep sweep-away"]);
  for (const to of ["FT", "30:00", "90:30"]) {
    await server.command({ command: "seek", to });
    await matchesServer(page, server);
    await waitForFrames(page);
  }
  assert.equal((await recordedAppearances(page)).length, 1, "a seek");
  await page.reload();
  await matchesServer(page, server);
  await until(page, headline, "the goal is in the ticker");
  await waitForFrames(page);
  assert.deepEqual(await recordedAppearances(page), [], "a load");
});
