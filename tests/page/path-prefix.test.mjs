// Behind a reverse proxy the whole page is below a path prefix: no request or link leads to the root of the host.
import assert from "node:assert/strict";
import { serve, test, until, visit } from "./harness.mjs";
import { openProxy } from "./proxy.mjs";
import { matchesServer } from "./page-state.mjs";

/** A server behind a proxy, below `/tl`: `{ server, root }`. Each takes a free port, the proxy first. */
async function below(t, ...args) {
  const behind = { http: null };
  const proxy = await openProxy(t, behind);
  const root = `${proxy.http}/tl`;
  const server = await serve(t, ...args, "--paused", "--public-url", root);
  behind.http = server.http;
  return { root, server };
}

/** The paths that a page requests. */
function pathsOf(page) {
  const paths = new Set();
  page.on("request", (request) => paths.add(new URL(request.url()).pathname));
  page.on("websocket", (socket) => paths.add(new URL(socket.url()).pathname));
  return paths;
}
const isBelow = (paths) => {
  assert.ok(paths.size > 0);
  assert.deepEqual([...paths].filter((path) => !path.startsWith("/tl/")), []);
};

test("a match is watched and controlled below a path, and all links stay there", async (t) => {
  const { root, server } = await below(t, "juv");
  let paths;
  const page = await visit(t, `${root}/`, { prepare: (page) => (paths = pathsOf(page)) });
  await matchesServer(page, server);
  await page.keyboard.press("End");
  await until(page, () => document.querySelector(".status-word")?.textContent === "Full time", "it goes to the end");
  assert.equal((await matchesServer(page, server)).score, "0-1");

  await page.getByRole("button", { name: "Share" }).click();
  const links = await until(page, () => document.querySelector("#share-own")?.value && [...document.querySelectorAll(".share input[readonly]")].map(({ value }) => value), "there are links");
  const { host } = new URL(root);
  assert.deepEqual(links.filter((link) => new URL(link).host !== host || !new URL(link).pathname.startsWith("/tl/")), []);
  assert.ok(links.length > 4, links.join("\n"));
  await page.keyboard.press("Escape");

  // The replay and page that the picker opens.
  await page.getByRole("button", { name: "Matches", exact: true }).click();
  await page.locator('[data-scenario^="juventus"]').getByRole("button", { name: /^Watch it yourself/ }).click();
  await page.waitForURL((url) => /^\/tl\/r\/[^/]+\/$/.test(url.pathname));
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await until(page, () => document.querySelector("[data-playback=paused]"), "it stands");
  isBelow(paths);
  assert.ok([...paths].some((path) => /^\/tl\/r\/[^/]+\/ws$/.test(path)), [...paths].join("\n"));
  assert.ok(paths.has("/tl/r/main/timeline") && paths.has("/tl/api/replays") && paths.has("/tl/ws"), [...paths].join("\n"));
});

test("overlays and the client module are below the path too", async (t) => {
  const { root, server } = await below(t, "juv");
  await server.command("seek FT");
  let paths;
  const page = await visit(t, `${root}/overlay/scorebug`, { prepare: (page) => (paths = pathsOf(page)) });
  for (const path of ["/overlay/scorebug", "/r/main/overlay/scorebug"]) {
    paths.clear();
    await page.goto(`${root}${path}`);
    await until(page, () => document.querySelector('[data-score="0-1"]'), "it has the score");
    isBelow(paths);
  }
  const client = await fetch(`${root}/client.js`, { headers: { connection: "close" } });
  assert.equal(client.status, 200);
  assert.match(await client.text(), /export const subscribe = /);
});

test("one match of several is opened and left below the path", async (t) => {
  const { root } = await below(t, "var");
  let paths;
  const page = await visit(t, root, { prepare: (page) => (paths = pathsOf(page)) });
  await page.locator(".scorecard").first().click();
  await until(page, () => document.querySelector("[data-view=match]"), "one match is shown");
  await page.reload();
  await until(page, () => document.querySelector("[data-view=match]"), "it is shown again");
  assert.match(new URL(page.url()).pathname, /^\/tl\/?$/);
  await page.goBack();
  await until(page, () => document.querySelector("[data-view=overview]"), "all are shown");
  assert.deepEqual([...paths].filter((path) => path !== "/tl" && !path.startsWith("/tl/")), []);
});

test("a token below a path leaves the address, and a reload keeps control", async (t) => {
  const token = "the-only-one";
  const { root } = await below(t, "juv", "--control-token", token);
  const controls = async (page) => {
    await until(page, () => document.querySelector("[data-connection=live]:not([data-view=arriving])"), "it is connected");
    return (await page.getByRole("button", { name: /^Play/ }).count()) > 0;
  };
  const page = await visit(t, `${root}/?token=${token}`);
  assert.equal(await controls(page), true);
  assert.equal(page.url(), `${root}/`);
  await page.reload();
  assert.equal(await controls(page), true);
});
