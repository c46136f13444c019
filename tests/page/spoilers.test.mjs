// Without spoilers nothing reveals what is to come: no mark, length, title or hidden text.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { matchesServer, waitForFrames } from "./page-state.mjs";

/** All text of a page: visible or not, with attributes, except for shapes. */
const everything = (page) =>
  page.evaluate(() => {
    const said = ["data-", "aria-", "title", "href", "id", "class", "value", "content", "alt"];
    const attributes = [...document.querySelectorAll("*")].flatMap((element) =>
      [...element.attributes].filter(({ name }) => said.some((word) => name.startsWith(word))).map(({ value }) => value),
    );
    const fields = [...document.querySelectorAll("input, select")].map(({ value }) => value);
    return [document.title, document.body.textContent, ...attributes, ...fields].join("\n");
  });
const TOLD = /\b0\s*[-–]\s*1\b|koulibaly-goal|KOULIBALY|Goal,? K\. Koulibaly/;
const tellsNothing = async (page) => {
  const leak = TOLD.exec(await everything(page));
  assert.equal(leak && leak.input.slice(Math.max(0, leak.index - 100), leak.index + 100), null);
};
const marks = (page) => page.evaluate(() => [...document.querySelectorAll("[data-mark]")].map((mark) => mark.getAttribute("aria-label")));

test("nothing reveals a goal before it comes", async (t) => {
  const server = await serve(t, "juv", "--from", "50:00", "--paused");
  const asked = [];
  const prepare = (page) => page.on("request", (request) => asked.push(new URL(request.url())));
  const page = await visit(t, `${server.http}/?spoilers=0`, { prepare });
  await matchesServer(page, server);
  await until(page, () => document.querySelectorAll("[data-mark]").length > 0, "the past has marks");
  for (const door of await page.locator("[aria-haspopup=dialog]").all()) {
    await door.click();
    await until(page, () => document.querySelector("dialog[open]"), "a dialog is open");
    await tellsNothing(page);
    await page.keyboard.press("Escape");
    await until(page, () => !document.querySelector("dialog[open]"), "it is closed");
  }
  for (const tab of await page.getByRole("tab").all()) {
    await tab.click();
    await tellsNothing(page);
  }
  assert.deepEqual(asked.filter(({ pathname, searchParams }) => pathname.endsWith("/timeline") && searchParams.get("spoilers") !== "0"), []);
  const before = await marks(page);
  assert.ok(!before.some((label) => /Koulibaly/.test(label)), before.join("\n"));
  // No button leads to a goal to come, and the remaining time is hidden.
  assert.equal(await page.getByRole("button", { name: "Next goal" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: /Highlights/ }).count(), 0);
  assert.doesNotMatch(await page.locator(".player").innerText(), /left/);
  await page.keyboard.press("g");
  await waitForFrames(page);
  await matchesServer(page, server);

  // A live goal is shown.
  await server.command("step 89:07");
  assert.equal((await matchesServer(page, server)).score, "0-1");
  await until(page, () => [...document.querySelectorAll("[data-mark]")].some((mark) => /Koulibaly/.test(mark.getAttribute("aria-label"))), "the goal has its mark");
  assert.match(await everything(page), TOLD);
});

test("the end of the bar reveals no more than the rules do", async (t) => {
  const server = await serve(t, "juv", "--from", "50:00", "--paused");
  const page = await visit(t, `${server.http}/?spoilers=0`);
  await matchesServer(page, server);
  const expected = async () => (await (await fetch(`${server.http}/timeline?spoilers=0`, { headers: { connection: "close" } })).json()).length;
  const { playback } = await server.command("pause");
  const length = await expected();
  assert.notEqual(length, playback.length);
  const ends = (length) => Number(document.querySelector("[role=slider]")?.getAttribute("aria-valuemax")) === length;
  await until(page, ends, "the bar ends where the rules say", Math.round(length));
  const { x, width } = await page.locator(".scrubber").boundingBox();
  const head = await page.locator(".head").boundingBox();
  const wanted = x + (width * playback.at) / length;
  assert.ok(Math.abs(head.x + head.width / 2 - wanted) < 15, JSON.stringify({ head, wanted }));
});
