// A page that stays open for days needs no more memory than a new one.
import assert from "node:assert/strict";

import { heap, serve, test, until, visit } from "./harness.mjs";
import { matchesServer, waitForFrames } from "./page-state.mjs";

// Twenty laps alone take fourteen seconds.
test("twenty laps of a match leak no memory", { timeout: 180_000 }, async (t) => {
  const server = await serve(t, "juv", "--paused");
  let laps = 0;
  let replay;
  let reached = () => {};
  const prepare = (page) =>
    page.on("websocket", (socket) => {
      replay = /\/r\/([^/]+)\/ws/.exec(socket.url())[1];
      socket.on("framereceived", ({ payload }) => {
        const { kind, cause } = JSON.parse(payload);
        if (kind === "playback" && cause === "loop") reached((laps += 1));
      });
    });
  const page = await visit(t, `${server.http}/?scenario=juv&speed=10000&loop=1`, { prepare });
  await until(page, () => document.querySelector(".score-digit"), "it is shown");

  /** The memory after this many laps, always at the same position of the match. */
  const after = async (count) => {
    if (laps < count) await new Promise((done) => (reached = (laps) => laps === count && done()));
    await server.command("pause", replay);
    await server.command("seek 50:00", replay);
    await matchesServer(page, server, { replay, match: "juv-nap" });
    await until(page, () => document.querySelector('[data-id="e2"], .ticker-lines > li'), "the ticker is there");
    await waitForFrames(page);
    const held = await heap(page);
    await server.command("play", replay);
    return held;
  };
  // After ten laps everything of a lap has been loaded and compiled.
  const early = await after(10);
  const late = await after(20);
  t.diagnostic(`after 10 laps ${JSON.stringify(early)}, after 20 ${JSON.stringify(late)}`);
  // A lap draws hundreds of nodes, and all of them are released. The bytes grow by up to 0.9 MB, and hardly more over the next
  // thirty laps: that is the engine's own housekeeping. Each bound is per lap (133 kB, 6.6 nodes, 33 listeners), so another
  // number of laps finds the same leaks.
  const most = { bytes: 1_330_000, nodes: 66, listeners: 330 };
  for (const [what, more] of Object.entries(most)) {
    assert.ok(late[what] < early[what] + more, `${what}: ${early[what]} after 10 laps, ${late[what]} after 20`);
  }
});
