// Invalid addresses and unusual scenarios: the page reports the error, or shows what it can.
import assert from "node:assert/strict";
import { join } from "node:path";

import { root } from "./chromium.mjs";
import { serve, test, until, visit } from "./harness.mjs";
import { matchesServer, resize } from "./page-state.mjs";

const fixture = (name) => join(root, "tests/page/fixtures", `${name}.jsonl`);
const text = (page) => page.evaluate(() => document.querySelector("#app").innerText);
const isTrouble = (page) => until(page, () => document.querySelector("[data-view=trouble] h1")?.textContent, "it says what is wrong");
const isShown = (page) => until(page, () => document.querySelector("[data-view=match] .score-digit"), "a match is shown");

const WRONG = [
  ["a replay that there is not", "/r/nope/", [404], "There is no such replay or match", /nope/],
  ["a token that opens nothing", "/r/main/?token=wrong", [401], "This link's token opens nothing here", /token/],
  ["a scenario that there is not", "/?scenario=nope", [404], "This match cannot be played", /nope/],
  ["a speed that there is not", "/?scenario=juv&speed=fast", [400], "This match cannot be played", /fast/],
  ["a place that there is not", "/?scenario=juv&from=99:99:99", [400], "This match cannot be played", /99:99:99/],
];

for (const [what, path, status, title, why] of WRONG) {
  test(`${what}: the page reports it and offers alternatives`, async (t) => {
    // A token is required only there, and so checked.
    const server = await serve(t, "juv", "--listen", "0.0.0.0:0", "--control-token", "the-only-one");
    const page = await visit(t, server.http + path, { expect: { status } });
    assert.equal(await isTrouble(page), title);
    assert.match(await text(page), why);
    assert.equal(await page.title(), `${title} · Touchline`);
    await page.locator(".trouble-ways a").click();
    await isShown(page);
  });
}

test("an unknown page has an error status and still serves the page", async (t) => {
  const server = await serve(t, "juv", "--listen", "0.0.0.0:0", "--control-token", "the-only-one");
  for (const [path, status] of [["/r/nope/", 404], ["/?token=wrong", 401], ["/", 200]]) {
    const page = await visit(t, "about:blank", { expect: { status: [status], origin: [/./] } });
    assert.equal((await page.goto(server.http + path)).status(), status, path);
  }
});

test("an unknown match in a round leads to the overview", async (t) => {
  const server = await serve(t, "var", "--paused");
  const page = await visit(t, `${server.http}/?match=nope`);
  await until(page, () => document.querySelector("[data-view=overview]"), "all matches are shown");
});

test("an unknown match in a replay of one match leads to that match", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visit(t, `${server.http}/?match=nope`);
  await matchesServer(page, server);
});

test("unknown event types and fields are harmless", async (t) => {
  const server = await serve(t, fixture("strange"), "--paused");
  const page = await visit(t, server.http);
  await server.command("seek 100%");
  assert.equal((await matchesServer(page, server)).score, "1-0");
  await page.click("text=All");
  await until(page, () => document.querySelectorAll(".ticker-lines > li").length > 4, "all events are listed");
  const words = await text(page);
  for (const expected of ["Drone over the pitch", "A drone. Play goes on.", "Constructor", "Snow interval", "It snows.", "It counts all the same."]) {
    assert.ok(words.includes(expected), `${expected} in:\n${words}`);
  }
  assert.equal(await page.locator(".ticker-lines > li").count(), 6);
});

test("a match with hardly any data is shown as far as possible", async (t) => {
  const server = await serve(t, fixture("bare"), "--paused");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  await server.command({ command: "step", count: 100 });
  assert.equal((await matchesServer(page, server)).score, "2-1");
  assert.match(await page.locator(".ticker").innerText(), /Yellow card[^]*A change for Eastmoor, whoever it was\.|A change for Eastmoor/);
  assert.deepEqual(await page.locator(".deeds li").allInnerTexts(), ["21′", "81′", "71′"]);
  assert.doesNotMatch(await text(page), /undefined|null|NaN|\[object/);
});

/** Presses every tab and opens every dialog, so that everything has been drawn. */
async function lookAround(page) {
  await page.locator(".panel-ticker").getByRole("button", { name: "All", exact: true }).click();
  for (const tab of await page.getByRole("tab").all()) await tab.click();
  for (const door of await page.locator(".topline-doors [aria-haspopup=dialog]").all()) {
    await door.click();
    await until(page, () => document.querySelector("dialog[open]"), "a dialog is open");
    await page.keyboard.press("Escape");
    await until(page, () => !document.querySelector("dialog[open]"), "it is closed");
  }
}

test("markup in names and texts stays text", async (t) => {
  const server = await serve(t, fixture("markup"), "--paused");
  const page = await visit(t, server.http);
  await server.command({ command: "step", count: 100 });
  await matchesServer(page, server);
  await lookAround(page);
  const made = await page.evaluate(() => ({
    images: document.querySelectorAll("img").length,
    scripts: [...document.querySelectorAll("script")].filter(({ src }) => !src).length,
    handlers: document.querySelectorAll("[onload], [onerror]").length,
    pwned: globalThis.pwned ?? null,
  }));
  assert.deepEqual(made, { images: 0, scripts: 0, handlers: 0, pwned: null });
  const words = await text(page);
  for (const expected of ['<img src=x onerror="globalThis.pwned=1"> home', '"><svg onload="globalThis.pwned=1"> away', "It is in! <script>globalThis.pwned=1</script>"]) {
    assert.ok(words.includes(expected), `${expected} in:\n${words}`);
  }
  assert.match(await page.title(), /^<img src=x onerror="globalThis\.pwned=1"> home 0–1 /);
});

test("very long names and titles break nothing", async (t) => {
  const server = await serve(t, fixture("long"), "--paused");
  const page = await visit(t, server.http);
  await server.command("step 100%");
  await matchesServer(page, server);
  for (const [width, height] of [[360, 640], [1440, 900]]) {
    await resize(page, width, height);
    await lookAround(page);
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= window, `${wide} px wide in ${window} px`);
    const score = await page.locator(".score").boundingBox();
    assert.ok(score.x >= 0 && score.x + score.width <= width && score.y + score.height <= height, `${width}x${height}: ${JSON.stringify(score)}`);
  }
});
