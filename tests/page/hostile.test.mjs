// A page of another site in a real browser: nothing it embeds or links to opens or starts a replay.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { FOREIGN_HOST } from "./chromium.mjs";
import { serve, test, TIMEOUT_MS, visit } from "./harness.mjs";
import { asks, pageAt, visitByLink } from "./other-site.mjs";
import { eventually, readScoreboard } from "./page-state.mjs";

const STREAMS = ["/events.ndjson?scenario=juv", "/events?scenario=var&speed=60", "/events.ndjson", "/r/main/events", "/ws?scenario=juv"];
const ELEMENTS = [
  (url) => `<iframe src="${url}"></iframe>`,
  (url) => `<object data="${url}"></object>`,
  (url) => `<embed src="${url}">`,
  (url) => `<img src="${url}" alt="">`,
  (url) => `<link rel="stylesheet" href="${url}">`,
  (url) => `<link rel="prefetch" href="${url}">`,
  (url) => `<script src="${url}"></script>`,
  (url) => `<video src="${url}"></video>`,
];

/** All replays, with their number of subscribers. */
const replays = async (server) => {
  const { replays } = await (await fetch(`${server.http}/api/replays`)).json();
  return replays.map(({ id, subscribers }) => [id, subscribers]);
};

test("a page of another site opens no replay by embedding", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const urls = STREAMS.map((path) => server.http + path);
  const body = urls.flatMap((url) => ELEMENTS.map((element) => element(url.replaceAll("&", "&amp;")))).join("\n");
  const asked = [];
  const hostile = await pageAt(t, FOREIGN_HOST, body);
  const page = await visit(t, hostile, {
    expect: { console: [/./], error: [/./], failed: [/./], origin: [/./], status: [400, 403, 426] },
    prepare: (page) => {
      page.on("response", (response) => asked.push([response.request().resourceType(), response.status(), response.url()]));
    },
  });
  for (const url of urls) {
    await page.evaluate((url) => fetch(url, { mode: "no-cors" }).catch(() => 0), url);
    await page.evaluate((url) => {
      new EventSource(url);
      new WebSocket(url.replace("http", "ws"));
    }, url);
  }
  await page.waitForLoadState("networkidle");
  const reached = asked.filter(([, , url]) => url.startsWith(server.http));
  // The browser does not reveal the responses of images, scripts and styles.
  assert.ok(reached.length >= 4 * STREAMS.length, `the browser has asked: ${JSON.stringify(asked)}`);
  assert.ok(reached.every(([, status]) => status >= 400), JSON.stringify(asked));
  // Following a link opens nothing either.
  for (const url of urls.slice(0, 4)) {
    await page.evaluate((url) => {
      const link = document.createElement("a");
      document.body.append(Object.assign(link, { href: url, textContent: "a link" }));
      link.click();
    }, url);
    await page.waitForURL(url);
    assert.match(await page.textContent("body"), /"code":"forbidden"/, url);
    await page.goBack();
  }
  assert.deepEqual(await replays(server), [["main", 0]]);
});

test("a page of another site opens no replay if its browser sends no metadata", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const stream = "/events.ndjson?scenario=juv&paused=1";
  // A prefetch looks like a typed address; under this host name no metadata is sent.
  const rules = JSON.stringify({ prefetch: [{ source: "list", urls: [server.http + stream], eagerness: "immediate" }] });
  const mapped = server.http.replace("127.0.0.1", "[::ffff:127.0.0.1]") + stream;
  const body = `<script type="speculationrules">${rules}</script><img src="${mapped.replaceAll("&", "&amp;")}" alt="">`;
  await visit(t, await pageAt(t, FOREIGN_HOST, body), {
    expect: { console: [/./], error: [/./], failed: [/./], origin: [/./], status: [400, 403] },
  });
  const refused = ["a stream may not be prefetched", "the Host \"[::ffff:127.0.0.1]"];
  const until = Date.now() + TIMEOUT_MS;
  while (!refused.every((words) => server.log()?.includes(words)) && Date.now() < until) await setTimeout(20);
  for (const words of refused) assert.ok(server.log()?.includes(words), `${words}: ${server.log()}`);
  assert.deepEqual(await replays(server), [["main", 0]]);
});

test("a link of another site plays a match only after the viewer confirms", async (t) => {
  const server = await serve(t, "var", "--paused");
  const sent = [];
  const prepare = (page) => {
    page.on("request", (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
    page.on("websocket", (socket) => sent.push(`WS ${new URL(socket.url()).pathname}`));
  };
  const page = await visitByLink(t, `${server.http}/?scenario=juv`, { prepare });
  await asks(page);
  // No shortcut confirms the question.
  for (const key of [" ", "Enter", "k", "End", "r", "5"]) await page.keyboard.press(key);
  await page.waitForLoadState("networkidle");
  assert.deepEqual(sent.filter((line) => /^(POST|WS)/.test(line)), []);
  assert.deepEqual(await replays(server), [["main", 0]]);

  await page.getByRole("button", { name: "Play this match" }).click();
  await eventually(page, readScoreboard, undefined, (shown) => shown?.score, "it is shown");
  assert.deepEqual(sent.filter((line) => /^POST/.test(line)), ["POST /api/replays"]);
  const opened = (await replays(server)).filter(([id]) => id !== "main");
  assert.deepEqual(opened.map(([, subscribers]) => subscribers), [1]);
});

test("a page on another port and host name of this machine may open a replay", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const app = await pageAt(t, "localhost", "<title>An app</title>");
  const page = await visit(t, app, { expect: { origin: [/./], status: [404] } });
  const received = await page.evaluate((url) => {
    const source = new EventSource(url);
    return new Promise((resolve, reject) => {
      source.onmessage = ({ data }) => resolve(JSON.parse(data).kind);
      source.onerror = () => reject(new Error("refused"));
    });
  }, `${server.http}/events?scenario=juv&paused=1`);
  assert.equal(received, "hello");
  assert.equal((await replays(server)).length, 2);
});
