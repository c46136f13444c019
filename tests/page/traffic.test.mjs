// What a visit costs, and where it goes: to the server, and nowhere else.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { matchesServer } from "./page-state.mjs";

/** For all that is asked for over HTTP, as it comes over the line. */
const MOST = 165_000;

/** Listens to what a page sends for, from the beginning. */
async function listen(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const heard = { urls: [], bytes: 0, frames: 0, frameBytes: 0 };
  session.on("Network.requestWillBeSent", ({ request }) => heard.urls.push(request.url));
  session.on("Network.webSocketCreated", ({ url }) => heard.urls.push(url));
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (heard.bytes += encodedDataLength));
  session.on("Network.webSocketFrameReceived", ({ response }) => {
    heard.frames += 1;
    heard.frameBytes += Buffer.byteLength(response.payloadData);
  });
  return heard;
}

/** Notes when a score that the server has told is first to be seen, in ms from the beginning of the navigation. */
const timed = (page) =>
  page.addInitScript(() => {
    const look = () => {
      if (document.querySelector("[data-connection=live] .score-digit")) globalThis.scoreShown = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

/** Waits until a page has been loaded whole, and what it asks for after that has come. */
async function isQuiet(page, server) {
  await matchesServer(page, server);
  await page.waitForLoadState("networkidle");
}

test("a first visit is small, and asks nobody but the server", async (t) => {
  const server = await serve(t, "juv", "--paused");
  let heard;
  const prepare = async (page) => {
    heard = await listen(page);
    await timed(page);
  };
  const tell = (who) => t.diagnostic(`${who}: ${heard.urls.length} requests, ${heard.bytes} bytes; ${heard.frames} frames, ${heard.frameBytes} bytes`);
  const page = await visit(t, server.http, { prepare });
  await isQuiet(page, server);
  const { host } = new URL(server.http);
  assert.ok(heard.urls.some((url) => url === server.ws), heard.urls.join("\n"));
  assert.ok(heard.urls.some((url) => url.endsWith("/main.js")), heard.urls.join("\n"));
  assert.deepEqual(heard.urls.filter((url) => new URL(url).host !== host), []);
  assert.ok(heard.frames >= 3, `${heard.frames} frames`);
  assert.ok(heard.bytes > 10_000 && heard.bytes < MOST, `${heard.bytes} bytes`);
  const shown = await until(page, () => globalThis.scoreShown, "the score is shown");
  tell("before the match");
  t.diagnostic(`the score was shown ${Math.round(shown)} ms after the navigation began`);

  // Who comes late is told more.
  await server.command("seek 89:08");
  const late = await visit(t, server.http, { prepare });
  await isQuiet(late, server);
  tell("after the goal");
  assert.ok(heard.bytes < MOST, `${heard.bytes} bytes`);
  assert.deepEqual(heard.urls.filter((url) => new URL(url).host !== host), []);
});

test("a second visit takes the page's files from where the first has put them", async (t) => {
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

test("a page on which nothing moves does not draw, and draws each frame as soon as something does", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const counting = (page) =>
    page.addInitScript(() => {
      globalThis.drawn = 0;
      const ask = window.requestAnimationFrame.bind(window);
      // Only the page's own: what tests ask for is not counted.
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
  // Nothing changes while it rests; a late answer may ask for a frame.
  const resting = await drawnIn(1_000);
  assert.ok(resting < 3, `${resting} frames in a second of rest`);
  const before = await page.evaluate(() => globalThis.drawn);
  await server.command("play");
  await until(page, (before) => globalThis.drawn > before + 60, "it draws each frame while it plays", before);
});

test("pages come with a policy that lets nothing in from elsewhere", async (t) => {
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
