// The picker in a browser: private and shared replays.
import assert from "node:assert/strict";

import { axe, serve, test, until, visit } from "./harness.mjs";
import { eventually, matchesServer, playbackOf, readScoreboard } from "./page-state.mjs";

const open = async (page) => {
  await page.getByRole("button", { name: "Matches", exact: true }).click();
  await until(page, () => document.querySelector("dialog[open] [data-scenario]"), "there is something to choose");
};
const card = (page) => page.locator('[data-scenario^="juventus"]');
const replayOf = (page) => /\/r\/([^/]+)\//.exec(page.url())[1];

test("a match is opened as a private replay, with control", async (t) => {
  const server = await serve(t, "var", "--paused");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector("[data-connection=live]"), "it is connected");
  await open(page);
  await axe(page);
  await page.getByRole("textbox", { name: "Begin at" }).fill("85:00");
  await page.getByRole("combobox", { name: "Speed" }).last().selectOption("20");
  await card(page).getByRole("button", { name: /^Watch it yourself/ }).click();
  await page.waitForURL(/\/r\/[^/]+\//);
  const shown = await eventually(page, readScoreboard, undefined, (shown) => shown?.clock, "it is shown");
  assert.ok(shown.clock >= 85 * 60 && shown.clock < 90 * 60, JSON.stringify(shown));
  const replay = replayOf(page);
  assert.equal((await playbackOf(server, replay)).speed, 20);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await until(page, () => document.querySelector("[data-playback=paused]"), "it stands");
  await matchesServer(page, server, { replay });
  assert.equal((await playbackOf(server)).at, 0, "the main replay is as it was");
});

test("a shared replay is found and joined by others", async (t) => {
  const server = await serve(t, "var", "--paused");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector("[data-connection=live]"), "it is connected");
  await open(page);
  await card(page).getByRole("button", { name: /^For everyone/ }).click();
  await page.getByRole("textbox", { name: "Name, for all to see" }).fill("our-evening");
  await page.getByRole("button", { name: "Start it for everyone" }).click();
  await page.waitForURL(/\/r\/our-evening\//);
  await eventually(page, readScoreboard, undefined, (shown) => shown?.score, "it is shown");

  const other = await visit(t, server.http);
  await until(other, () => document.querySelector("[data-connection=live]"), "it is connected");
  await open(other);
  await other.locator(".picker-replay", { hasText: "our-evening" }).getByRole("link", { name: /^Join/ }).click();
  await other.waitForURL(/\/r\/our-evening\//);
  await eventually(other, readScoreboard, undefined, (shown) => shown?.score, "it is shown");
  await server.command("pause", "our-evening");
  for (const each of [page, other]) await matchesServer(each, server, { replay: "our-evening" });
});

test("an invalid choice shows an error and is kept", async (t) => {
  const server = await serve(t, "var", "--paused");
  const page = await visit(t, server.http, { expect: { status: [400, 409] } });
  await until(page, () => document.querySelector("[data-connection=live]"), "it is connected");
  await open(page);
  await page.getByRole("textbox", { name: "Begin at" }).fill("99:99:99");
  await card(page).getByRole("button", { name: /^Watch it yourself/ }).click();
  const why = await until(page, () => document.querySelector("dialog[open] [role=alert]")?.textContent, "it says why");
  assert.match(why, /99:99:99/);
  assert.equal(await page.getByRole("textbox", { name: "Begin at" }).inputValue(), "99:99:99");
  assert.equal(new URL(page.url()).pathname, "/");
});
