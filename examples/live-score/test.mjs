// The test command of this app: opens its pages in a browser, and waits until the replay that they show is over.
//   touchline test var --faults lossy -- node examples/live-score/test.mjs careful.html
//   touchline test juv -- node examples/live-score/test.mjs naive.html careful.html
// It fails if a page has an error or does not notice the end. Whether the pages show the right score, `touchline test` judges.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename } from "node:path";

const { TOUCHLINE_WS: ws, TOUCHLINE_URL: http } = process.env;
const files = process.argv.slice(2);
if (!ws || !http || files.length === 0) {
  console.error("touchline test SCENARIO -- node test.mjs PAGE.html... runs this, with TOUCHLINE_WS and TOUCHLINE_URL set");
  process.exit(2);
}

/** The time in which a page notices the end, from when the server reports it. */
const NOTICES_END_MS = 15_000;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Starts Chromium: that of this repository's tests, or that of an installed `playwright`. */
async function launch() {
  const repository = await import("../../tests/page/chromium.mjs").catch(() => null);
  if (repository && !repository.missing()) return repository.launch();
  const playwright = await import("playwright").catch(() => null);
  return playwright?.chromium.launch();
}

const site = createServer(async (request, response) => {
  const name = basename(new URL(request.url, "http://site").pathname);
  const body = await readFile(new URL(name, import.meta.url)).catch(() => null);
  response.writeHead(body ? 200 : 404, { "content-type": "text/html" }).end(body);
});

/** Resolves once the replay is over, or the server is gone. */
async function replayIsOver() {
  for (;;) {
    const answer = await fetch(`${http}/api/replays/main`, { headers: { connection: "close" } }).catch(() => null);
    if (!answer?.ok || (await answer.json()).playback.state === "ended") return;
    await sleep(500);
  }
}

/** Opens a page and waits for the end. Returns what went wrong. */
async function play(browser, file, client) {
  const page = await (await browser.newContext()).newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.goto(`http://127.0.0.1:${site.address().port}/${file}?${new URLSearchParams({ ws, client })}`);
  const noticed = page.waitForSelector("html[data-over]", { state: "attached", timeout: 0 }).then(() => true);
  noticed.catch(() => {});
  // A page may take something else for the end.
  await replayIsOver();
  if (!(await Promise.race([noticed, sleep(NOTICES_END_MS)]))) wrong.push("the page did not notice that the replay is over");
  // The last tick may still be on its way.
  await sleep(1_000);
  const shown = await page.$$eval("article", (cards) => cards.map((card) => `${card.id} ${card.querySelector(".score").textContent}`));
  console.log([`${client} shows ${shown.join(", ") || "nothing"}`, ...new Set(wrong)].join("\n  "));
  // As a viewer does: the connection is closed, not broken.
  await page.close();
  return wrong;
}

const browser = await launch();
if (!browser) {
  console.log("SKIPPED: no playwright with Chromium; npm install playwright && npx playwright install chromium");
  process.exit(process.env.CI === "true" ? 1 : 0);
}
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
const clients = files.map((file, at) => basename(file, ".html") + (files.indexOf(file) < at ? `-${at + 1}` : ""));
const wrong = await Promise.all(files.map((file, at) => play(browser, file, clients[at])));
await browser.close();
process.exit(wrong.flat().length > 0 ? 1 : 0);
