// The traffic of a visit: its size, and that it goes only to the server.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { matchesServer } from "./page-state.mjs";

/** The limit of all HTTP responses, in bytes as transferred. */
const MOST = 175_000;

/** Records a page's requests from the beginning. */
async function listen(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const traffic = { urls: [], bytes: 0, frames: 0, frameBytes: 0 };
  session.on("Network.requestWillBeSent", ({ request }) => traffic.urls.push(request.url));
  session.on("Network.webSocketCreated", ({ url }) => traffic.urls.push(url));
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (traffic.bytes += encodedDataLength));
  session.on("Network.webSocketFrameReceived", ({ response }) => {
    traffic.frames += 1;
    traffic.frameBytes += Buffer.byteLength(response.payloadData);
  });
  return traffic;
}

/** Records when the server's score is first shown, in ms from the start of the navigation. */
const timed = (page) =>
  page.addInitScript(() => {
    const look = () => {
      if (document.querySelector("[data-connection=live] .score-digit")) globalThis.scoreShown = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

/** Waits until a page and its later requests have been loaded. */
async function isQuiet(page, server) {
  await matchesServer(page, server);
  await page.waitForLoadState("networkidle");
}

test("a first visit is small, and sends requests only to the server", async (t) => {
  const server = await serve(t, "juv", "--paused");
  let traffic;
  const prepare = async (page) => {
    traffic = await listen(page);
    await timed(page);
  };
  const report = (who) => t.diagnostic(`${who}: ${traffic.urls.length} requests, ${traffic.bytes} bytes; ${traffic.frames} frames, ${traffic.frameBytes} bytes`);
  const page = await visit(t, server.http, { prepare });
  await isQuiet(page, server);
  const { host } = new URL(server.http);
  assert.ok(traffic.urls.some((url) => url === server.ws), traffic.urls.join("\n"));
  assert.ok(traffic.urls.some((url) => url.endsWith("/main.js")), traffic.urls.join("\n"));
  assert.deepEqual(traffic.urls.filter((url) => new URL(url).host !== host), []);
  assert.ok(traffic.frames >= 3, `${traffic.frames} frames`);
  assert.ok(traffic.bytes > 10_000 && traffic.bytes < MOST, `${traffic.bytes} bytes`);
  const shown = await until(page, () => globalThis.scoreShown, "the score is shown");
  report("before the match");
  t.diagnostic(`the score was shown ${Math.round(shown)} ms after the navigation began`);

  // A late visit receives more data.
  await server.command("seek 89:08");
  const late = await visit(t, server.http, { prepare });
  await isQuiet(late, server);
  report("after the goal");
  assert.ok(traffic.bytes < MOST, `${traffic.bytes} bytes`);
  assert.deepEqual(traffic.urls.filter((url) => new URL(url).host !== host), []);
});

test("a second visit takes the page's files from the cache", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visit(t, server.http);
  await isQuiet(page, server);
  const files = (page) =>
    page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.includes("/assets/"))
        .map(({ name, transferSize }) => ({ name, bytes: transferSize })),
    );
  assert.ok((await files(page)).some(({ bytes }) => bytes > 0), "the first loads them");
  const again = await page.context().newPage();
  await again.goto(server.http);
  await isQuiet(again, server);
  const kept = await files(again);
  assert.ok(kept.filter(({ name }) => name.endsWith(".js")).length > 10, JSON.stringify(kept));
  assert.deepEqual(kept.filter(({ bytes }) => bytes > 0), []);
});

test("an idle page does not draw, and a playing one draws each frame", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const counting = (page) =>
    page.addInitScript(() => {
      globalThis.drawn = 0;
      const ask = window.requestAnimationFrame.bind(window);
      // Counts only the page's own frames, not those of the tests.
      window.requestAnimationFrame = (then) => ask((now) => {
        if (then.name === "drawFrame") globalThis.drawn += 1;
        then(now);
      });
    });
  const page = await visit(t, server.http, { prepare: counting });
  await matchesServer(page, server);
  const drawnIn = (ms) => page.evaluate(async (ms) => {
    const before = globalThis.drawn;
    await new Promise((done) => setTimeout(done, ms));
    return globalThis.drawn - before;
  }, ms);
  await page.waitForLoadState("networkidle");
  // An idle page draws nothing; a late response may request a frame.
  const resting = await drawnIn(1_000);
  assert.ok(resting < 3, `${resting} frames in a second of rest`);
  const before = await page.evaluate(() => globalThis.drawn);
  await server.command("play");
  await until(page, (before) => globalThis.drawn > before + 60, "it draws each frame while it plays", before);
});

test("pages have a policy that forbids everything from elsewhere", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  for (const path of ["/", "/r/main/", "/overlay/scorebug"]) {
    const answer = await fetch(server.http + path, { headers: { accept: "text/html", connection: "close" } });
    await answer.text();
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /^default-src 'self'; /, path);
    assert.doesNotMatch(policy, /unsafe|data:|blob:|\*/, path);
  }
});
