// The fixtures of `touchline/playwright`, in Playwright Test itself.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { replays } from "../../../clients/js/touchline.js";
import { testServer } from "../../../clients/js/testing.js";
import { binary, foreign, isGone, project, run, skipWithout, start } from "./harness.mjs";

const CHROMIUM = spawnSync("sh", ["-c", "command -v chromium-headless-shell || command -v chromium"], { encoding: "utf8" }).stdout.trim();
const skip = skipWithout("@playwright/test");

/** The command and options that run some spec files. */
function playwright(t, specs, env = {}) {
  const cwd = project(t, "playwright", ["@playwright/test"]);
  return [process.execPath, [foreign("@playwright/test/cli.js"), "test", ...specs], { cwd, env: { TOUCHLINE_BINARY: binary, CHROMIUM, ...env } }];
}

const pids = (output) => [...new Set([...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid)))];

/** A server that outlives the run, and the replays that are left on it. */
async function surrounding(t) {
  const server = await testServer({ binary });
  t.after(server.close);
  return { env: { TOUCHLINE_URL: server.url }, left: async () => (await replays(server.url)).map(({ id }) => id) };
}

test("four workers have a server each, and every test a replay of its own", { skip: skip || (!CHROMIUM && process.env.CI !== "true" && "SKIPPED: no chromium") }, async (t) => {
  const { code, output } = await run(t, ...playwright(t, ["scores", "arguments", "--workers=4"]));
  assert.equal(code, 0, output);
  assert.match(output, /13 passed/);
  // A worker may be ready only when the others have run everything.
  const pairs = new Set([...output.matchAll(/worker (\d+): pid \d+/g)].map(([pair]) => pair));
  const workers = new Set([...pairs].map((pair) => pair.split(":")[0]));
  assert.deepEqual([workers.size, pids(output).length], [pairs.size, pairs.size], output);
  assert.ok(workers.size > 1, output);
  await Promise.all(pids(output).map(isGone));
});

test("tests that fail close their replays, and say where these stood", { skip }, async (t) => {
  const { env, left } = await surrounding(t);
  const { code, output } = await run(t, ...playwright(t, ["failing", "--workers=2"], env));
  assert.equal(code, 1, output);
  assert.match(output, /3 failed/);
  const alone = "the last step was sent to no subscriber: wait_for: 1 waits for one";
  assert.match(output, new RegExp(`replay \\w+: paused after event 87\\n\\s*${alone}\\n\\s*juv-nap: 0-1, second_half, 90\\n`));
  assert.match(output, /RequestError: [^\n]*own_gaol[^]*> \d+ \|     await replay\.step\("next:own_gaol"\);\n/);
  assert.match(output, /replay \w+: paused after event 0\n\s*van-lar: 0-0/);
  assert.match(output, /juv-nap: 0-1, full_time, FT\n\s*fault: {"n":87,.*"kind":"drop"/);
  assert.deepEqual(await left(), ["main"]);
});

test("Ctrl-C closes the replays", { skip }, async (t) => {
  const { env, left } = await surrounding(t);
  const { child, ended, printed } = start(t, ...playwright(t, ["endless", "--workers=1"], env));
  await printed(/replay \w+\./);
  assert.equal((await left()).length, 2);
  child.kill("SIGINT");
  const { output } = await ended;
  assert.deepEqual(await left(), ["main"], output);
});

for (const signal of ["SIGINT", "SIGKILL"]) {
  test(`${signal} leaves no server`, { skip }, async (t) => {
    const { child, printed } = start(t, ...playwright(t, ["endless", "--workers=2"]));
    const [, first, second] = await printed(/pid (\d+)[^]*pid (\d+)/);
    assert.notEqual(first, second);
    child.kill(signal);
    await Promise.all([Number(first), Number(second)].map(isGone));
  });
}
