// Many viewers of one replay: all see the same, and those without control have no controls.
import assert from "node:assert/strict";

import { serve, test, visit } from "./harness.mjs";
import { eventually, matchesServer, readScoreboard, waitForFrames } from "./page-state.mjs";

test("several tabs and another browser show the same", async (t) => {
  const server = await serve(t, "juv", "--speed", "600", "--paused");
  const first = await visit(t, server.http);
  const tabs = [first];
  for (const path of ["/", "/r/main/", "/?theme=dark"]) {
    const tab = await first.context().newPage();
    await tab.goto(server.http + path);
    tabs.push(tab);
  }
  tabs.push(await visit(t, server.http));
  const all = () => Promise.all(tabs.map((tab) => matchesServer(tab, server)));
  for (const command of ["seek 20:00", "seek HT", "seek 89:07", "step 89:07", "seek 5:00"]) {
    await server.command(command);
    await all();
  }
  await server.command("play");
  // A background tab is drawn when it becomes visible.
  await Promise.all(tabs.map((tab) => eventually(tab, readScoreboard, undefined, ({ clock }) => clock > 600, "ten minutes have been played")));
  await server.command("pause");
  await all();
});

test("only a viewer with the token has control", async (t) => {
  const server = await serve(t, "juv", "--paused", "--listen", "0.0.0.0:0", "--control-token", "the-only-one");
  const viewer = await visit(t, server.http);
  const owner = await visit(t, `${server.http}/?token=the-only-one`);
  for (const page of [viewer, owner]) await matchesServer(page, server);
  const play = (page) => page.getByRole("button", { name: /^Play/ });
  assert.equal(await play(viewer).count(), 0);
  assert.equal(await play(owner).count(), 1);
  // Without control keys have no effect either.
  const before = await viewer.evaluate(readScoreboard);
  for (const key of [" ", "ArrowRight", "g", "End"]) await viewer.keyboard.press(key);
  await waitForFrames(viewer);
  assert.deepEqual(await matchesServer(viewer, server), before);
  await owner.keyboard.press("End");
  await eventually(viewer, readScoreboard, undefined, ({ status }) => status === "Full time", "what the owner does is seen by all");
  await matchesServer(viewer, server);
});
