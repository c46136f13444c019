// The ticker contains all events of a match, whatever their number and whenever the page is loaded.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { heap, serve, test, until, visit } from "./harness.mjs";
import { becomes, eventually } from "./page-state.mjs";

/** Serves a match of this many events, nearly all of them passes, at its end. */
async function served(t, events, ...words) {
  const folder = mkdtempSync(join(tmpdir(), "touchline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const players = ["Ann Adair", "Bea Birch"].map((name, at) => ({ id: `p${at}`, name, starts: true }));
  const lines = [
    { kind: "scenario", version: 1, title: "Pass after pass" },
    { kind: "match", id: "m", kickoff: "2026-03-07T15:00:00Z", home: { id: "a", name: "Amber", players }, away: { id: "b", name: "Birch" } },
    { type: "period_start", id: "first", period: 1, clock: "0:00" },
  ];
  const inPlay = events - 2;
  for (let at = 0; at < inPlay; at += 1) {
    const second = 1 + Math.floor((at * 2690) / inPlay);
    const clock = `${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`;
    lines.push(at % 100 === 50 ? { type: "yellow_card", period: 1, clock, side: "away" } : { type: "pass", period: 1, clock, side: "home", player: `p${at % 2}` });
  }
  lines.push({ type: "period_end", id: "last", period: 1, clock: "46:00" });
  const file = join(folder, "passes.jsonl");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const server = await serve(t, file, "--paused", ...words);
  return server;
}

/** Waits until the number of lines satisfies `is`. */
const shown = (page, is, what) => eventually(page, () => document.querySelectorAll(".ticker-lines > li").length, undefined, is, what);
const all = (page) => page.getByRole("button", { name: "All", exact: true }).click();
/** Whether scrolling to the end of the list shows the first event of the match. Runs on the page. */
function atFirst() {
  const list = document.querySelector(".ticker");
  list.scrollTop = list.scrollHeight;
  const first = list.querySelector('[data-id="first"]')?.getBoundingClientRect();
  const { top, bottom } = list.getBoundingClientRect();
  return Boolean(first) && first.top >= top && first.bottom <= bottom + 1;
}

test("all of 1,733 events are listed, loaded at the end or received live", async (t) => {
  const server = await served(t, 1_733);
  const witness = await visit(t, server.http);
  await until(witness, () => document.querySelector(".ticker"), "it is shown");
  await all(witness);
  await server.command("step 100%");
  const late = await visit(t, server.http);
  await all(late);
  for (const page of [witness, late]) {
    await shown(page, (count) => count === 1_733, "all are there");
    assert.ok(await page.evaluate(atFirst), "the first is in sight");
  }
  // The key events alone are complete too.
  await late.getByRole("button", { name: "Key", exact: true }).click();
  await shown(late, (count) => count < 30, "the rest has gone");
  assert.ok(await late.evaluate(atFirst), "the first is in sight");
});

test("a page loaded in the middle lists the first event, and new events on top", async (t) => {
  const server = await served(t, 1_733, "--from", "50%");
  const page = await visit(t, server.http);
  await all(page);
  await until(page, () => document.querySelector('.ticker-lines > [data-id="first"]'), "the first is there");
  assert.ok(await page.evaluate(atFirst));
  await page.evaluate(() => (globalThis.line = document.querySelector('[data-id="first"]')));
  const { to } = await server.command({ command: "step", count: 5 });
  await shown(page, (count) => count === to, "all that has been sent is there, the five more too");
  assert.ok(await page.evaluate(() => globalThis.line.isConnected), "what stood is not drawn again");
});

test("all events show how they went, the opponent and the expected goals", async (t) => {
  const server = await serve(t, new URL("../cases/event-data.jsonl", import.meta.url).pathname, "--paused");
  await server.command("step 100%");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector(".ticker-lines > li"), "it is shown");
  await all(page);
  const details = () => ["dribble", "interception"].map((type) => document.querySelector(`[data-type="${type}"] .deed-how`)?.textContent)
    .concat(document.querySelector('[data-id="far-shot"] .deed-how')?.textContent);
  await becomes(page, details, undefined, ["incomplete, against E. Pike", "against J. Stone", "xG 0.05"]);
});

test("older events than one page holds are shown on request, and released again", async (t) => {
  const server = await served(t, 4_300);
  await server.command("step 100%");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector(".ticker-lines > li"), "it is shown");
  const before = await heap(page);
  await all(page);
  await shown(page, (count) => count === 2_000, "a page of them is there");
  for (const [name, count] of [["2300 earlier events", 4_000], ["300 earlier events", 4_300]]) {
    await page.getByRole("button", { name }).click();
    await shown(page, (now) => now === count, `${count} are there`);
  }
  assert.equal(await page.locator(".earlier").count(), 0);
  assert.ok(await page.evaluate(atFirst));
  await page.getByRole("button", { name: "Key", exact: true }).click();
  await shown(page, (count) => count < 60, "the rest has gone");
  const after = await heap(page);
  assert.ok(after.nodes < before.nodes + 1_000, `${before.nodes} nodes before, ${after.nodes} after`);
});
