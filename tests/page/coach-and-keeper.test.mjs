// Cards of a coach, and an outfield player in goal: in the ticker, the line-ups and the overlays.
import assert from "node:assert/strict";
import { test as pure } from "node:test";

import { eventLabel, oneLineLabel, participants } from "../../src/server/dashboard/page/ui/labels.js";
import { serve, test, visit } from "./harness.mjs";
import { becomes } from "./page-state.mjs";

const path = (name) => new URL(`../cases/${name}.jsonl`, import.meta.url).pathname;

/** Serves a case at its end. */
async function ended(t, name) {
  const server = await serve(t, path(name), "--paused");
  await server.command("step 100%");
  return visit(t, server.http);
}

pure("a change of position is described in a sentence", () => {
  const change = (position) => ({ type: "position_change", label: "82", position, player: { id: "p", name: "Lee Gough" } });
  assert.equal(oneLineLabel(change("GK")), "82′ L. Gough goes in goal");
  assert.equal(oneLineLabel(change("CB")), "82′ L. Gough now plays CB");
  assert.equal(oneLineLabel(change(undefined)), "82′ L. Gough");
  assert.deepEqual([eventLabel(change("GK")).sign, eventLabel(change("CB")).sign], ["glove", "sheet"]);
  assert.equal(participants({ type: "red_card", player: { id: "c", name: "Meg Farrow", role: "coach" } }), "M. Farrow (coach)");
});

test("the line-ups show a coach's cards beside the name", async (t) => {
  const page = await ended(t, "coach-booked");
  const facts = () => ["home", "away"].map((side) => {
    const coach = document.querySelector(`.squad-${side} .squad-facts span`);
    return [coach?.textContent.replaceAll(/\s+/g, " ").trim(), coach?.querySelectorAll(".icon-second-yellow").length];
  });
  await becomes(page, facts, undefined, [["Coach Meg Farrow second yellow card, sent off 71′", 1], ["Coach Roy Hale", 0]]);
  assert.equal(await page.locator(".squad-home .group-on .sheet-player").count(), 11);
  assert.equal(await page.locator(".squad-home .group-sent_off").count(), 0);
});

test("the line-ups and the ticker show the player who goes in goal", async (t) => {
  const page = await ended(t, "keeper-off");
  const positions = () => [...document.querySelectorAll(".squad-home .group-on .sheet-player")]
    .map((row) => [row.querySelector(".sheet-name").textContent, row.querySelector(".sheet-position").textContent])
    .filter(([, position]) => position);
  await becomes(page, positions, undefined, [["Max Flint", "CB"], ["Lee Gough", "GK"]]);
  const lines = () => [...document.querySelectorAll('.ticker [data-type="position_change"] .deed')].map((deed) => [...deed.children].map((part) => part.textContent).join("|"));
  await becomes(page, lines, undefined, ["M. Flint now plays CBEAS", "L. Gough goes in goalEAS|Corrected: was M. Flint"]);
});
