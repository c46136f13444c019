import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testServer } from "touchline/testing";

const server = await testServer();
after(() => server.close());

test("the goal is shown", async (t) => {
  t.diagnostic(`pid ${server.pid}.`);
  const replay = await server.open({ scenario: "juv" });
  t.after(() => replay.close());
  const app = replay.subscribe({ ack: true });
  t.after(() => app.close());
  await replay.step("next:goal", { wait_for: 1, acknowledged: true });
  assert.deepEqual(app.state.matches["juv-nap"].score, { home: 0, away: Number(process.env.GOALS ?? 1) });
});
