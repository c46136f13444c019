// The example of a live-score page: the careful one is right whatever happens to its feed and its connection, the naive one is not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";

import { root } from "./chromium.mjs";
import { onTestEnd } from "./cleanup.mjs";
import { axe, serve, test, until, visit } from "./harness.mjs";
import { stateOf } from "./page-state.mjs";
import { openProxy } from "./proxy.mjs";

/** What a page reported, the latest last. */
const reportsOf = new WeakMap();

/** Opens a page of the example from a server of its own, with a stream. `options` are those of `visit`. */
async function open(t, file, ws, { prepare, client = "", ...options } = {}) {
  const site = createServer((_, response) => response.setHeader("content-type", "text/html").end(readFileSync(join(root, "examples/live-score", file))));
  onTestEnd(t, () => site.close());
  await once(site.listen(0, "127.0.0.1"), "listening");
  const expect = { origin: [/./], console: [/WebSocket connection to .* failed/] };
  const listen = async (page) => {
    const reports = [];
    reportsOf.set(page, reports);
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => reports.push(JSON.parse(payload))));
    await prepare?.(page);
  };
  return visit(t, `http://127.0.0.1:${site.address().port}/${file}?${new URLSearchParams({ ws, client })}`, { expect, prepare: listen, ...options });
}

/** Runs on the page: the score of each match. */
const readScores = () => Object.fromEntries([...document.querySelectorAll("article")].map((card) => [card.id, card.querySelector(".score").textContent]));
const text = ({ home, away }) => `${home}-${away}`;
const trueScores = async (server) => Object.fromEntries((await stateOf(server)).matches.map(({ match, state }) => [match, text(state.score)]));
/** Waits until the page shows these scores. */
function shows(page, scores) {
  const isShown = (scores) => Object.entries(scores).every(([id, score]) => document.querySelector(`#${id} .score`)?.textContent === score);
  return until(page, isShown, `it shows ${JSON.stringify(scores)}`, scores);
}
/** Waits until the page shows the server's scores. */
const showsTruth = async (page, server) => shows(page, await trueScores(server));
const hasReceived = (page, to) => until(page, (to) => n >= to, `event ${to} is received`, to);
const streamOf = (cable) => `${cable.http.replace("http", "ws")}/ws`;
const listed = (page) => page.evaluate(() => [...document.querySelectorAll("li")].map((line) => line.textContent).sort());

test("the careful page shows the server's state after every event, and its score with any faults", async (t) => {
  for (const plan of ["off", "lossy; var-night", "unknown:p=0.5; vanish:p=1"]) {
    const server = await serve(t, "var", "--paused", "--seed", "7", "--faults", plan);
    const page = await open(t, "careful.html", server.ws);
    await showsTruth(page, server);
    for (let state = ""; state !== "ended"; ) {
      const { to, playback } = await server.command(plan === "off" ? "step 1" : "step 12");
      ({ state } = playback);
      await hasReceived(page, to);
      await showsTruth(page, server);
      if (plan !== "off") continue;
      const { matches } = await stateOf(server);
      const standing = matches.flatMap(({ state }) => state.events).filter(({ type }) => /^(goal|\w+_card)$/.test(type));
      assert.equal((await listed(page)).length, standing.length);
    }
    await until(page, () => document.documentElement.hasAttribute("data-over"), "it notices the end");
    const last = Object.fromEntries(reportsOf.get(page).map(({ match, score }) => [match, score]));
    assert.deepEqual(last, await page.evaluate(readScores), "it reports what it shows");
  }
});

test("the naive page counts corrections as goals", async (t) => {
  const server = await serve(t, "var", "--paused");
  const page = await open(t, "naive.html", server.ws);
  await showsTruth(page, server);
  await server.command("step 18:30");
  await shows(page, { "van-lar": "1-1", "qui-bra": "0-2" });
  assert.deepEqual(await trueScores(server), { "van-lar": "0-1", "qui-bra": "0-1" });
  const reports = reportsOf.get(page).map(({ command, match, score }) => `${command} ${match} ${score}`);
  assert.deepEqual(reports, ["shows van-lar 0-0", "shows qui-bra 0-0", "shows qui-bra 0-1", "shows van-lar 1-0", "shows qui-bra 0-2", "shows van-lar 1-1"]);
});

test("after a cut the careful page catches up and reports again, the naive page takes it for the end", async (t) => {
  const server = await serve(t, "juv", "--paused", "--from", "88:00");
  const cable = await openProxy(t, server);
  const pages = [await open(t, "careful.html", streamOf(cable)), await open(t, "naive.html", streamOf(cable))];
  for (const page of pages) await showsTruth(page, server);
  await hasReceived(pages[0], (await server.command("step 88:30")).to);
  cable.cut();
  for (const page of pages) await until(page, () => /Reconnecting|Over/.test(document.body.innerText), "it notices the cut");
  const before = pages.map((page) => reportsOf.get(page).length);
  await server.command("step 89:07");
  cable.mend();
  await shows(pages[0], { "juv-nap": "0-1" });
  assert.deepEqual(await pages[1].evaluate(readScores), { "juv-nap": "0-0" });
  assert.deepEqual(pages.map((page, at) => reportsOf.get(page).slice(before[at]).map(({ score }) => score)), [["0-0", "0-1"], []]);
});

test("the careful page gives up a silent connection, and discards its state in a new epoch", async (t) => {
  const server = await serve(t, "juv", "--speed", "1", "--from", "89:10");
  const cable = await openProxy(t, server);
  const page = await open(t, "careful.html", streamOf(cable));
  await shows(page, { "juv-nap": "0-1" });
  await server.command("seek 80:00");
  await shows(page, { "juv-nap": "0-0" });
  assert.ok(!(await page.evaluate(() => document.body.innerText)).includes("Koulibaly"));
  cable.silence();
  await until(page, () => document.body.innerText.includes("Reconnecting"), "it notices the silence");
});

test("the careful page receives a broken message again", async (t) => {
  const server = await serve(t, "juv", "--paused", "--from", "88:00");
  let broken = 0;
  const prepare = (page) => page.routeWebSocket(/./, (near) => {
    const far = near.connectToServer();
    far.onMessage((message) => {
      const isBroken = message.includes('"id":"koulibaly-goal"') && broken < 2;
      broken += isBroken;
      near.send(isBroken ? message.slice(0, 200) : message);
    });
  });
  const page = await open(t, "careful.html", server.ws, { prepare });
  await showsTruth(page, server);
  await server.command("step 90:00");
  await shows(page, { "juv-nap": "0-1" });
  assert.equal(broken, 2);
  assert.ok((await listed(page)).some((line) => line.includes("Kalidou Koulibaly")));
});

test("the careful page reports over HTTP while it has no connection", async (t) => {
  const server = await serve(t, "var", "--paused", "--from", "86:00");
  const cable = await openProxy(t, server);
  const posted = [];
  const prepare = (page) => page.route(/\/shows$/, (route) => {
    posted.push([route.request().method(), route.request().postDataJSON()]);
    return route.fulfill({ status: 200, headers: { "access-control-allow-origin": "*" }, body: "{}" });
  });
  const page = await open(t, "careful.html", streamOf(cable), { prepare });
  await showsTruth(page, server);
  cable.cut();
  await until(page, () => document.body.innerText.includes("Reconnecting"), "it notices the cut");
  await page.evaluate(() => (document.querySelector("#van-lar .score").textContent = "9-9"));
  await until(page, () => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/shows")), "it reports");
  assert.deepEqual(posted, [["POST", { client: "", match: "van-lar", score: "9-9" }]]);
});

for (const file of ["careful.html", "naive.html"]) {
  test(`${file} is accessible on a narrow screen`, async (t) => {
    const server = await serve(t, "var", "--paused", "--from", "86:00");
    const page = await open(t, file, server.ws, { viewport: { width: 320, height: 640 }, colorScheme: file === "naive.html" ? "dark" : "light" });
    await showsTruth(page, server);
    await axe(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is cut off");
  });
}
