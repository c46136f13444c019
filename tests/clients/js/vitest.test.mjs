// `globalSetup: "touchline/vitest"`, in Vitest itself.
import assert from "node:assert/strict";
import { test } from "node:test";

import { testServer } from "../../../clients/js/testing.js";
import { binary, copies, foreign, project, rejection, run, skipWithout } from "./harness.mjs";

const skip = skipWithout("vitest");

function vitest(t, env) {
  const cwd = project(t, "vitest", ["vitest"]);
  copies(cwd, "goal.test.mjs", 2);
  return run(t, process.execPath, [foreign("vitest/vitest.mjs"), "run"], { cwd, env: { TOUCHLINE_BINARY: binary, ...env } });
}

test("the files of tests share one server, which stops at the end", { skip }, async (t) => {
  const { code, output } = await vitest(t);
  assert.equal(code, 0, output);
  assert.match(output, /Tests +2 passed/);
  const [[, url], ...more] = output.matchAll(/url (http:\/\/127\.0\.0\.1:\d+)\./g);
  assert.deepEqual(more.map(([, one]) => one), [url]);
  await rejection(fetch(url));
  assert.match(output, /main van-lar, paused\./);
});

test("a refused request shows the line of the test", { skip }, async (t) => {
  const { output } = await vitest(t, { STEP: "next:own_gaol" });
  assert.match(output, /RequestError: [^\n]*own_gaol[^]*❯ goal\.test\.mjs:\d+:\d+\n[^]*\| +if \(process\.env\.STEP\) await replay\.step\(process\.env\.STEP\);/);
});

test("a failed test is one, and TOUCHLINE_URL is used with its token", { skip }, async (t) => {
  const server = await testServer({ binary, args: ["--control-token", "correct-horse"] });
  t.after(server.close);
  const { code, output } = await vitest(t, { TOUCHLINE_URL: server.url, TOUCHLINE_TOKEN: "correct-horse", GOALS: "2" });
  assert.equal(code, 1, output);
  assert.match(output, /Tests +2 failed/);
  assert.ok(output.includes(`url ${server.url}/?token=correct-horse.`), output);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
});

test("a server that cannot start is one line", { skip }, async (t) => {
  const { code, output } = await vitest(t, { TOUCHLINE_BINARY: "/nowhere/touchline" });
  assert.equal(code, 1);
  assert.match(output, /Error: TOUCHLINE_BINARY=\/nowhere\/touchline: there is no such file\n/);
});
