// The token: removed from the address at once, stored for the tab, sent only to its replay.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";

const OWNER = "the-only-one";
/** A server that any viewer may watch, and only a token controls. */
const guarded = (t, scenario = "juv") => serve(t, scenario, "--paused", "--listen", "0.0.0.0:0", "--control-token", OWNER);
const isShown = (page) => until(page, () => document.querySelector("[data-connection=live]:not([data-view=arriving])"), "it is connected");
const isTrouble = (page) => until(page, () => document.querySelector("[data-view=trouble] h1")?.textContent, "it says what is wrong");
/** Whether the page has controls. */
async function controls(page) {
  await isShown(page);
  return (await page.getByRole("button", { name: /^Play/ }).count()) > 0;
}
/** Every address of this tab's session that could contain a token. */
async function addresses(page) {
  const session = await page.context().newCDPSession(page);
  const { entries } = await session.send("Page.getNavigationHistory");
  await session.detach();
  const written = await page.evaluate(() => [window.location.href, document.URL, document.title, JSON.stringify(window.history.state), document.documentElement.outerHTML]);
  return [...entries.flatMap(({ url, title }) => [url, title]), ...written].join("\n");
}
const hides = async (page, ...tokens) => {
  const text = await addresses(page);
  for (const token of tokens) assert.ok(!text.includes(token), `${token} in:\n${text.slice(0, 2_000)}`);
};
/** The headers and addresses that a page sends from now on, by the token in them. */
function sentBy(page) {
  const sent = [];
  page.on("request", (request) => sent.push({ url: request.url(), authorization: request.headers().authorization ?? "", referer: request.headers().referer ?? "" }));
  page.on("websocket", (socket) => sent.push({ url: socket.url(), authorization: "", referer: "" }));
  return sent;
}

test("a token leaves the address at once, and a reload keeps control", async (t) => {
  const server = await guarded(t);
  const said = [];
  const prepare = (page) => page.on("console", (message) => said.push(message.text()));
  const page = await visit(t, `${server.http}/?theme=dark&token=${OWNER}&match=45+1:00&token=again#top`, { prepare });
  const address = () => page.evaluate(() => window.location.pathname + window.location.search + window.location.hash);
  assert.equal(await controls(page), true);
  assert.equal(await address(), "/?theme=dark&match=45+1:00#top", "all else stays as it was written");
  await hides(page, OWNER);
  const sent = sentBy(page);
  await page.reload();
  assert.equal(await controls(page), true);
  await page.keyboard.press("End");
  await until(page, () => document.querySelector(".status-word")?.textContent === "Full time", "it goes to the end");
  await hides(page, OWNER);
  assert.deepEqual(sent.filter(({ referer }) => referer), []);
  assert.deepEqual(said.filter((text) => text.includes(OWNER)), []);
  // The control link contains the token.
  await page.getByRole("button", { name: "Share" }).click();
  const links = await until(page, () => document.querySelector("#share-own")?.value && [...document.querySelectorAll(".share input[readonly]")].map(({ id, value }) => [id, value]), "there are links");
  assert.deepEqual(links.filter(([, link]) => link.includes(OWNER)).map(([id]) => id), ["share-control"]);
  const link = Object.fromEntries(links)["share-control"];
  const other = await visit(t, link);
  assert.equal(await controls(other), true);
  // A new tab has a session storage of its own.
  const viewer = await visit(t, server.http);
  assert.equal(await controls(viewer), false);
});

test("a wrong token is forgotten, and a new link brings a right one", async (t) => {
  const server = await guarded(t);
  const page = await visit(t, `${server.http}/?spoilers=0&token=wrong-token`, { expect: { status: [401] } });
  await isTrouble(page);
  await hides(page, "wrong-token");
  await page.getByRole("link", { name: "Look without the token" }).click();
  assert.equal(await controls(page), false);
  assert.equal(new URL(page.url()).search, "?spoilers=0");
  await page.goto(`${server.http}/?token=wrong-token`);
  await isTrouble(page);
  await page.reload();
  assert.equal(await controls(page), false, "a reload does not bring it back");
  await page.goto(`${server.http}/?token=${OWNER}`);
  assert.equal(await controls(page), true);
});

test("a server that restarts with another token can still be watched", async (t) => {
  const first = await guarded(t);
  const page = await visit(t, `${first.http}/?token=${OWNER}`, { expect: { console: [/WebSocket/], failed: [/./], status: [401] } });
  assert.equal(await controls(page), true);
  await first.stop();
  await serve(t, "juv", "--paused", "--listen", `0.0.0.0:${new URL(first.http).port}`, "--control-token", "another-one");
  await until(page, () => document.body.textContent.includes("The right to control this replay has ended"), "it says so");
  assert.equal(await controls(page), false);
});

test("the tokens of two replays in one tab are separate", async (t) => {
  const server = await guarded(t);
  const [a, b] = [await server.open({ scenario: "juv", paused: true }), await server.open({ scenario: "juv", paused: true })];
  let sent;
  const page = await visit(t, "about:blank", { expect: { origin: [/./] }, prepare: (page) => (sent = sentBy(page)) });
  const path = ({ id }, token) => `${server.http}/r/${id}/${token ? `?token=${token}` : ""}`;
  await page.goto(path(a, a.control));
  assert.equal(await controls(page), true);
  // This replay has no stored token.
  await page.goto(path(b));
  assert.equal(await controls(page), false);
  await page.goto(path(b, b.control));
  assert.equal(await controls(page), true);
  await page.goto(path(a));
  assert.equal(await controls(page), true);
  await page.goBack();
  assert.equal(await controls(page), true);
  await hides(page, a.control, b.control);
  const has = ({ url, authorization }, { control }) => url.includes(control) || authorization.includes(control);
  for (const [one, other] of [[a, b], [b, a]]) {
    const own = sent.filter((request) => has(request, one));
    assert.ok(own.length > 2, `${own.length} requests`);
    const isOf = ({ url }, { id }) => [`/r/${id}/`, `/api/replays/${id}/`].some((path) => new URL(url).pathname.startsWith(path));
    assert.deepEqual(own.filter((request) => !isOf(request, one)), []);
    assert.deepEqual(sent.filter((request) => isOf(request, one)).filter((request) => has(request, other)), []);
  }
});

test("a stored token that outlived its replay does not prevent watching", async (t) => {
  const server = await guarded(t);
  const derby = () => server.open({ scenario: "juv", paused: true, name: "derby", linger: "10m" });
  const { control } = await derby();
  const page = await visit(t, `${server.http}/r/derby/?token=${control}`, { expect: { status: [401, 404] } });
  assert.equal(await controls(page), true);
  await fetch(`${server.http}/api/replays/derby`, { method: "DELETE", headers: { authorization: `Bearer ${OWNER}`, connection: "close" } });
  await isTrouble(page);
  await derby();
  await page.reload();
  await until(page, () => /has ended/.test(document.querySelector(".notice")?.textContent ?? ""), "it says that control has ended");
  assert.equal(await controls(page), false);
  assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("token"))), [], "it is forgotten");
});

test("a replay opened by the page stays controlled after a reload, and its token is in no address", async (t) => {
  const server = await guarded(t);
  const tokens = [];
  const prepare = (page) => page.route("**/api/replays", async (route) => {
    const response = await route.fetch();
    if (route.request().method() === "POST") tokens.push((await response.json()).control);
    await route.fulfill({ response });
  });
  // The first visitor opens a named replay. The reload finds it taken, by itself.
  const page = await visit(t, `${server.http}/?replay=derby&scenario=juv&paused&linger=10m`, { prepare, expect: { status: [409] } });
  assert.equal(await controls(page), true);
  await page.reload();
  assert.equal(await controls(page), true);
  // The page of the replay that the picker opened.
  await page.getByRole("button", { name: "Matches", exact: true }).click();
  await page.locator('[data-scenario^="juventus"]').getByRole("button", { name: /^Watch it yourself/ }).click();
  await page.waitForURL((url) => /^\/r\/(?!derby)[^/]+\/$/.test(url.pathname));
  const opened = page.url();
  await isShown(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await until(page, () => document.querySelector("[data-playback=paused]"), "it stands");
  await page.reload();
  assert.equal(await controls(page), true);
  const known = tokens.filter((token) => token);
  assert.equal(known.length, 2, JSON.stringify(tokens));
  await hides(page, ...known);
  assert.equal(page.url(), opened);
});

test("one match of several is opened, left and opened again with the same right to control", async (t) => {
  const server = await guarded(t, "var");
  const page = await visit(t, `${server.http}/?token=${OWNER}`);
  assert.equal(await controls(page), true);
  await hides(page, OWNER);
  await page.locator(".scorecard").first().click();
  await until(page, () => document.querySelector("[data-view=match]"), "one match is shown");
  assert.equal(await controls(page), true);
  await page.reload();
  assert.equal(await controls(page), true);
  await page.goBack();
  await until(page, () => document.querySelector("[data-view=overview]"), "all are shown");
  assert.equal(await controls(page), true);
  await hides(page, OWNER);
  // Another tab, by a click with Ctrl.
  for (const press of [(card) => card.click({ modifiers: ["Control"] }), (card) => card.click({ button: "middle" })]) {
    const [tab] = await Promise.all([page.context().waitForEvent("page"), press(page.locator(".scorecard").first())]);
    await tab.waitForLoadState();
    await until(tab, () => document.querySelector("[data-view=match]"), "one match is shown");
    assert.equal(await controls(tab), true);
    await hides(tab, OWNER);
    await hides(page, OWNER);
    await tab.close();
  }
});

test("without storage a token gives control until the page is left", async (t) => {
  const server = await guarded(t);
  const prepare = (page) => page.addInitScript(() => {
    const forbidden = () => {
      throw new DOMException("forbidden", "SecurityError");
    };
    Object.defineProperty(window, "sessionStorage", { get: forbidden });
  });
  const page = await visit(t, `${server.http}/?token=${OWNER}`, { prepare, expect: { status: [401] } });
  assert.equal(await controls(page), true);
  await hides(page, OWNER);
  await page.reload();
  assert.equal(await controls(page), false);
  await page.goto(`${server.http}/?token=wrong-token`);
  await isTrouble(page);
  await page.getByRole("link", { name: "Look without the token" }).click();
  assert.equal(await controls(page), false);
  await page.getByRole("button", { name: "Matches", exact: true }).click();
  await page.locator('[data-scenario^="juventus"]').getByRole("button", { name: /^Watch it yourself/ }).click();
  await page.waitForURL((url) => /^\/r\/[^/]+\/$/.test(url.pathname) && !url.search);
  await until(page, () => document.querySelector(".player button[aria-label=Pause]"), "what it has opened it controls");
});

test("an overlay removes its token from the address too, and continues without a refused stored one", async (t) => {
  const server = await guarded(t);
  const page = await visit(t, `${server.http}/overlay/scorebug?token=${OWNER}&theme=light`, { expect: { status: [401] } });
  const isDrawn = () => until(page, () => document.querySelector("[data-score]"), "it is drawn");
  await isDrawn();
  assert.equal(new URL(page.url()).search, "?theme=light");
  const sent = sentBy(page);
  await page.reload();
  await isDrawn();
  assert.ok(sent.some(({ url }) => url.includes(OWNER)), "it is sent after a reload");
  await page.goto(`${server.http}/overlay/scorebug?token=wrong-token`);
  await hides(page, "wrong-token");
  await until(page, () => Object.keys(sessionStorage).length === 0, "it is forgotten");
  await page.reload();
  await isDrawn();
});
