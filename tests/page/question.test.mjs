// Before a link of another site plays a match, the page shows what it would play, and asks.
import assert from "node:assert/strict";
import { test as plainTest } from "node:test";

import { describeReplaySpec } from "../../src/server/dashboard/page/replay-spec.js";
import { axe, serve, test, until, visit } from "./harness.mjs";
import { asks, visitByLink } from "./other-site.mjs";
import { eventually, matchesServer, readScoreboard, waitForFrames } from "./page-state.mjs";

plainTest("a replay's options are described in words", () => {
  assert.deepEqual(describeReplaySpec({ scenario: "juv" }), []);
  assert.deepEqual(describeReplaySpec({ from: "45+1:12", speed: "60", scenario: "juv", until: "FT", loop: true, paused: false }), [
    "at 60× speed", "from 45+1:12", "until full time", "again and again",
  ]);
  assert.deepEqual(describeReplaySpec({ name: "derby", speed: "max", pace: "gap=5s", from: "next:goal", wait_for: 1, linger: "10m", now: true, wall: "20:45+01:00" }), [
    "as the replay derby, for everyone", "as fast as possible", "at the pace gap=5s", "from the next goal", "beginning with 1 viewer", "kept for 10m after its last viewer",
    "as if it kicked off today", "as if it kicked off at 20:45+01:00",
  ]);
  assert.deepEqual(describeReplaySpec({ fit: "3m", hold: "5s", paused: true }), ["in 3m altogether", "with the end shown for 5s", "paused at first"]);
  const [from] = describeReplaySpec({ from: "call this number now ".repeat(20) });
  assert.ok(from.length < 50 && from.endsWith("…"), from);
});

const asked = (page) => page.evaluate(() => ({
  title: document.querySelector(".question-title").textContent,
  facts: [...document.querySelectorAll(".question-facts li")].map(({ textContent }) => textContent),
}));

test("the page shows what would be played; confirming and controlling work by keyboard alone", async (t) => {
  const server = await serve(t, "var", "--paused");
  const page = await visitByLink(t, `${server.http}/?scenario=juv&from=45+1:12&speed=20`);
  await asks(page);
  assert.deepEqual(await asked(page), { title: "Juventus 0-1 Napoli", facts: ["at 20× speed", "from 45+1:12"] });
  assert.equal(await page.title(), "Play this match? · Touchline");
  const play = page.getByRole("button", { name: "Play this match" });
  assert.equal(await play.evaluate((button) => button === document.activeElement), false, "a key pressed on the other page presses nothing here");
  for (let tabs = 0; !(await play.evaluate((button) => button === document.activeElement)); tabs += 1) {
    assert.ok(tabs < 10, "it is reached with Tab");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await until(page, () => document.activeElement?.matches(".knob-play[aria-label=Pause]"), "the focus is where it goes on");
  await page.keyboard.press("Enter");
  await until(page, () => document.querySelector("[data-playback=paused]"), "it stands");
  const shown = await eventually(page, readScoreboard, undefined, (shown) => shown?.clock, "it is shown");
  assert.ok(shown.clock >= 46 * 60 + 12 && shown.clock < 50 * 60, JSON.stringify(shown));
});

test("without spoilers no title reveals the score, and the main replay can be watched instead", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visitByLink(t, `${server.http}/?speed=60&spoilers=0`);
  await asks(page);
  assert.deepEqual(await asked(page), { title: "Juventus v Napoli", facts: ["at 60× speed"] });
  await page.getByRole("link", { name: "Watch what is on instead" }).click();
  await matchesServer(page, server);
  assert.equal(page.url(), `${server.http}/?spoilers=0`);
  const { replays } = await (await fetch(`${server.http}/api/replays`, { headers: { connection: "close" } })).json();
  assert.deepEqual(replays.map(({ id }) => id), ["main"]);
});

test("an unknown scenario is refused with the server's message", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visitByLink(t, `${server.http}/?scenario=<b>jvu`, { expect: { status: [400, 404] } });
  await asks(page);
  assert.deepEqual(await asked(page), { title: "<b>jvu", facts: [] });
  await page.getByRole("button", { name: "Play this match" }).click();
  assert.match(await until(page, () => document.querySelector(".trouble p")?.textContent, "it says why"), /unknown scenario/i);
});

test("links without replay options, and those of the same machine or typed, play without a question", async (t) => {
  const server = await serve(t, "juv", "--paused");
  for (const path of ["/", "/r/main/", "/?match=juv-nap"]) {
    const page = await visitByLink(t, server.http + path);
    await matchesServer(page, server);
  }
  const typed = await visit(t, `${server.http}/?scenario=juv`);
  await eventually(typed, readScoreboard, undefined, (shown) => shown?.score, "it plays at once");
  const sameSite = server.http.replace("127.0.0.1", "localhost");
  const linked = await visitByLink(t, `${sameSite}/?scenario=juv`, { host: "localhost" });
  await eventually(linked, readScoreboard, undefined, (shown) => shown?.score, "it plays at once");
});

test("after a restart of the server a confirmed replay needs no second confirmation", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visitByLink(t, `${server.http}/?scenario=juv&from=20:00&speed=20`, { expect: { console: [/./], failed: [/./], status: [404] } });
  await asks(page);
  await page.getByRole("button", { name: "Play this match" }).click();
  await eventually(page, readScoreboard, undefined, (shown) => shown?.clock, "it is shown");
  const opened = page.waitForResponse((response) => response.request().method() === "POST" && response.status() === 201);
  await server.restart();
  await opened;
  await until(page, () => document.querySelector("[data-connection=live][data-playback=playing]"), "another one goes on");
  assert.equal(await page.locator(".question").count(), 0);
});

for (const [width, height] of [[360, 640], [640, 320], [1440, 900]]) {
  test(`everything fits ${width}x${height}, light and dark, and axe finds no violation`, async (t) => {
    const server = await serve(t, "juv", "--paused");
    const everything = "/?scenario=juv&replay=derby&speed=60&pace=gap%3D5s,break%3D3s&from=45+1:12&until=FT&loop&hold=20s&linger=10m&now";
    const page = await visitByLink(t, server.http + everything, { viewport: { width, height } });
    await asks(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await waitForFrames(page);
      const { wide, buttons } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        buttons: [...document.querySelectorAll(".question-ways > *")].map((button) => {
          button.scrollIntoView();
          const { left, right, top, bottom, height } = button.getBoundingClientRect();
          return { inside: left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight, height };
        }),
      }));
      assert.ok(wide <= 0, `${colorScheme}: ${wide} px too wide`);
      assert.equal(buttons.length, 2);
      assert.ok(buttons.every(({ inside, height }) => inside && height >= (width < 900 ? 44 : 24)), `${colorScheme}: ${JSON.stringify(buttons)}`);
      await axe(page, colorScheme);
    }
  });
}
