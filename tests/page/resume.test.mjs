// The server stops or falls silent: the page reports it, reconnects by itself, and is correct again.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { openProxy } from "./proxy.mjs";
import { matchesServer, readScoreboard, recordAppearances, recordedAppearances, waitForFrames } from "./page-state.mjs";

// Every way in which a request fails whose server or proxy goes away: before, while, and after it is answered. A server that is
// stopping still answers what comes on open connections, with 503.
const GONE = /ERR_CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONTENT_LENGTH_MISMATCH/;
const REFUSED = { console: [/WebSocket connection to .* failed/], failed: [GONE], status: [503] };

const says = (page, words) =>
  until(page, (words) => document.querySelector("#app").innerText.includes(words), `it says "${words}"`, words);
const isLost = async (page) => {
  await says(page, "Connection lost, reconnecting…");
  await until(page, () => document.querySelector("[data-connection=lost]"), "the line is marked as lost");
};

for (const signal of ["SIGKILL", "SIGTERM"]) {
  test(`the page reconnects to a server that ended by ${signal} and restarts`, async (t) => {
    const server = await serve(t, "juv", "--from", "60:00", "--paused");
    const page = await visit(t, server.http, { expect: REFUSED });
    const before = await matchesServer(page, server);
    await server.stop(signal);
    await isLost(page);
    // The last known state stays.
    assert.deepEqual(await page.evaluate(readScoreboard), before);
    await server.restart();
    await says(page, "Back. Nothing was missed.");
    assert.deepEqual(await matchesServer(page, server), before);

    // A restarted server is behind the page's state.
    await server.command("seek FT");
    assert.equal((await matchesServer(page, server)).score, "0-1");
    await server.restart(signal);
    await says(page, "Back, from where the match is now.");
    assert.deepEqual(await matchesServer(page, server), before);
    assert.equal(await page.evaluate(() => document.querySelector('[data-id="koulibaly-goal"]')), null);
  });
}

test("events missed while disconnected are delivered on resuming, and not highlighted", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  const cable = await openProxy(t, server);
  const page = await visit(t, cable.http, { expect: REFUSED, prepare: recordAppearances(".sweep") });
  await matchesServer(page, server);
  // An event has come since the snapshot, so that there is a cursor to resume from.
  await server.command("step 89:06");
  await matchesServer(page, server);
  cable.cut();
  await isLost(page);
  const { from, to } = await server.command("step 90:00");
  cable.mend();
  await says(page, `Back. Caught up ${to - from} events.`);
  assert.equal((await matchesServer(page, server)).score, "0-1");
  await waitForFrames(page);
  assert.deepEqual(await recordedAppearances(page), []);
});

test("the viewer can reconnect at once", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const cable = await openProxy(t, server);
  // The retry delay is random: by itself the page would reconnect after minutes.
  const unlucky = (page) => page.addInitScript(() => (Math.random = () => 1_000));
  const page = await visit(t, cable.http, { expect: REFUSED, prepare: unlucky });
  await matchesServer(page, server);
  cable.cut();
  await isLost(page);
  cable.mend();
  await page.click(".again");
  await says(page, "Back");
  await matchesServer(page, server);
});

test("a silent server is reported as silent, and the connection is given up in the end", async (t) => {
  const server = await serve(t, "juv", "--speed", "1", "--from", "20:00");
  const cable = await openProxy(t, server);
  const page = await visit(t, cable.http, { expect: REFUSED });
  await until(page, () => document.querySelector("[data-connection=live] .clock-time")?.textContent, "the clock runs");
  cable.silence();
  await says(page, "No data for ");
  // A clock without data does not run on.
  const stopped = await page.evaluate(readScoreboard);
  await until(page, () => /[78] s$/.test(document.querySelector(".line-stale")?.innerText ?? ""), "more than six seconds");
  assert.deepEqual(await page.evaluate(readScoreboard), stopped);
  await isLost(page);
});
