// What apps under test show, beside what is true.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";

const shows = (server, client, score) =>
  fetch(`${server.http}/shows`, { method: "POST", body: JSON.stringify({ client, match: "juv-nap", score }), headers: { connection: "close" } })
    .then(async (answer) => assert.deepEqual([answer.status, await answer.json()], [200, { ok: true }]));
const line = (page, text) =>
  until(page, (text) => document.querySelector(".shown")?.innerText.replaceAll("\n", " ").includes(text), `the line says "${text}"`, text);

test("a viewer with control sees what each app shows, and what is true", async (t) => {
  const server = await serve(t, "juv", "--from", "89:00", "--paused");
  await shows(server, "phone", "0-0");
  await shows(server, "tablet", "0-0");
  const page = await visit(t, server.http);
  await line(page, "phone 0–0");
  assert.equal(await page.evaluate(() => document.querySelectorAll(".shown-wrong").length), 0);
  await server.command("step koulibaly-goal");
  await shows(server, "tablet", "0-1");
  await line(page, "phone 0–0 (true: 0–1)");
  await line(page, "tablet 0–1");
  assert.equal(await page.evaluate(() => document.querySelectorAll(".shown-wrong").length), 1);
  // What was shown belongs to its moment.
  await server.command("seek 89:00");
  await until(page, () => document.querySelectorAll(".shown-wrong").length === 0, "both were right before the goal");
});

test("a viewer without control is not told", async (t) => {
  const server = await serve(t, "juv", "--from", "89:00", "--paused", "--control-token", "a-long-enough-secret");
  await shows(server, "phone", "0-0");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector(".scoreboard"), "the match is there");
  assert.equal(await page.evaluate(() => document.querySelector(".shown")), null);
});
