// `testServer` in several files of `node --test` at once.
import assert from "node:assert/strict";
import { test } from "node:test";

import { replays } from "../../../clients/js/touchline.js";
import { testServer } from "../../../clients/js/testing.js";
import { binary, copies, isGone, project, run } from "./harness.mjs";

function nodeTest(t, env) {
  const cwd = project(t, "node");
  const files = copies(cwd, "goal.test.mjs", 3);
  return run(t, process.execPath, ["--test", "--test-reporter=spec", ...files], { cwd, env: { TOUCHLINE_BINARY: binary, ...env } });
}

test("each file has a server of its own, which stops with it", async (t) => {
  const { code, output } = await nodeTest(t);
  assert.equal(code, 0, output);
  assert.match(output, /pass 3/);
  const pids = [...output.matchAll(/pid (\d+)\./g)].map(([, pid]) => Number(pid));
  assert.equal(new Set(pids).size, 3);
  await Promise.all(pids.map(isGone));
});

test("tests that fail on the server of TOUCHLINE_URL leave no replay", async (t) => {
  const server = await testServer({ binary });
  t.after(server.close);
  const { code, output } = await nodeTest(t, { TOUCHLINE_URL: server.url, GOALS: "2" });
  assert.equal(code, 1, output);
  assert.match(output, /fail 3/);
  assert.deepEqual((await replays(server.url)).map(({ id }) => id), ["main"]);
});
