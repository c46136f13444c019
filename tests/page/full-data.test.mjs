// A match with all its passes and duels, as a provider records them: the page shows every event.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test as nodeTest } from "node:test";

import { serve, test, until, visit } from "./harness.mjs";
import { eventually, stateOf } from "./page-state.mjs";

const events = join(process.env.TOUCHLINE_DATA ?? "", "wyscout-v2", "2576295.json");
const skip = existsSync(events) ? false : "SKIPPED: TOUCHLINE_DATA does not name the folder of real matches";
// By hand at other speeds: TOUCHLINE_PLAY_SPEED=60 takes 100 seconds, TOUCHLINE_PLAY_SPEED=1 shows two minutes.
const speed = Number(process.env.TOUCHLINE_PLAY_SPEED ?? 1_500);
const seconds = speed >= 60 ? 7_000 / speed : 120;

// These matches are not in the repository: without them the test is skipped, under CI=true as well.
const withData = skip ? (name) => nodeTest(name, { skip }, () => {}) : test;

withData(`all rows of a real match are shown at ${speed}x`, { timeout: (seconds + 60) * 1_000 }, async (t) => {
  const from = speed >= 60 ? [] : ["--from", "88:00"];
  const server = await serve(t, events, "--paused", "--speed", String(speed), ...from);
  const page = await visit(t, server.http);
  page.setDefaultTimeout((seconds + 30) * 1_000);
  await until(page, () => document.querySelector(".ticker"), "it is shown");
  await page.getByRole("button", { name: "All", exact: true }).click();
  await server.command("play");
  if (speed >= 60) {
    await until(page, () => document.querySelector(".status-word")?.textContent === "Full time", "it is over");
  } else {
    await page.waitForTimeout(seconds * 1_000);
    await server.command("pause");
  }
  const { n } = await stateOf(server);
  await eventually(page, () => document.querySelectorAll(".ticker-lines > li").length, undefined, (count) => count === n, `all ${n} are there`);
  if (speed >= 60) assert.ok(n > 1_600, `${n} events of 1,733 rows`);
  await page.screenshot({ path: `target/page/full-data-${speed}x.png` });
});
