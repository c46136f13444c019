// Corrected and removed events on the page, live and after a reload or seek.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { becomes, matchesServer, recordAppearances, recordedAppearances } from "./page-state.mjs";

/** The text of a ticker line; `null` if there is none. Runs on the page. */
function line(id) {
  const item = document.querySelector(`.ticker [data-id="${id}"]`);
  if (!item) return null;
  const struck = [...item.querySelectorAll("*")].filter((part) => getComputedStyle(part).textDecorationLine === "line-through");
  const text = (selector) => item.querySelector(selector)?.textContent ?? null;
  return {
    struck: struck.map((part) => part.textContent).join(" "),
    correction: text(".correction"),
    who: text(".deed-who"),
    team: text(".deed-team"),
    score: text(".deed-score"),
    check: text(".deed-check"),
  };
}

const reads = (page, id, wanted) => becomes(page, line, id, wanted);
const goal = (fields) => ({ struck: "", correction: null, who: null, team: null, score: null, check: null, ...fields });

test("a removed goal is struck through with its reason, and the score is reset", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "van-lar";
  const page = await visit(t, `${server.http}/?match=${match}`, { prepare: recordAppearances(".sweep") });
  await server.command({ command: "seek", to: "67:09", match });
  assert.equal((await matchesServer(page, server, { match })).score, "1-1");
  await server.command({ command: "step", until: "67:10", match });
  assert.equal((await matchesServer(page, server, { match })).score, "2-1");
  const stands = goal({ who: "S. Wyckhart", team: "Vanterra", score: "2–1", check: "being checked" });
  await reads(page, "wyckhart-67", stands);
  assert.deepEqual(await recordedAppearances(page), ["sweep sweep-home"]);
  await server.command({ command: "step", until: "69:14", match });
  assert.equal((await matchesServer(page, server, { match })).score, "1-1");
  const takenBack = goal({ struck: "Goal S. Wyckhart", correction: "No goal: offside", who: "S. Wyckhart", team: "Vanterra" });
  await reads(page, "wyckhart-67", takenBack);
  assert.ok(!(await page.locator(".deeds-home").innerText()).includes("Wyckhart"));
  assert.equal((await recordedAppearances(page)).length, 1, "a removed goal is not highlighted");

  // After a reload or a seek past it the page shows the same.
  await page.reload();
  await matchesServer(page, server, { match });
  await reads(page, "wyckhart-67", takenBack);
  await server.command({ command: "seek", to: "50:00", match });
  await matchesServer(page, server, { match });
  await until(page, () => !document.querySelector('[data-id="wyckhart-67"]'), "nothing is known of it yet");
  await server.command({ command: "seek", to: "FT", match });
  assert.equal((await matchesServer(page, server, { match })).score, "2-2");
  await reads(page, "wyckhart-67", takenBack);
});

test("a goal corrected to another player names the first one", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "qui-bra";
  const page = await visit(t, `${server.http}/?match=${match}`);
  await server.command({ command: "seek", to: "Whose goal?" });
  await server.command({ command: "step", until: "16:45", match });
  await reads(page, "brackwater-first", goal({ who: "D. Orrinsby", team: "Brackwater", score: "0–1", check: "being checked" }));
  await server.command({ command: "step", until: "17:38", match });
  const corrected = goal({ correction: "Corrected: was D. Orrinsby", who: "W. Kallender", team: "Brackwater", score: "0–1" });
  await reads(page, "brackwater-first", corrected);
  assert.deepEqual(await page.locator(".deeds-away li > span").allInnerTexts(), ["W. Kallender", "17′"]);
  await page.reload();
  await reads(page, "brackwater-first", corrected);
  await server.command({ command: "seek", to: "FT", match });
  await matchesServer(page, server, { match });
  await reads(page, "brackwater-first", corrected);
});

test("a goal corrected to an own goal changes sides and shows the correction", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "van-lar";
  const page = await visit(t, `${server.http}/?match=${match}`);
  await server.command({ command: "seek", to: "The own goal" });
  await server.command({ command: "step", until: "17:26", match });
  assert.equal((await matchesServer(page, server, { match })).score, "1-0");
  await server.command({ command: "step", until: "18:04", match });
  assert.equal((await matchesServer(page, server, { match })).score, "0-1");
  const corrected = goal({ correction: "Corrected: was goal, Vanterra", who: "C. Marrable", team: "Larkhaven", score: "0–1" });
  await reads(page, "marrable-17", corrected);
  assert.deepEqual(await page.locator(".deeds-away li > span").allInnerTexts(), ["C. Marrable", "18′ (og)"]);
  await page.reload();
  await reads(page, "marrable-17", corrected);
});

test("a removed card and a removed penalty are struck through", async (t) => {
  const server = await serve(t, "var", "--from", "FT", "--paused");
  const page = await visit(t, `${server.http}/?match=van-lar`);
  const correction = "Red card taken back: a second defender was covering";
  await reads(page, "grendell-red", goal({ struck: "Red card I. Grendell", correction, who: "I. Grendell", team: "Larkhaven" }));
  await page.goto(`${server.http}/?match=qui-bra`);
  const taken = { struck: "Penalty", correction: "Penalty taken back: the defender played the ball", team: "Quillmere" };
  await reads(page, "mossvale-penalty", goal(taken));
});
