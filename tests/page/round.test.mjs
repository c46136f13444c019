// Several matches at once: all are shown, each can be opened and left again, and the table is live.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { axe, serve, test, until, visit } from "./harness.mjs";
import { becomes, matchesServer, resize, stateOf } from "./page-state.mjs";

/** The cards' texts: `name score-score`. Runs on the page. */
const cards = () =>
  [...document.querySelectorAll(".scorecard")].map((card) => [
    new URL(card.href).searchParams.get("match"),
    [...card.querySelectorAll(".scorecard-score")].map((score) => score.textContent).join("-"),
  ]);

/** Waits until the cards show the server's state. */
async function allAgree(page, server) {
  const { matches } = await (await fetch(`${server.http}/state`, { headers: { connection: "close" } })).json();
  const wanted = matches.map(({ match, now, state: { score } }) => [match, now.status === "scheduled" ? "-" : `${score.home}-${score.away}`]);
  await becomes(page, `Object.fromEntries((${cards})())`, undefined, Object.fromEntries(wanted));
  return Object.fromEntries(wanted);
}
const table = () => [...document.querySelectorAll(".overview .league tbody tr")].map((row) => [row.dataset.team, row.querySelector(".league-points").textContent]);

test("ten matches are shown as on the server, and one can be opened and left", async (t) => {
  const server = await serve(t, "serie-a", "--from", "50%", "--paused");
  const page = await visit(t, server.http);
  const scores = await allAgree(page, server);
  assert.equal(Object.keys(scores).length, 10);
  await axe(page);
  await page.locator('.scorecard[href*="match=juv-nap"]').click();
  await matchesServer(page, server, { match: "juv-nap" });
  assert.match(page.url(), /[?&]match=juv-nap/);
  await page.goBack();
  await allAgree(page, server);
  await page.goForward();
  await matchesServer(page, server, { match: "juv-nap" });
  await page.getByRole("button", { name: "All matches" }).click();
  await allAgree(page, server);
  for (const to of ["100%", "20%", "80%"]) {
    await server.command({ command: "seek", to });
    await allAgree(page, server);
  }
});

test("the table changes with a goal, and back when it is removed", async (t) => {
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

test("an awarded result counts in the table, and is neither called off nor goals", async (t) => {
  const server = await serve(t, "hard-saturday", "--paused", "--from", "100%");
  const page = await visit(t, server.http, { viewport: { width: 1280, height: 1000 } });
  const moves = () => Object.fromEntries([...document.querySelectorAll(".overview .league tbody tr")].map((row) => [row.dataset.team, row.querySelector(".league-move").textContent.trim()]).filter(([, move]) => move));
  await becomes(page, moves, undefined, { brackwater: "2 up 2 places", wendmoor: "1 down 1 place", osterley: "1 down 1 place" });
  assert.equal(await page.locator(".overview-sum").innerText(), "2 finished1 awarded1 called off5 goals");
  await page.locator('.scorecard[data-match="tar-bra"]').click();
  await until(page, () => document.querySelector(".race-end"), "the chart is drawn");
  const ends = () => [...document.querySelectorAll(".race-end")].map(({ textContent }) => textContent);
  await becomes(page, ends, undefined, ["1 TAR", "0 BRA"]);
});

test("the table compares with its order before the matches, whatever decides it", async (t) => {
  const server = await serve(t, new URL("../cases/table-listed.jsonl", import.meta.url).pathname, "--paused");
  const page = await visit(t, server.http);
  await page.getByRole("tab", { name: "Table" }).click();
  const moves = () => [...document.querySelectorAll(".league tbody tr")].map((row) => [row.dataset.team, row.querySelector(".league-move").textContent.trim()]);
  await becomes(page, moves, undefined, [["bora", ""], ["dorn", ""], ["alba", ""], ["cresta", ""]]);
  await server.command("step 100%");
  await becomes(page, moves, undefined, [["bora", ""], ["alba", "1 up 1 place"], ["dorn", "1 down 1 place"], ["cresta", ""]]);
});

test("points below zero have a minus sign", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "table.jsonl");
  writeFileSync(file, readFileSync(new URL("../cases/table-deducted.jsonl", import.meta.url), "utf8").replace('"deducted":6', '"deducted":9'));
  const page = await visit(t, (await serve(t, file, "--paused")).http);
  await page.getByRole("tab", { name: "Table" }).click();
  const points = () => [...document.querySelectorAll(".league tbody .league-points")].map(({ textContent }) => textContent);
  await becomes(page, points, undefined, ["1", "−3"]);
});

/** A round of this many matches, the first of them with `goals` goals of as many players. */
function roundWithGoals(t, matches, goals, name = "Ann Scorer") {
  const folder = mkdtempSync(join(tmpdir(), "touchline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const lines = [{ kind: "scenario", version: 1, title: "A round" }];
  const ids = Array.from({ length: matches }, (_, at) => `m${at}`);
  const players = Array.from({ length: goals }, (_, at) => ({ id: `p${at}`, name: `${name}${String.fromCharCode(65 + at)}` }));
  for (const id of ids) lines.push({ kind: "match", id, kickoff: "2026-03-07T15:00:00Z", home: { id: `${id}h`, name: `Home ${id}`, ...(id === "m0" ? { players } : {}) }, away: { id: `${id}a`, name: `Away ${id}` } });
  for (const match of ids) lines.push({ type: "period_start", match, period: 1, clock: "0:00" });
  players.forEach(({ id }, at) => lines.push({ type: "goal", match: "m0", period: 1, clock: `${at + 1}:00`, side: "home", player: id }));
  const file = join(folder, "round.jsonl");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return serve(t, file, "--paused");
}

/** The cut texts among the elements that match `selector`. Runs on the page. */
const cut = (selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.offsetWidth > 0 && (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight + 2))
  .map(({ textContent }) => textContent);

test("at any size no scorer and no team of the shipped round is cut, and the totals are final", async (t) => {
  const server = await serve(t, "serie-a", "--paused");
  const page = await visit(t, server.http);
  await server.command("step 100%");
  await allAgree(page, server);
  for (const [width, height] of [[1024, 768], [1180, 820], [1280, 720], [1440, 900], [390, 844]]) {
    await resize(page, width, height);
    for (const selector of [".scorecard-scorer", ".scorecard-name"]) assert.deepEqual(await page.evaluate(cut, selector), [], `${width}x${height}`);
    assert.equal(await page.locator(".overview-sum").innerText(), "10 finished23 goals", `${width}x${height}`);
  }
});

test("at any size neither a team with points deducted nor a dismissed coach is cut", async (t) => {
  const server = await serve(t, "hard-saturday", "--paused");
  const page = await visit(t, server.http);
  await server.command({ command: "seek", to: "45:00", match: "ost-wen" });
  const coach = () => [...document.querySelectorAll('.scorecard[data-match="ost-wen"] .story-text')].map(({ textContent }) => textContent).find((text) => text.includes("sent off"));
  for (const [width, height] of [[1280, 1000], [1024, 768]]) {
    await resize(page, width, height);
    await becomes(page, coach, undefined, "Second yellow, sent off, Y. Holmore (coach)");
    assert.deepEqual((await page.evaluate(cut, ".story-text")).filter((text) => text.includes("coach")), [], `${width}x${height}`);
    assert.deepEqual(await page.evaluate(cut, ".league-name"), [], `${width}x${height}`);
  }
});

/** Opens the round of `roundWithGoals` at its end, and waits until the page shows the score of the match with the goals. */
async function endOfRound(t, matches, goals, name) {
  const server = await roundWithGoals(t, matches, goals, name);
  const page = await visit(t, server.http);
  await server.command("step 100%");
  await until(page, (goals) => document.querySelector('.scorecard[data-match="m0"] .scorecard-score')?.textContent === String(goals), "the score is there", goals);
  return page;
}

for (const [goals, sizes] of [[1, [[1440, 900], [1024, 768]]], [3, [[1024, 768], [390, 844]]]]) {
  test(`a scorer's long name wraps if no other is named, goals: ${goals}`, async (t) => {
    const page = await endOfRound(t, 10, goals, "Bartholomew Featherstonehaugh-Cholmondeley of the Ferry");
    for (const [width, height] of sizes) {
      await resize(page, width, height);
      assert.deepEqual(await page.evaluate(cut, ".scorecard-scorer"), [], `${width}x${height}`);
      assert.deepEqual(await page.evaluate(cut, ".scorecard"), [], `${width}x${height}`);
    }
  });
}

/** How many scorers a card visibly names, and how many more it announces. Runs on the page. */
function named() {
  const card = document.querySelector('.scorecard[data-match="m0"]');
  const inside = (element) => {
    const [box, within] = [element.getBoundingClientRect(), (element.closest(".story") ?? card).getBoundingClientRect()];
    return box.height > 0 && box.top >= within.top && box.bottom <= within.bottom + 0.5;
  };
  const lines = [...card.querySelectorAll(".scorecard-goal, .story-goal")].filter(inside);
  const more = [...card.querySelectorAll(".scorecard-more, .story-more")].filter((element) => element.textContent && inside(element)).map(({ textContent }) => Number(/^\+(\d+) more/.exec(textContent)[1]));
  return { lines: lines.length, more };
}

for (const [matches, sizes] of [[10, [[1440, 900], [1280, 720], [390, 844]]], [3, [[1440, 900], [1024, 600], [390, 844]]]]) {
  for (const goals of [2, 3, 26]) {
    test(`a card of ${matches} names all of ${goals} scorers at any size, or says how many more there are`, async (t) => {
      const page = await endOfRound(t, matches, goals);
      for (const [width, height] of sizes) {
        await resize(page, width, height);
        const { lines, more } = await page.evaluate(named);
        assert.ok(lines > 0, `${width}x${height}: it names some`);
        assert.deepEqual(more, goals > lines ? [goals - lines] : [], `${width}x${height}`);
        // One click shows all of them.
        await page.locator('.scorecard[data-match="m0"]').click();
        await until(page, (goals) => document.querySelectorAll(".deeds-home .deed-by").length === goals, `the board names them all at ${width}x${height}`, goals);
        await page.goBack();
        await page.locator('.scorecard[data-match="m0"]').waitFor();
      }
    });
  }
}
