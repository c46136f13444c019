// Several matches at once: all are there, one can be looked at and left again, and the table moves.
import assert from "node:assert/strict";

import { axe, serve, test, until, visit } from "./harness.mjs";
import { agreed, becomes, stateOf } from "./seeing.mjs";

/** What the cards say: `name score-score`. Runs on the page. */
const cards = () =>
  [...document.querySelectorAll(".scorecard")].map((card) => [
    new URL(card.href).searchParams.get("match"),
    [...card.querySelectorAll(".scorecard-score")].map((score) => score.textContent).join("-"),
  ]);

/** Waits until the cards say what the server does. */
async function allAgree(page, server) {
  const { matches } = await (await fetch(`${server.http}/state`, { headers: { connection: "close" } })).json();
  const wanted = matches.map(({ match, now, state: { score } }) => [match, now.status === "scheduled" ? "-" : `${score.home}-${score.away}`]);
  await becomes(page, `Object.fromEntries((${cards})())`, undefined, Object.fromEntries(wanted));
  return Object.fromEntries(wanted);
}
const table = () => [...document.querySelectorAll(".overview .league tbody tr")].map((row) => [row.dataset.team, row.querySelector(".league-points").textContent]);

test("ten matches are shown as the server has them, and one leads to itself and back", async (t) => {
  const server = await serve(t, "serie-a", "--from", "50%", "--paused");
  const page = await visit(t, server.http);
  const scores = await allAgree(page, server);
  assert.equal(Object.keys(scores).length, 10);
  await axe(page);
  await page.locator('.scorecard[href*="match=juv-nap"]').click();
  await agreed(page, server, { match: "juv-nap" });
  assert.match(page.url(), /[?&]match=juv-nap/);
  await page.goBack();
  await allAgree(page, server);
  await page.goForward();
  await agreed(page, server, { match: "juv-nap" });
  await page.getByRole("button", { name: "All matches" }).click();
  await allAgree(page, server);
  for (const to of ["100%", "20%", "80%"]) {
    await server.command({ command: "seek", to });
    await allAgree(page, server);
  }
});

test("the table moves with a goal, and back when it is taken back", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "van-lar";
  const page = await visit(t, server.http);
  const { matches: [fixture] } = await (await fetch(`${server.http}/timeline`, { headers: { connection: "close" } })).json();
  assert.equal(fixture.id, match);
  const tableAgrees = async () => {
    const { tables: [{ rows }] } = await (await fetch(`${server.http}/table`, { headers: { connection: "close" } })).json();
    const wanted = rows.map(({ team, points }) => [team, String(points)]);
    await becomes(page, table, undefined, wanted);
    return JSON.stringify(wanted);
  };
  await server.command({ command: "seek", to: "67:09", match });
  const before = await tableAgrees();
  await server.command({ command: "step", until: "67:10", match });
  const during = await tableAgrees();
  assert.notEqual(during, before);
  assert.equal((await stateOf(server, { match })).state.score.home, 2);
  await allAgree(page, server);
  await until(page, () => document.querySelector('.scorecard[data-news="goal"]'), "the card tells of the goal");
  await server.command({ command: "step", until: "69:12", match });
  assert.equal(await tableAgrees(), before);
  await allAgree(page, server);
});
