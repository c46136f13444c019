// Share links open what they promise.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { eventually, matchesServer, playbackOf, readScoreboard, waitForPlayback } from "./page-state.mjs";

/** Records which replay a page follows. */
function replayOf(page) {
  const of = {};
  page.on("websocket", (socket) => (of.id = /\/r\/([^/]+)\/ws/.exec(socket.url())?.[1] ?? "main"));
  return of;
}

test("an address opens a private replay at its position and speed", async (t) => {
  const server = await serve(t, "juv", "--paused");
  let mine;
  const prepare = (page) => (mine = replayOf(page));
  const page = await visit(t, `${server.http}/?from=85:00&speed=20`, { prepare });
  const shown = await eventually(page, readScoreboard, undefined, (shown) => shown?.clock, "it is shown");
  assert.ok(shown.clock >= 85 * 60 && shown.clock < 90 * 60, JSON.stringify(shown));
  assert.notEqual(mine.id, "main");
  const { speed, state } = await playbackOf(server, mine.id);
  assert.deepEqual([speed, state], [20, "playing"]);
  // The visitor has opened it and so controls it, and it alone.
  await page.keyboard.press(" ");
  await waitForPlayback(page, server, ({ state }) => state === "paused", "it stands", mine.id);
  await matchesServer(page, server, { replay: mine.id });
  assert.equal((await playbackOf(server)).at, 0);
});

test("the link to start here starts here, and the one to watch along watches along", async (t) => {
  const server = await serve(t, "juv", "--paused", "--speed", "20");
  await server.command("seek 85:00");
  const page = await visit(t, server.http);
  await matchesServer(page, server);
  await page.getByRole("button", { name: "Share" }).click();
  const link = (id) => until(page, (id) => document.querySelector(`#share-${id}`)?.value, "the link is there", id);
  const [own, audience, scorebug] = [await link("own"), await link("audience"), await link("scorebug")];
  assert.match(own, /[?&]from=85:00&speed=20/);

  let mine;
  const opened = await visit(t, own, { prepare: (page) => (mine = replayOf(page)) });
  const shown = await eventually(opened, readScoreboard, undefined, (shown) => shown?.clock, "it is shown");
  assert.ok(shown.clock >= 85 * 60 && shown.clock < 90 * 60, JSON.stringify(shown));
  assert.equal((await playbackOf(server, mine.id)).speed, 20);

  const along = await visit(t, audience);
  await matchesServer(along, server);
  await server.command("step 89:07");
  assert.equal((await matchesServer(along, server)).score, "0-1");
  const laid = await visit(t, scorebug);
  await until(laid, () => document.querySelector('[data-score="0-1"]'), "the scorebug has the score");
});
