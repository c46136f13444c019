// `testServer`: servers of its own and of TOUCHLINE_URL, and everything that can go wrong with them.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";

import { replays } from "../../../clients/js/touchline.js";
import { testServer } from "../../../clients/js/testing.js";
import { binary, isGone, project, rejection, root, run, setEnvironment, start } from "./harness.mjs";

async function serverOf(t, options) {
  const server = await testServer({ binary, ...options });
  t.after(server.close);
  return server;
}

/** A server of something else, which answers with a status and a body. */
async function otherSite(t, answer) {
  const site = createServer(({ url }, response) => {
    const [status, body, headers] = answer(url);
    response.writeHead(status, headers).end(body);
  }).listen(0, "127.0.0.1");
  t.after(() => site.close());
  await once(site, "listening");
  return `http://127.0.0.1:${site.address().port}`;
}

test("a replay of its own is of juv and paused, steps, and is gone once closed", async (t) => {
  const server = await serverOf(t);
  assert.equal(server.ws, `${server.url.replace("http", "ws")}/ws`);
  const replay = await server.open();
  assert.equal((await replay.state()).playback.state, "paused");
  assert.equal((await replays(server.url)).find(({ id }) => id === replay.id).linger, "forever");
  await replay.step("next:goal");
  assert.deepEqual((await replay.state({ match: "juv-nap" })).state.score, { home: 0, away: 1 });
  await replay.close();
  await replay.close();
  assert.deepEqual((await replays(server.url)).map(({ id }) => id), ["main"]);
});

test("options choose what is played, and arguments what the server does", async (t) => {
  // This one is not for the test's server, which would require it.
  setEnvironment(t, { TOUCHLINE_CONTROL_TOKEN: "correct-horse" });
  const server = await serverOf(t, { args: ["var", "--paused"] });
  await server.replay("main").speed(10);
  assert.equal((await server.replay("main").state()).playback.state, "paused");
  const paused = await server.open("goalless");
  const { playback, matches } = await paused.state();
  assert.deepEqual([playback.state, matches[0].match], ["paused", "abe-dru"]);
  const playing = await server.open({ scenario: "goalless", paused: false });
  assert.equal((await playing.state()).playback.state, "playing");
  const sent = await server.open({ lines: readFileSync(join(root, "tests/cases/a2b-postponed-early.jsonl"), "utf8") });
  assert.deepEqual((await sent.state()).matches.map(({ match }) => match), ["m3"]);
  assert.ok(sent.findings.length > 0);
});

test("close stops the server, more than once; Symbol.asyncDispose does so too", async (t) => {
  const server = await serverOf(t);
  const replay = await server.open();
  await replay[Symbol.asyncDispose]();
  assert.deepEqual((await replays(server.url)).map(({ id }) => id), ["main"]);
  await server[Symbol.asyncDispose]();
  await isGone(server.pid);
  await server.close();
  await replay.close();
});

test("a signal ends the start, and later the server", async (t) => {
  assert.equal((await rejection(testServer({ binary: "/nowhere", signal: AbortSignal.abort(new Error("enough")) }))).message, "enough");
  const controller = new AbortController();
  const starting = serverOf(t, { signal: controller.signal });
  controller.abort(new Error("enough"));
  assert.equal((await rejection(starting)).message, "enough");
  const later = new AbortController();
  const server = await serverOf(t, { signal: later.signal });
  later.abort();
  await isGone(server.pid);
});

test("a port that is taken is one line with the server's reason", async (t) => {
  const { url } = await serverOf(t);
  const { port } = new URL(url);
  const { message } = await rejection(serverOf(t, { args: ["--port", port] }));
  assert.match(message, new RegExp(`^${binary} serve --port ${port} ended with exit code 1, its last line was: touchline: .*${port}.*$`));
});

test("a program that is not Touchline is one line", async () => {
  const { message } = await rejection(testServer({ binary: "/bin/echo" }));
  assert.match(message, /^\/bin\/echo: is not Touchline: it began with "serve /);
});

test("arguments that are no list are refused", async () => {
  const error = await rejection(testServer({ binary, args: "juv" }));
  assert.deepEqual([error.name, error.message], ["TypeError", 'args: it is a list such as ["juv", "--paused"], not "juv"']);
});

for (const [what, line] of [["garbage", "garbage"], ["a ready line without an address", '{"ready":true,"http":5}']]) {
  test(`a script that prints ${what} and leaves a process does not keep the tests alive`, { timeout: 20_000 }, async (t) => {
    const cwd = project(t, "node");
    writeFileSync(join(cwd, "script.mjs"), 'import { testServer } from "touchline/testing";\nawait testServer().catch(({ message }) => console.log(message));');
    const program = join(cwd, "program");
    // The process has the script's pipes, and is of another group.
    const leave = 'require("child_process").spawn("sleep", ["60"], { detached: true, stdio: "inherit" }).pid';
    writeFileSync(program, `#!${process.execPath}\nrequire("fs").writeFileSync("pid", String(${leave}));\nconsole.log('${line}');\nsetInterval(() => {}, 1e6);`, { mode: 0o755 });
    const { code, output } = await run(t, process.execPath, ["script.mjs"], { cwd, env: { TOUCHLINE_BINARY: program } });
    process.kill(Number(readFileSync(join(cwd, "pid"), "utf8")));
    assert.deepEqual([code, output], [0, `${program}: is not Touchline: it began with ${JSON.stringify(line)}\n`]);
  });
}

test("a replay whose server hangs is not waited for twice", async (t) => {
  const server = await serverOf(t);
  const replay = await server.open();
  process.kill(server.pid, "SIGSTOP");
  try {
    assert.match((await rejection(replay.command({ command: "play" }, { timeout: 50 }))).message, /did not answer within 0.05 s$/);
    assert.match((await rejection(replay.close())).message, /did not answer within 2 s$/);
  } finally {
    process.kill(server.pid, "SIGCONT");
  }
});

test("a wrong scenario or plan of faults is the server's own message", async (t) => {
  const server = await serverOf(t);
  assert.equal((await rejection(server.open({ scenario: "jux" }))).message, 'unknown scenario "jux"');
  assert.equal((await rejection(server.open({ faults: "lat:p=1" }))).message, 'faults: unknown fault "lat" (did you mean "late"?)');
});

test("if the server dies in mid-test, each request says so in one line", async (t) => {
  const server = await serverOf(t, { args: ["juv", "--paused"] });
  const replay = await server.open();
  const waiting = rejection(replay.step("next:goal", { wait_for: 1, timeout: "20s" }));
  // The step has most likely arrived by then; if not, the error is the same.
  await replay.state();
  process.kill(server.pid, "SIGKILL");
  const died = `touchline serve juv --paused \\(pid ${server.pid}\\) was ended by SIGKILL, its last line was: [^\\n]+; no answer to `;
  assert.match((await waiting).message, new RegExp(`^${died}step\\('next:goal', { wait_for: 1, timeout: '20s' }\\) of replay ${replay.id}$`));
  assert.match((await rejection(replay.state())).message, new RegExp(`^${died}state\\(\\) of replay ${replay.id}$`));
  assert.match((await rejection(server.open({ scenario: "var" }))).message, new RegExp(`^${died}open\\({ scenario: 'var' }\\)$`));
  await replay.close();
  await server.close();
});

test("an error has the stack of the test's call, also if the server has died", async (t) => {
  const server = await serverOf(t);
  const replay = await server.open("var");
  const assertStack = async (call) => {
    const { stack, name, message } = await rejection(call());
    const [head, first] = stack.split("\n");
    assert.equal(head, `${name}: ${message}`);
    assert.match(first, new RegExp(`^ +at (async )?${call.name} .*testing\\.test\\.mjs:\\d+`), stack);
  };
  await assertStack(async function refusedStep() { await replay.step("next:own_gaol"); });
  await assertStack(async function refusedOpening() { await server.open("jux"); });
  process.kill(server.pid, "SIGKILL");
  await isGone(server.pid);
  await assertStack(async function stepWithoutServer() { await replay.step("FT"); });
  await assertStack(async function openingWithoutServer() { await server.open(); });
});

test("TOUCHLINE_URL is used, with its token, and left running", async (t) => {
  const { url } = await serverOf(t, { args: ["--control-token", "correct-horse"] });
  for (const variables of [{ TOUCHLINE_URL: `${url}/?token=correct-horse` }, { TOUCHLINE_URL: url, TOUCHLINE_TOKEN: "correct-horse" }]) {
    await t.test(Object.keys(variables).join(), async (t) => {
      setEnvironment(t, variables);
      const server = await testServer({ args: ["--no-such-option"] });
      assert.deepEqual([server.url, server.pid, server.token], [url, null, "correct-horse"]);
      const replay = await server.open();
      const listed = await replays(url, { token: "correct-horse" });
      assert.equal(listed.find(({ id }) => id === replay.id).linger, "600s");
      await server.replay("main").pause();
      await replay.close();
      await server.close();
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
    });
  }
});

test("a wrong TOUCHLINE_URL is one line without the token", async (t) => {
  const used = await serverOf(t);
  await used.close();
  const answers = [
    () => [404, "nothing here"],
    () => [200, "{}"],
    () => [200, "<html>"],
    (path) => (path === "/readyz" ? [503, "stopping"] : [200, '{"scenarios":[]}']),
    (path) => (path === "/api/scenarios" ? [302, "", { location: "/elsewhere" }] : [200, '{"scenarios":[]}']),
  ];
  const pages = await Promise.all(answers.map((answer) => otherSite(t, answer)));
  const wrong = [
    [used.url.replace("//", "//anna:secret-word@"), "connection refused", used.url],
    ["http://127.0.0.1:1", "fetch connects to no server at this port"],
    [used.url.replace("http:", "https:").replace(/\d+$/, new URL(pages[0]).port), "it does not answer in TLS"],
    [pages[4], "answered 302 to /api/scenarios: not a Touchline server"],
    ["nonsense", "not an address such as http://127.0.0.1:8089"],
    [`${used.url}/?token=secret-word`, "connection refused"],
    [pages[0], "answered 404 to /api/scenarios: not a Touchline server"],
    [pages[1], "answered 200 to /api/scenarios: not a Touchline server"],
    [pages[2], "answered 200 to /api/scenarios: not a Touchline server"],
    [pages[3], "answered 503 to /readyz: it is not ready"],
  ];
  for (const [address, why, shown = address.replace(/\?.*/, "")] of wrong) {
    await t.test(why, async (t) => {
      setEnvironment(t, { TOUCHLINE_URL: address });
      assert.equal((await rejection(testServer())).message, `TOUCHLINE_URL=${shown}: ${why}`);
    });
  }
});

/** A user's script in a project: `body` has a server. */
function script(t, body) {
  const folder = project(t, "node");
  writeFileSync(join(folder, "script.mjs"), `import { testServer } from "touchline/testing";\nconst server = await testServer();\nconsole.log("pid", server.pid);\n${body}`);
  return { cwd: folder, env: { TOUCHLINE_BINARY: binary } };
}

for (const [what, body, code] of [
  ["that forgets it", "", 0],
  ["that has closed it", "await server.close();", 0],
  ["that exits", "setInterval(() => {}, 1e6); process.exit(3);", 3],
  ["that fails", "throw new Error('no');", 1],
]) {
  test(`a program ${what} ends by itself, and so does the server`, async (t) => {
    const ended = await run(t, process.execPath, ["script.mjs"], script(t, body));
    assert.equal(ended.code, code, ended.output);
    await isGone(Number(/pid (\d+)/.exec(ended.output)[1]));
  });
}

test("a program that exits ends a server, too, that would go on without its standard input", async (t) => {
  const { cwd } = script(t, "process.exit();");
  const program = join(cwd, "program");
  writeFileSync(program, `#!/bin/sh\necho '{"ready":true,"http":"http://127.0.0.1:1"}'\nexec sleep 60`, { mode: 0o755 });
  const { output } = await run(t, process.execPath, ["script.mjs"], { cwd, env: { TOUCHLINE_BINARY: program } });
  await isGone(Number(/pid (\d+)/.exec(output)[1]));
});

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"]) {
  test(`a program that is ended by ${signal} leaves no server`, async (t) => {
    const { child, printed } = start(t, process.execPath, ["script.mjs"], script(t, "setInterval(() => {}, 1e6);"));
    const pid = Number((await printed(/pid (\d+)/))[1]);
    child.kill(signal);
    await isGone(pid);
  });
}
