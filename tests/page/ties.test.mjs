// Two-legged ties and points deducted, as the page shows them.
import assert from "node:assert/strict";
import { join } from "node:path";

import { root } from "./chromium.mjs";
import { axe, serve, test, visit } from "./harness.mjs";
import { becomes } from "./page-state.mjs";

const textOf = (selector) => document.querySelector(selector)?.textContent ?? null;
const cards = () => [...document.querySelectorAll(".scorecard")].map((card) => [card.dataset.match, card.querySelector(".scorecard-tie")?.textContent ?? null]);

test("a leg shows the aggregate, and who is through once that is decided", async (t) => {
  const server = await serve(t, join(root, "tests/cases/tie-away-goals.jsonl"), "--paused");
  const page = await visit(t, server.http);
  await becomes(page, cards, undefined, [["leg-1", null], ["leg-2", null]]);
  await server.command({ command: "seek", to: "30:00", match: "leg-2" });
  await becomes(page, cards, undefined, [["leg-1", "Agg 2–2"], ["leg-2", "Agg 2–2"]]);
  await server.command({ command: "seek", to: "89:10", match: "leg-2" });
  await becomes(page, cards, undefined, [["leg-1", "Agg 3–2"], ["leg-2", "Agg 2–3"]]);
  await server.command({ command: "seek", to: "100%" });
  await becomes(page, cards, undefined, [["leg-1", "Agg 2–2, BOR through on away goals"], ["leg-2", "Agg 2–2, BOR through on away goals"]]);
  await axe(page);
  await page.locator('.scorecard[data-match="leg-2"]').click();
  await becomes(page, textOf, ".scoreboard .tie", "Agg 2–2, Bora through on away goals");
  await server.command({ command: "seek", to: "89:10", match: "leg-2" });
  await becomes(page, textOf, ".scoreboard .tie", "Agg 2–3");
  await axe(page);
});

test("a leg whose first is only a result shows the aggregate from kick-off to the shoot-out", async (t) => {
  const server = await serve(t, join(root, "tests/cases/tie-shootout.jsonl"), "--paused");
  const page = await visit(t, server.http);
  await becomes(page, textOf, ".scoreboard .tie", "Agg 1–2");
  const overlay = await visit(t, `${server.http}/overlay/scorebug`, { viewport: { width: 480, height: 72 } });
  await becomes(overlay, textOf, ".bug-aggregate", "Agg 1–2");
  await server.command({ command: "seek", to: "100%" });
  await becomes(page, textOf, ".scoreboard .tie", "Agg 2–2, Bora through on penalties");
});

test("a row from which points were deducted says so", async (t) => {
  const server = await serve(t, join(root, "tests/cases/table-deducted.jsonl"), "--paused", "--from", "100%");
  const page = await visit(t, server.http);
  await page.getByRole("tab", { name: "Table" }).click();
  const rows = () => [...document.querySelectorAll(".league tbody tr")].map((row) => [row.dataset.team, row.querySelector(".league-points").textContent, row.querySelector(".league-deducted [aria-hidden]")?.textContent ?? null]);
  await becomes(page, rows, undefined, [["alba", "3", "−6"], ["bora", "1", null]]);
  assert.equal(await page.locator(".league-deducted .unseen").textContent(), "6 points deducted");
  await axe(page);
});
